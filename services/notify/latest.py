"""Pure: is a notice that is due still the latest word on its case?"""

from datetime import datetime

from services.notify.dossier import ICE, HoldWindow, Kind, Notice, Stage, WindowState
from services.notify.draft import FULL
from shared.domain.events import DecisionRecorded


def fate(notice: Notice, decision: DecisionRecorded | None, window: HoldWindow | None, now: datetime) -> Stage:
    """Say what becomes of a due notice: sent, replaced by a later word, or left planned for a moment."""
    if notice.kind is Kind.UNMATCHED:
        return Stage.SENT if decision is None else Stage.REPLACED
    if decision is None:
        return Stage.REPLACED
    if notice.window_id is None:
        return Stage.SENT if notice.number == decision.number else Stage.REPLACED
    if window is None or (notice.recipient == ICE and decision.ice_answer != FULL):
        return Stage.REPLACED
    if notice.kind is Kind.HOLD_ENDED:
        return Stage.SENT
    if window.state is WindowState.PLANNED:
        return Stage.PLANNED
    is_open = window.state is WindowState.OPEN and now < window.closes_at
    return Stage.SENT if is_open else Stage.REPLACED
