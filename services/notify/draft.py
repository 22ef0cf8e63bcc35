"""Pure: a notice as it is first written down, at one instant and by one set of margins."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.notify import compose
from services.notify.dossier import ICE, HoldWindow, Kind, Margins, Notice, Stage
from shared.domain.events import DecisionRecorded

#: How much of an answer ICE may have, as decision says it.
FULL, NOTHING = "full", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What planning needs besides the dossier: the instant, the margins, and ids from outside."""

    now: datetime
    margins: Margins
    new_id: Callable[[], UUID]

    @property
    def grace_ends_at(self) -> datetime:
        """Give the instant by which what must be told at once is due."""
        return self.now + self.margins.grace


def answer_for(recipient: str, decision: DecisionRecorded) -> tuple[str, str | None]:
    """Give outcome and rule as this recipient may know them."""
    is_full = recipient != ICE or decision.ice_answer == FULL
    return decision.outcome, decision.rule if is_full else None


def draft(
    moment: Moment,
    kind: Kind,
    recipient: str,
    decision: DecisionRecorded,
    window: HoldWindow | None,
    *,
    send_at: datetime,
    due_by: datetime,
    replaces: UUID | None = None,
    came_late: bool = False,
) -> Notice:
    """Write a notice on a decision or its window; ``window_id`` is left for the window's own notices."""
    outcome, rule = answer_for(recipient, decision)
    notice = Notice(
        id=moment.new_id(),
        kind=kind,
        recipient=recipient,
        facility_ori=decision.facility_ori,
        booking_number=decision.booking_number,
        case_id=decision.case_id,
        detainer_id=decision.detainer_id,
        number=decision.number,
        decision_id=decision.id,
        outcome=outcome,
        rule=rule,
        replaces=replaces,
        came_late=came_late,
        stage=Stage.PLANNED,
        send_at=send_at,
        due_by=due_by,
        said=compose.span_of(recipient, decision, window),
        release_at=compose.visible_release(recipient, decision),
    )
    return replace(notice, body=compose.answer(notice, decision, window, at=send_at))
