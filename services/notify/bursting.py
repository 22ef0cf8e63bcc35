"""What a person does about a burst: let it go, or take back what was told; one action for a whole set."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.notify import record, store
from services.notify.dossier import Dossier, Margins
from services.notify.draft import Moment
from services.notify.recall import Action, acted_on
from services.notify.rows import read_decision
from services.notify.save import save_all
from services.notify.store import Key
from services.notify.valve import Limits, Scope
from shared.db.session import Sessions, WriteSession
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids

#: Detainers in one transaction.
_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which standing decisions are meant; what is left out is not looked at."""

    policy: str | None = None
    rule: str | None = None
    facility_ori: str | None = None
    #: Heard by notify from then, and before then.
    since: datetime | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        """Give what stands on record."""
        return {
            "policy": self.policy,
            "rule": self.rule,
            "facility_ori": self.facility_ori,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an action did: how many detainers it spoke of, and how many notices went out for them."""

    id: UUID | None
    detainers: int
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Valve:
    """Acts on the pipeline's role; ``wake`` lets the timers look at once."""

    sessions: Sessions
    outbox: Outbox
    ids: Ids
    margins: Margins
    limits: Limits
    wake: Callable[[], None]

    async def release(self, burst_id: UUID, *, by: str, reason: str, minutes: float) -> int | None:
        """Let a burst go, and what follows it for some minutes; give how many notices. None: it does not wait."""
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            if not await self._settle(session, burst_id, "released", by, reason, now + timedelta(minutes=minutes)):
                return None
            going = await session.run(
                "UPDATE notify.deliveries SET passed = true WHERE burst_id = :id AND state = 'planned' AND NOT passed",
                id=burst_id,
            )
            session.afterwards(self.wake)
        return going

    async def recall(self, burst_id: UUID, *, by: str, reason: str) -> Done | None:
        """Keep a burst back until it is decided anew, and take back what of it was told. None: it does not wait."""
        async with self.sessions.transaction() as session:
            row = await session.one(
                "SELECT scope, key, opened_at FROM notify.bursts WHERE id = :id AND state = 'waiting'", id=burst_id
            )
            if row is None or not await self._settle(session, burst_id, "recalled", by, reason, None):
                return None
            await session.run(
                "UPDATE notify.deliveries SET held_until = NULL WHERE burst_id = :id AND state = 'planned'"
                " AND NOT passed",
                id=burst_id,
            )
        since = row.opened_at - self.limits.span
        is_facility = row.scope == Scope.FACILITY
        chosen = Chosen(
            facility_ori=row.key if is_facility else None, policy=None if is_facility else row.key, since=since
        )
        return await self.act("recall", chosen, by=by, reason=reason)

    async def count(self, chosen: Chosen) -> int:
        """Give how many detainers an action would speak of."""
        async with self.sessions.reading() as session:
            return len(await _chosen(session, chosen))

    async def act(self, action: Action, chosen: Chosen, *, by: str, reason: str) -> Done:
        """Recall or correct what was told of all that is chosen, each notice naming the one before."""
        async with self.sessions.reading() as session:
            keys = [key for key, _ in await _chosen(session, chosen)]
        notices = 0
        for begin in range(0, len(keys), _BATCH):
            notices += await self._act(action, keys[begin : begin + _BATCH], chosen)
        made = self.ids.new()
        async with self.sessions.transaction() as session:
            await session.run(
                "INSERT INTO notify.recalls (id, at, action, chosen, reason, called_by, notices)"
                " VALUES (:id, :now, :action, CAST(:chosen AS jsonb), :reason, :by, :notices)",
                id=made,
                now=self.sessions.clock.now(),
                action=action,
                chosen=json.dumps(chosen.as_json()),
                reason=reason,
                by=by,
                notices=notices,
            )
            session.afterwards(self.wake)
        return Done(id=made, detainers=len(keys), notices=notices)

    async def _act(self, action: Action, keys: Sequence[Key], chosen: Chosen) -> int:
        """Act on some detainers in one transaction; what was decided anew meanwhile is no longer meant."""
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            still = [(key, decision) for key, decision in await _chosen(session, chosen) if key in set(keys)]
            before = await store.load(session, [decision for _, decision in still], now)
            numbers = {key: decision.number for key, decision in still}
            moment = Moment(now=now, margins=self.margins, new_id=self.ids.new)
            # Another decision may have come in before the rows were locked: that one is not what was meant.
            changes = [
                (old, acted_on(old, action, moment)) for key, old in before.items() if old.number == numbers[key]
            ]
            changes = [(old, new) for old, new in changes if new != old]
            await save_all(session, changes, [], now)
            if action == "recall":
                await _mark(session, [new for _, new in changes])
            happened = [each for old, new in changes for each in record.between(old, new, now)]
            await record.write_down(session, self.outbox, happened)
        return sum(len(new.notices) - len(old.notices) for old, new in changes)

    async def _settle(
        self, session: WriteSession, burst_id: UUID, state: str, by: str, reason: str, open_until: datetime | None
    ) -> bool:
        now = self.sessions.clock.now()
        done = await session.run(
            "UPDATE notify.bursts SET state = :state, open_until = :open_until, settled_at = :now, settled_by = :by,"
            " settled_reason = :reason WHERE id = :id AND state = 'waiting'",
            id=burst_id,
            state=state,
            open_until=open_until,
            now=now,
            by=by,
            reason=reason,
        )
        await session.run(
            "UPDATE notify.alarms SET cleared_at = :now, cleared_by = :by, cleared_reason = :reason"
            " WHERE kind = 'burst_waits' AND subject = :id AND cleared_at IS NULL",
            id=str(burst_id),
            now=now,
            by=by,
            reason=f"{state}: {reason}",
        )
        return done == 1


async def _chosen(session: Any, chosen: Chosen) -> list[tuple[Key, Any]]:
    """Give the standing decisions that are meant, in key order."""
    rows = await session.all(
        "SELECT case_id, detainer_id, decision FROM notify.dossiers WHERE number > 0"
        " AND facility_ori = coalesce(:ori, facility_ori)"
        " AND heard_at >= coalesce(CAST(:since AS timestamptz), '-infinity')"
        " AND heard_at < coalesce(CAST(:until AS timestamptz), 'infinity') ORDER BY case_id, detainer_id",
        ori=chosen.facility_ori,
        since=chosen.since,
        until=chosen.until,
    )
    found = [((row.case_id, row.detainer_id), read_decision(row.decision)) for row in rows]
    return [
        (key, decision)
        for key, decision in found
        if chosen.policy in (None, decision.policy) and chosen.rule in (None, decision.rule)
    ]


async def _mark(session: WriteSession, dossiers: Sequence[Dossier]) -> None:
    """Let a release check know that what was decided last was recalled."""
    decisions = [dossier.decision for dossier in dossiers if dossier.decision]
    if decisions:
        await session.run(
            "UPDATE notify.dossiers SET recalled_number = number WHERE (case_id, detainer_id) IN"
            " (SELECT * FROM unnest(CAST(:cases AS uuid[]), CAST(:detainers AS text[])))",
            cases=[decision.case_id for decision in decisions],
            detainers=[decision.detainer_id for decision in decisions],
        )
