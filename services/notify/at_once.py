"""Pure: what may leave at once leaves in the transaction that plans it: not looked at twice, not written twice."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from services.notify import compose, latest, retry
from services.notify.dossier import Dossier, Kind, Notice, Stage, WindowState
from services.notify.draft import Moment
from services.notify.feed import Outgoing
from services.notify.hold import window_for

#: Of notices due at one instant, the answer is read before what follows from it.
RANK = {kind: rank for rank, kind in enumerate(Kind)} | {Kind.CORRECTION: 0, Kind.UNMATCHED: 0}


def leaving(changes: Sequence[tuple[Dossier, Dossier]], moment: Moment) -> list[Outgoing]:
    """Give the new notices whose instant has come, with their words, in the order in which they are to be read."""
    new = [outgoing for before, after in changes for outgoing in _new(before, after, moment)]
    return sorted(new, key=lambda each: (each.notice.send_at, RANK[each.notice.kind], each.notice.id))


def is_anything_left(changes: Sequence[tuple[Dossier, Dossier]], gone: Sequence[Outgoing], now: datetime) -> bool:
    """Tell whether something has fallen due that did not leave at once: the timers are to look, and not wait."""
    ids = {outgoing.notice.id for outgoing in gone}
    return any(
        any(n.stage is Stage.PLANNED and n.send_at <= now and n.id not in ids for n in after.notices)
        or any(
            w.is_live and (w.opens_at if w.state is WindowState.PLANNED else w.closes_at) <= now for w in after.windows
        )
        for _, after in changes
    )


def _new(before: Dossier, after: Dossier, moment: Moment) -> Iterator[Outgoing]:
    decision = after.decision
    if decision is None:
        return
    known = {notice.id for notice in before.notices}
    out = {notice.id for notice in after.notices if notice.is_out}
    for notice in after.notices:
        # What is for a jail that this decision no longer speaks to is left for the timer, which knows its zone.
        if notice.id in known or not _is_due(notice, moment) or notice.facility_ori != decision.facility_ori:
            continue
        window = window_for(notice, after.windows, decision)
        if latest.fate(notice, decision, window, moment.now) is not Stage.SENT:
            continue
        out.add(notice.id)
        if notice.kind is Kind.HOLD_ENDED and notice.replaces not in out:
            # The hold ended before its opening was told: there is nothing that this takes the place of.
            said = replace(notice, replaces=None)
        else:
            said = notice
        words = compose.answer(said, decision, window, at=moment.now, sent=True)
        yield Outgoing(said, words, retry.receipt_by(said, moment.now, moment.margins), decision.policy)


def _is_due(notice: Notice, moment: Moment) -> bool:
    return notice.stage is Stage.PLANNED and notice.send_at <= moment.now
