"""Pure: what a decision means for hold windows, and which notices a window brings with it.

A window's closing instant moves earlier and never later; a closed window stays closed, and only learns
that it had ended sooner than was known.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.notify.dossier import ICE, Dossier, HoldWindow, Kind, Notice, Stage, WindowState, jail
from services.notify.draft import FULL, Moment, draft
from shared.domain.events import DecisionRecorded, WindowTold


def window_of(windows: Iterable[HoldWindow], decision: DecisionRecorded) -> HoldWindow | None:
    """Give the row of the window that a decision speaks of."""
    same = [window for window in windows if _is_same(window, decision)]
    return same[-1] if same else None


def window_for(notice: Notice, windows: Sequence[HoldWindow], decision: DecisionRecorded | None) -> HoldWindow | None:
    """Give the window that a notice is about: its own, or for an answer the one that the decision speaks of."""
    if notice.window_id is not None:
        return next((window for window in windows if window.id == notice.window_id), None)
    return window_of(windows, decision) if decision else None


def settle(dossier: Dossier, decision: DecisionRecorded, moment: Moment) -> Dossier:
    """Move or close the windows that stand; their unsent notices follow."""
    windows, notices = [], dossier.notices
    for window in dossier.windows:
        settled = _settled(window, decision, moment.now, is_last=window is dossier.windows[-1])
        if settled != window:
            notices = tuple(_followed(notice, window, settled, moment) for notice in notices)
        windows.append(settled)
    return replace(dossier, windows=tuple(windows), notices=notices)


def open_new(dossier: Dossier, decision: DecisionRecorded, moment: Moment) -> Dossier:
    """Add the window that a decision gives, with all its notices; none that this jail has had already."""
    told = _told(decision)
    if told is None or window_of(dossier.windows, decision) is not None:
        return dossier
    # At another jail (a transfer) the same hold goes on, and nothing stretches it.
    closes_at = min([told.closes_at, *(w.closes_at for w in dossier.windows if w.opens_at == told.opens_at)])
    window = HoldWindow(
        id=moment.new_id(),
        case_id=decision.case_id,
        detainer_id=decision.detainer_id,
        decision_id=decision.id,
        facility_ori=decision.facility_ori,
        booking_number=decision.booking_number,
        opens_at=told.opens_at,
        closes_at=closes_at,
        clock=told.clock,
        rule=decision.rule,
        citation=decision.citation,
        evidence=told.evidence,
        state=WindowState.PLANNED if told.opens_at > moment.now else WindowState.OPEN,
    )
    end = _end(decision, told)
    if end or closes_at <= moment.now:
        window = window.closed(*(end or (closes_at, "clock")))
    notices = tuple(_notices_of(decision, window, moment))
    return replace(dossier, windows=(*dossier.windows, window), notices=(*dossier.notices, *notices))


def called_off(dossier: Dossier, moment: Moment) -> Dossier:
    """Close every window that stands, at once; its end is told, and what else was still to be said of it is not."""
    windows, notices = [], dossier.notices
    for window in dossier.windows:
        closed = window.closed(moment.now, "superseded") if window.is_live else window
        notices = tuple(_followed(notice, window, closed, moment) for notice in notices)
        windows.append(closed)
    return replace(dossier, windows=tuple(windows), notices=notices)


def _told(decision: DecisionRecorded) -> WindowTold | None:
    """Give the decision's window; one that would close before it opens is no authority to hold."""
    told = decision.window
    return told if told is not None and told.closes_at > told.opens_at else None


def _is_same(window: HoldWindow, decision: DecisionRecorded) -> bool:
    told = _told(decision)
    return told is not None and (told.opens_at, decision.facility_ori) == (window.opens_at, window.facility_ori)


def _end(decision: DecisionRecorded, told: WindowTold | None) -> tuple[datetime, str] | None:
    """Give when and by what a window ended: as its own words say, or the decision that takes it away."""
    if told is not None:
        return (told.ended_at, told.ended_by or "superseded") if told.ended_at else None
    return (decision.ends.at, decision.ends.by) if decision.ends else None


def _settled(window: HoldWindow, decision: DecisionRecorded, now: datetime, *, is_last: bool) -> HoldWindow:
    told = _told(decision) if _is_same(window, decision) else None
    end = _end(decision, told)
    if not window.is_live:
        is_sooner = end is not None and window.ended_at is not None and end[0] < window.ended_at
        return window.closed(*end) if end and is_last and is_sooner else window
    if told is None:
        return window.closed(*(end or (now, "superseded")))
    window = replace(window, closes_at=min(window.closes_at, told.closes_at))
    if end is None and window.closes_at > now:
        return window
    return window.closed(*(end or (window.closes_at, "clock")))


def _followed(notice: Notice, before: HoldWindow, window: HoldWindow, moment: Moment) -> Notice:
    """Give an unsent notice of a window the time that the window's change leaves it."""
    if notice.window_id != window.id or notice.stage is not Stage.PLANNED or not before.is_live:
        return notice
    if window.is_live:
        return _moved(notice, before, window, moment)
    if notice.kind is Kind.HOLD_ENDED:
        return replace(notice, send_at=moment.now, due_by=moment.grace_ends_at)
    return replace(notice, stage=Stage.REPLACED)


def _moved(notice: Notice, before: HoldWindow, window: HoldWindow, moment: Moment) -> Notice:
    if notice.kind is Kind.HOLD_ENDED:
        return replace(notice, send_at=_end_told(window, moment), due_by=window.closes_at)
    if notice.kind is Kind.HOLD_OPENED:
        return replace(notice, due_by=min(notice.due_by, window.closes_at))
    send_at = notice.send_at - (before.closes_at - window.closes_at)
    if send_at <= max(window.opens_at, moment.now):
        return replace(notice, stage=Stage.REPLACED)
    return replace(notice, send_at=send_at, due_by=_soon(send_at, window, moment))


def _notices_of(decision: DecisionRecorded, window: HoldWindow, moment: Moment) -> Iterator[Notice]:
    """Give the notices written down together with a window: its opening, its warnings, and its end."""
    to_jail = jail(window.facility_ori)
    recipients = (to_jail, ICE) if decision.ice_answer == FULL else (to_jail,)

    def notice(kind: Kind, recipient: str, send_at: datetime, due_by: datetime, replaces: UUID | None = None) -> Notice:
        made = draft(moment, kind, recipient, decision, window, send_at=send_at, due_by=due_by, replaces=replaces)
        return replace(made, window_id=window.id)

    if not window.is_live:
        for recipient in recipients:
            yield notice(Kind.HOLD_ENDED, recipient, moment.now, moment.grace_ends_at)
        return
    opened = max(moment.now, window.opens_at)
    openings = [notice(Kind.HOLD_OPENED, recipient, opened, _soon(opened, window, moment)) for recipient in recipients]
    yield from openings
    for ahead in moment.margins.warnings:
        send_at = window.closes_at - ahead
        if send_at > opened:
            yield notice(Kind.HOLD_CLOSING, to_jail, send_at, _soon(send_at, window, moment))
    for opening in openings:
        yield notice(Kind.HOLD_ENDED, opening.recipient, _end_told(window, moment), window.closes_at, opening.id)


def _end_told(window: HoldWindow, moment: Moment) -> datetime:
    return max(window.opens_at, window.closes_at - moment.margins.ended_told)


def _soon(send_at: datetime, window: HoldWindow, moment: Moment) -> datetime:
    return min(window.closes_at, send_at + moment.margins.grace)
