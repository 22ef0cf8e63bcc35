"""Pure: whether a notice that is due, or is to be sent once more, still is the latest word on its case."""

from datetime import datetime

from services.notify.dossier import ANSWERS, ICE, HoldWindow, Kind, Notice, Stage, WindowState
from services.notify.draft import FULL, NOTHING
from shared.domain.events import DecisionRecorded


def fate(notice: Notice, decision: DecisionRecorded | None, window: HoldWindow | None, now: datetime) -> Stage:
    """Say what becomes of a due notice: sent, replaced by a later word, or left planned for a moment."""
    if notice.kind is Kind.UNMATCHED:
        is_latest = decision is None
    elif decision is None:
        is_latest = False
    elif notice.window_id is None:
        is_latest = notice.number == decision.number
    elif window is None or (notice.recipient == ICE and decision.ice_answer != FULL):
        is_latest = False
    elif window.state is WindowState.PLANNED and notice.kind is not Kind.HOLD_ENDED:
        return Stage.PLANNED
    else:
        is_open = window.state is WindowState.OPEN and now < window.closes_at
        is_latest = is_open or notice.kind is Kind.HOLD_ENDED
    return Stage.SENT if is_latest else Stage.REPLACED


def still_stands(
    notice: Notice,
    decision: DecisionRecorded | None,
    window: HoldWindow | None,
    now: datetime,
    *,
    is_replaced: bool,
    told_end: bool = False,
) -> bool:
    """Tell whether a notice that lies in the feed may be sent another way now.

    ``is_replaced``: a later one names it. ``told_end``: it says itself that the window has ended.
    An answer stands until a correction is planned, whatever the number of the last decision: one that says
    the same again brings no new notice.
    """
    if is_replaced or (not told_end and _was_moved(notice, window)):
        return False
    if (notice.kind not in ANSWERS and notice.kind is not Kind.PERSON_COPY) or decision is None:
        return fate(notice, decision, window, now) is Stage.SENT
    if notice.kind is Kind.UNMATCHED:
        return False
    return decision.ice_answer != NOTHING if notice.recipient == ICE else decision.facility_ori == notice.facility_ori


def _was_moved(notice: Notice, window: HoldWindow | None) -> bool:
    """Tell whether a notice names a closing instant later than the window's; its end is told whatever it named."""
    if notice.kind is Kind.HOLD_ENDED or notice.said is None or window is None:
        return False
    ends_at = window.ended_at if window.ended_at is not None else window.closes_at
    return notice.said.opens_at == window.opens_at and notice.said.closes_at > ends_at
