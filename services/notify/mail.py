"""Pure: a mail that says what to do and names nobody: ids, an instant, where to read and sign."""

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import UUID

from services.notify.compose import local
from services.notify.dossier import ICE, Kind, Notice
from services.notify.words import MAIL, MAIL_TEST


@dataclass(frozen=True, slots=True)
class Letterhead:
    """From whom mail comes, and where notices are read; both are settings."""

    sender: str
    #: Without a slash at its end; empty where people know it anyway.
    public_url: str


@dataclass(frozen=True, slots=True)
class To:
    """The person on the rung."""

    name: str
    address: str


def of_notice(notice: Notice, rung: int, to: To, head: Letterhead, *, zone: str, at: datetime) -> EmailMessage:
    """Write the mail on a notice; ``at`` is the machine's time, which mail lives in."""
    due_by = local(notice.due_by, zone)
    text = MAIL["letter"].format_map(
        {
            "name": to.name,
            "recipient": notice.recipient,
            "what": MAIL[notice.kind.value],
            "notice_id": notice.id,
            "detainer_id": notice.detainer_id,
            "facility_ori": notice.facility_ori,
            "due_by": due_by,
            "where": f"{head.public_url}{path_of(notice)}",
        }
    )
    made = _letter(f"{notice.kind.value} {notice.detainer_id}: due {due_by}", text, to, head, at)
    made["Message-ID"] = f"<{notice.id}.{rung}@{_domain(head)}>"
    if notice.kind is Kind.HOLD_ENDED:
        made["Importance"] = "high"
    return made


def of_test(recipient: str, message_id: UUID, to: To, head: Letterhead, *, at: datetime) -> EmailMessage:
    """Write the mail by which a person learns of standing on a ladder."""
    made = _letter("test", MAIL_TEST.format(name=to.name, recipient=recipient), to, head, at)
    made["Message-ID"] = f"<{message_id}@{_domain(head)}>"
    return made


def path_of(notice: Notice) -> str:
    """Give where a notice is read and signed for."""
    if notice.recipient == ICE:
        return f"/v1/ice/responses/{notice.id}"
    return f"/v1/jails/{notice.facility_ori}/notices/{notice.id}"


def _letter(subject: str, text: str, to: To, head: Letterhead, at: datetime) -> EmailMessage:
    made = EmailMessage()
    made["From"] = head.sender
    made["To"] = to.address
    made["Subject"] = f"[countersign] {subject}"
    made["Date"] = format_datetime(at)
    # Nobody's holiday greeting is to come back, and no list is to be joined.
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text)
    return made


def _domain(head: Letterhead) -> str:
    return head.sender.rpartition("@")[2].strip(" >")
