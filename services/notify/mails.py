"""Mail on its way: planned with a notice's place in the feed, claimed while it is needed and still true.

Nothing here speaks to anyone: a claim is committed before a mail leaves.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify import claimed, ladder, sends
from services.notify.dossier import Notice
from services.notify.ladder import Rung
from shared.db.session import ReadSession, WriteSession
from shared.runtime.clock import machine_now

#: Whoever has claimed must have settled by then, machine time.
LEASE = timedelta(seconds=180)
#: Mails claimed at a time for one recipient.
MOST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail to be handed over now."""

    notice: Notice
    rung: int
    name: str
    address: str
    zone: str
    #: How many attempts there were before this one.
    tries: int


async def plan(session: WriteSession, notices: Sequence[Notice], now: datetime, last_call: timedelta) -> None:
    """Let notices that are put into feeds climb their recipients' ladders, if nobody takes them."""
    rungs = await _rungs(session, {notice.recipient for notice in notices})
    mails = [(notice, rung) for notice in notices for rung in rungs.get(notice.recipient, ())]
    if not mails:
        return
    await session.later(
        "INSERT INTO notify.mails"
        " (notice_id, rung, recipient, kind, name, address, state, tries, next_at, leased_until)"
        " SELECT u.id, u.rung, u.recipient, u.kind, u.name, u.address, 'waiting', 0, u.next_at, '-infinity'"
        " FROM unnest(CAST(:ids AS uuid[]), CAST(:rungs AS int[]), CAST(:recipients AS text[]),"
        " CAST(:kinds AS text[]), CAST(:names AS text[]), CAST(:addresses AS text[]), CAST(:next AS timestamptz[]))"
        " AS u (id, rung, recipient, kind, name, address, next_at)",
        ids=[notice.id for notice, _ in mails],
        rungs=[rung.number for _, rung in mails],
        recipients=[notice.recipient for notice, _ in mails],
        kinds=[notice.kind for notice, _ in mails],
        names=[rung.name for _, rung in mails],
        addresses=[rung.address for _, rung in mails],
        next=[ladder.climbed_at(notice, rung, now, last_call) for notice, rung in mails],
    )


async def _rungs(session: ReadSession, recipients: set[str]) -> dict[str, list[Rung]]:
    rows = await session.all(
        "SELECT recipient, rung, name, address, after_minutes FROM notify.rungs"
        " WHERE recipient = ANY (CAST(:recipients AS text[])) ORDER BY recipient, rung",
        recipients=sorted(recipients),
    )
    found: dict[str, list[Rung]] = defaultdict(list)
    for row in rows:
        after = timedelta(minutes=row.after_minutes)
        found[row.recipient].append(Rung(number=row.rung, name=row.name, address=row.address, after=after))
    return found


async def waiting(session: ReadSession, busy: Sequence[str], now: datetime) -> list[str]:
    """Give the recipients, but the busy ones, that mail is due for."""
    rows = await session.all(
        "SELECT DISTINCT recipient FROM notify.mails WHERE state = 'waiting' AND next_at <= :now"
        " AND leased_until <= :machine AND recipient <> ALL (CAST(:busy AS text[]))",
        busy=list(busy),
        now=now,
        machine=machine_now(),
    )
    return [row.recipient for row in rows]


async def claim(session: WriteSession, recipient: str, now: datetime) -> list[Mail] | None:
    """Claim mail that is due for a recipient, the ends of holds first; None when nothing is due.

    What has arrived meanwhile needs no mail, and what a later word has overtaken is not sent.
    """
    machine = machine_now()
    rows = await session.all(
        "SELECT notice_id, rung, name, address, tries FROM notify.mails WHERE recipient = :recipient"
        " AND state = 'waiting' AND next_at <= :now AND leased_until <= :machine"
        " ORDER BY kind <> 'hold_ended', next_at, notice_id, rung LIMIT :most FOR UPDATE SKIP LOCKED",
        recipient=recipient,
        now=now,
        machine=machine,
        most=MOST,
    )
    if not rows:
        return None
    ids = sorted({row.notice_id for row in rows})
    dues = {due.notice.id: due for due in await claimed.load(session, ids)}
    gone, arrived = await sends.replaced(session, ids), await _arrived(session, ids)
    going, unneeded, overtaken = [], [], []
    for row in rows:
        due = dues[row.notice_id]
        if not sends.is_latest(due, gone, now):
            overtaken.append(row)
        elif row.notice_id in arrived and (arrived[row.notice_id] or not ladder.goes_whatever(due.notice, row.rung)):
            unneeded.append(row)
        else:
            going.append(row)
    await close(session, [(row.notice_id, row.rung) for row in overtaken], "overtaken")
    await close(session, [(row.notice_id, row.rung) for row in unneeded], "unneeded")
    await _lease(session, [(row.notice_id, row.rung) for row in going], machine + LEASE)
    return [
        Mail(
            notice=dues[row.notice_id].notice,
            rung=row.rung,
            name=row.name,
            address=row.address,
            zone=dues[row.notice_id].zone,
            tries=row.tries,
        )
        for row in going
    ]


async def _arrived(session: ReadSession, notice_ids: Sequence[UUID]) -> dict[UUID, bool]:
    """Give those of the notices that have arrived, and whether they were signed for."""
    rows = await session.all(
        "SELECT notice_id, acknowledged_at IS NOT NULL AS is_signed FROM notify.deliveries"
        " WHERE notice_id = ANY (CAST(:ids AS uuid[])) AND delivered_at IS NOT NULL",
        ids=list(notice_ids),
    )
    return {row.notice_id: row.is_signed for row in rows}


_WHICH = "(notice_id, rung) IN (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:rungs AS int[])))"


async def _lease(session: WriteSession, which: Sequence[tuple[UUID, int]], until: datetime) -> None:
    await session.run(
        f"UPDATE notify.mails SET leased_until = :until WHERE {_WHICH}",
        until=until,
        ids=[notice_id for notice_id, _ in which],
        rungs=[rung for _, rung in which],
    )


async def close(
    session: WriteSession, which: Sequence[tuple[UUID, int]], state: str, result: str | None = None
) -> None:
    """End mails that still wait: handed over, failed, overtaken or not needed any more."""
    if which:
        await session.run(
            "UPDATE notify.mails SET state = :state, result = coalesce(:result, result), leased_until = '-infinity'"
            f" WHERE {_WHICH} AND state = 'waiting'",
            state=state,
            result=result,
            ids=[notice_id for notice_id, _ in which],
            rungs=[rung for _, rung in which],
        )


async def again(session: WriteSession, mail: Mail, next_at: datetime, result: str) -> None:
    """Let a mail wait for its next attempt."""
    await session.run(
        "UPDATE notify.mails SET tries = tries + 1, next_at = :next, leased_until = '-infinity', result = :result"
        " WHERE notice_id = :id AND rung = :rung AND state = 'waiting'",
        id=mail.notice.id,
        rung=mail.rung,
        next=next_at,
        result=result,
    )


async def hurry(session: WriteSession, mail: Mail, now: datetime) -> bool:
    """Give the next person on the ladder their turn now; False when there is none left."""
    done = await session.run(
        "UPDATE notify.mails SET next_at = least(next_at, CAST(:now AS timestamptz)) WHERE notice_id = :id"
        " AND state = 'waiting' AND rung = (SELECT min(rung) FROM notify.mails WHERE notice_id = :id"
        " AND state = 'waiting' AND rung > :rung)",
        id=mail.notice.id,
        rung=mail.rung,
        now=now,
    )
    return done > 0
