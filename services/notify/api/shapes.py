"""What notify's routes answer, for their documents: the routes write it themselves, byte for byte as it was sent."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.notify.dossier import Kind

_Content = Literal["thin", "full"]
_EndpointState = Literal["unproven", "active", "suspended", "disabled"]


class Window(BaseModel):
    """A hold window: the span the law allows, how it was reckoned, and what ended it."""

    opens_at: AwareDatetime
    closes_at: AwareDatetime
    clock: str
    #: Start event, zone, calendar, and each span that does not count with its legal source.
    evidence: dict[str, Any]
    ended_at: AwareDatetime | None
    ended_by: str | None


class Paper(BaseModel):
    """Where the person's copy is, and the duties that it meets."""

    copy_path: str = Field(alias="copy")
    served: str
    languages: list[str]
    formats: list[str]
    owed: list[str]


class Notice(BaseModel):
    """One thing told to one recipient: the answer with its legal basis, and the same in plain words."""

    id: UUID
    kind: Kind
    recipient: str
    state: Literal["sent", "delivered", "acknowledged"]
    sent_at: AwareDatetime | None
    due_by: AwareDatetime
    came_late: bool
    #: When the person is expected to go free; None where the recipient is not to know, or nobody does.
    release_at: AwareDatetime | None
    #: The notice that this one takes the place of.
    replaces: UUID | None
    #: The version of the words.
    words: str
    decision_id: UUID | None
    case_id: UUID | None
    detainer_id: str
    facility_ori: str
    booking_number: str | None
    number: int
    outcome: Literal["HOLD", "NOTIFY_ONLY", "RELEASE", "REVIEW"] | None
    policy: str | None
    rule: str | None
    citation: str | None
    decided_at: AwareDatetime | None
    decided_by: str | None
    window: Window | None
    supersedes: UUID | None
    #: Only of the person's copy.
    person_copy: Paper | None = None
    text: str


class Feed(BaseModel):
    """Notices in the order in which they were sent; ``next`` can always be gone on from."""

    items: list[Notice]
    next: str


class Signed(BaseModel):
    """A notice that was acknowledged."""

    id: UUID
    state: Literal["acknowledged"]
    acknowledged_at: AwareDatetime


class ManySigned(BaseModel):
    """Notices that were acknowledged, and ids that are not in the caller's feed."""

    items: list[Signed]
    unknown: list[str]


class ReleaseAnswer(BaseModel):
    """Whether there is an immigration hold at this instant; nothing else is meant."""

    answer: Literal["no_hold", "hold"]
    #: None where there is no hold.
    until: AwareDatetime | None
    reason: str
    citation: str | None
    as_of: AwareDatetime
    #: Report that release is due: nobody has.
    post_release_due: bool


class EndpointShown(BaseModel):
    """A webhook, without its secrets."""

    id: UUID
    recipient: str
    facility_ori: str | None
    url: str
    content: _Content
    signature: Literal["hmac", "ed25519"]
    state: _EndpointState
    state_since: AwareDatetime
    state_reason: str
    failures: int
    failing_since: AwareDatetime | None
    registered_at: AwareDatetime
    registered_by: str


class EndpointsShown(BaseModel):
    """A page of webhooks."""

    items: list[EndpointShown]
    next: str | None


class Attempted(BaseModel):
    """How an attempt ended."""

    result: str
    status: int | None
    took_ms: int | None


class Registered(EndpointShown):
    """A webhook with its secret, which is shown this once."""

    #: ``whsec_…`` where a secret is shared.
    secret: str | None = None
    #: ``whpk_…`` where we sign with a key of our own.
    public_key: str | None = None
    tested: Attempted


class Rotated(EndpointShown):
    """A webhook with its new secret, which is shown this once."""

    #: ``whsec_…`` where a secret is shared.
    secret: str | None = None
    #: ``whpk_…`` where we sign with a key of our own.
    public_key: str | None = None
    old_secret_retires_at: AwareDatetime


class Enabled(EndpointShown):
    """A webhook that answered its test."""

    tested: Attempted


class TestedShown(Attempted):
    """How a test went, and where the webhook stands now."""

    state: _EndpointState


class AttemptShown(Attempted):
    """One attempt at a webhook."""

    id: UUID
    notice_id: UUID
    way: str
    at: AwareDatetime


class AttemptsShown(BaseModel):
    """A page of attempts, the newest first."""

    items: list[AttemptShown]
    next: str | None


class Resent(BaseModel):
    """The notices that are sent once more."""

    ids: list[UUID]


class BurstShown(BaseModel):
    """An abnormal number of notices at a facility or under a policy version, and who settled it."""

    id: UUID
    scope: str
    key: str
    opened_at: AwareDatetime
    state: Literal["waiting", "released", "recalled"]
    open_until: AwareDatetime | None
    settled_at: AwareDatetime | None
    settled_by: str | None
    settled_reason: str | None
    #: Notices that it still keeps back.
    waiting: int


class Bursts(BaseModel):
    """A page of bursts, the newest first."""

    items: list[BurstShown]
    next: str | None


class BurstReleased(BaseModel):
    """A burst that was let go."""

    id: UUID
    state: Literal["released"]
    notices: int


class Recalled(BaseModel):
    """How many detainers an action spoke of, and how many notices go out for them."""

    recall_id: UUID | None
    detainers: int
    notices: int


class BurstRecalled(Recalled):
    """A burst that is kept back."""

    id: UUID
    state: Literal["recalled"]


class RecallShown(BaseModel):
    """A recall or correction of a set: what was chosen, why and by whom."""

    id: UUID
    at: AwareDatetime
    action: str
    chosen: dict[str, Any]
    reason: str
    called_by: str
    notices: int


class Recalls(BaseModel):
    """A page of recalls, the newest first."""

    items: list[RecallShown]
    next: str | None


class Rung(BaseModel):
    """One person on a ladder: who has mail after a notice has lain unread for so many minutes."""

    recipient: str
    facility_ori: str | None
    rung: int
    name: str
    address: str
    after_minutes: float
    set_at: AwareDatetime
    set_by: str


class Ladders(BaseModel):
    """The rungs that a caller may see."""

    items: list[Rung]
    next: None


class MailTested(BaseModel):
    """How a test mail went."""

    result: str
    code: int | None


class RungTested(Rung):
    """A person on the ladder, and how their test mail went."""

    tested: MailTested


class LadderSet(BaseModel):
    """A ladder as it was set just now."""

    items: list[RungTested]
    next: None
