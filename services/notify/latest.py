"""Pure: whether a notice that is due still is the latest word on its case."""

from datetime import datetime

from services.notify.dossier import ICE, HoldWindow, Kind, Notice, Stage, WindowState
from services.notify.draft import FULL
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
