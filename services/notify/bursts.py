"""The valve's rows: what was counted each minute, which bursts wait for a person, which notices they keep back."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from services.notify import valve
from services.notify.feed import Outgoing
from services.notify.record import SCHEMA
from services.notify.valve import Candidate, Flow, Key, Limits, Scope, Sifted
from shared.db.session import ReadSession, WriteSession
from shared.outbox.alarms import Alarm, raise_all
from shared.runtime.ids import Ids

#: Which burst keeps a notice back, and until when at most.
Held = Mapping[UUID, tuple[UUID, datetime | None]]

#: What was counted is of no use after so long.
_KEPT = timedelta(days=2)


async def sift(
    session: WriteSession, ids: Ids, outgoing: Sequence[Outgoing], limits: Limits, now: datetime
) -> tuple[list[Outgoing], Held]:
    """Count what would go out, and part it from what waits for a person; whoever must be told is told."""
    candidates = [Candidate(each.notice, each.policy) for each in outgoing if each.policy]
    keys = sorted({key for each in candidates for key in each.keys if limits.of(key)})
    if not keys:
        return list(outgoing), {}
    sifted = valve.sift(candidates, await _flow(session, keys, limits, now), limits, now)
    await _count(session, sifted, now)
    bursts = await _waiting(session, ids, sifted, now)
    await _call(session, ids, sifted, bursts, limits, now)
    held = {notice_id: (bursts[key], until) for notice_id, (key, until) in sifted.held.items()}
    return [each for each in outgoing if each.notice.id not in held], held


async def hold(session: WriteSession, held: Held) -> None:
    """Keep notices back; their rows are written already."""
    if held:
        await session.later(
            "UPDATE notify.deliveries d SET burst_id = u.burst, held_until = u.until"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:bursts AS uuid[]), CAST(:untils AS timestamptz[]))"
            " AS u (id, burst, until) WHERE d.notice_id = u.id",
            ids=list(held),
            bursts=[burst for burst, _ in held.values()],
            untils=[until for _, until in held.values()],
        )


async def let_pass_in_time(session: WriteSession, now: datetime) -> int:
    """Let go of what can be kept back no longer: it holds nobody, and is due soon."""
    return await session.run(
        "UPDATE notify.deliveries SET passed = true WHERE state = 'planned' AND burst_id IS NOT NULL AND NOT passed"
        " AND held_until <= :now",
        now=now,
    )


async def _flow(session: ReadSession, keys: Sequence[Key], limits: Limits, now: datetime) -> Flow:
    rows = await session.all(
        "SELECT scope, key, ends, sum(units) AS units FROM notify.flow WHERE minute > :since"
        " AND (scope, key) IN (SELECT * FROM unnest(CAST(:scopes AS text[]), CAST(:keys AS text[])))"
        " GROUP BY scope, key, ends",
        since=now - limits.span,
        scopes=[scope for scope, _ in keys],
        keys=[key for _, key in keys],
    )
    bursts = await session.all(
        "SELECT scope, key, state FROM notify.bursts"
        " WHERE state = 'waiting' OR (state = 'released' AND open_until > :now)",
        now=now,
    )
    return Flow(
        waits={(Scope(row.scope), row.key): int(row.units) for row in rows if not row.ends},
        ends={(Scope(row.scope), row.key): int(row.units) for row in rows if row.ends},
        shut=frozenset((Scope(row.scope), row.key) for row in bursts if row.state == "waiting"),
        let_pass=frozenset((Scope(row.scope), row.key) for row in bursts if row.state == "released"),
    )


async def _count(session: WriteSession, sifted: Sifted, now: datetime) -> None:
    """Add to the minute's counts, in one order, so that two who count never wait for each other in a circle."""
    counted = [(key, False, many) for key, many in sifted.waits_counted.items()]
    counted += [(key, True, many) for key, many in sifted.ends_counted.items()]
    counted.sort()
    if counted:
        await session.run(
            "INSERT INTO notify.flow AS f (scope, key, ends, minute, units)"
            " SELECT u.scope, u.key, u.ends, CAST(:minute AS timestamptz), u.units FROM unnest(CAST(:scopes AS text[]),"
            " CAST(:keys AS text[]), CAST(:ends AS boolean[]), CAST(:units AS int[])) AS u (scope, key, ends, units)"
            " ON CONFLICT (scope, key, ends, minute) DO UPDATE SET units = f.units + excluded.units",
            minute=now.replace(second=0, microsecond=0),
            scopes=[key[0] for key, _, _ in counted],
            keys=[key[1] for key, _, _ in counted],
            ends=[ends for _, ends, _ in counted],
            units=[many for _, _, many in counted],
        )


async def _waiting(session: WriteSession, ids: Ids, sifted: Sifted, now: datetime) -> dict[Key, UUID]:
    """Write new bursts down, and give the ids of all that keep something back."""
    if sifted.bursts:
        await session.run("DELETE FROM notify.flow WHERE minute < :old", old=now - _KEPT)
        await session.run(
            "INSERT INTO notify.bursts (id, scope, key, opened_at, state)"
            " SELECT u.id, u.scope, u.key, CAST(:now AS timestamptz), 'waiting'"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:scopes AS text[]), CAST(:keys AS text[])) AS u (id, scope, key)"
            " ON CONFLICT (scope, key) WHERE state = 'waiting' DO NOTHING",
            now=now,
            ids=[ids.new() for _ in sifted.bursts],
            scopes=[scope for scope, _ in sifted.bursts],
            keys=[key for _, key in sifted.bursts],
        )
    if not sifted.held:
        return {}
    rows = await session.all("SELECT id, scope, key FROM notify.bursts WHERE state = 'waiting'")
    return {(Scope(row.scope), row.key): row.id for row in rows}


async def _call(
    session: WriteSession, ids: Ids, sifted: Sifted, bursts: Mapping[Key, UUID], limits: Limits, now: datetime
) -> None:
    minutes = round(limits.span.total_seconds() / 60)
    alarms = [
        Alarm(
            kind="burst_waits",
            subject=str(bursts[key]),
            detail=(
                f"More than {limits.of(key)} decisions and openings within {minutes} minutes for {key[0]} {key[1]}:"
                " those that follow wait until you let them go or recall them."
            ),
            since=now,
            due=min((until for at, until in sifted.held.values() if at == key and until is not None), default=None),
            facility_ori=key[1] if key[0] is Scope.FACILITY else None,
        )
        for key in sifted.bursts
        if key in bursts
    ]
    alarms += [
        Alarm(
            kind="ends_burst",
            subject=f"{key[0]} {key[1]} {now:%Y-%m-%dT%H}",
            detail=(
                f"More than {limits.of(key)} holds ended within {minutes} minutes for {key[0]} {key[1]}. All of it was"
                " told: the end of a hold never waits."
            ),
            since=now,
            facility_ori=key[1] if key[0] is Scope.FACILITY else None,
        )
        for key in sifted.ends
    ]
    await raise_all(session, SCHEMA, ids, alarms)
