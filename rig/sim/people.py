"""Recipients, receivers and reviewers of the simulation, by the production code below the HTTP routes."""

import asyncio
import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from services.decision.judge import question_digest
from services.notify.arrive import arrived
from services.notify.channels.answer import Answer, Result
from shared.db.session import Sessions
from shared.outbox.outbox import Outbox
from shared.runtime.ids import Ids

_LIKELY = (
    (Result.CONFIRMED, 70),
    (Result.REFUSED, 12),
    (Result.TIMED_OUT, 8),
    (Result.UNCONFIRMED, 5),
    (Result.UNREACHABLE, 5),
)


@dataclass
class Receivers:
    """The far ends of all webhooks: what came in is noted before anything is answered."""

    chance: random.Random
    #: recipient's url, notice, digest of its words, kind, detainer, number.
    came: list[tuple[str, str, str, str | None, str | None, int]] = field(default_factory=list)
    is_well: bool = False

    def line(self, url: str) -> "SimLine":
        """Open a line to a receiver."""
        return SimLine(self, url)


@dataclass
class SimLine:
    """A line to one endpoint; it may answer well, badly, late or not at all, after having acted."""

    receivers: Receivers
    url: str

    async def send(self, message_id: str, headers: Mapping[str, str], body: bytes) -> Answer:  # noqa: ARG002
        """Deliver, and give what is answered."""
        chance = self.receivers.chance
        await asyncio.sleep(chance.uniform(0.001, 0.05))
        said = json.loads(body)
        said = said.get("data", said)
        digest = hashlib.sha256(body).hexdigest()
        self.receivers.came.append(
            (self.url, message_id, digest, said.get("kind"), said.get("detainer_id"), said.get("number") or 0)
        )
        if self.receivers.is_well:
            return Answer(Result.CONFIRMED, 200)
        (result,) = chance.choices([one for one, _ in _LIKELY], [weight for _, weight in _LIKELY])
        if result is Result.TIMED_OUT:
            await asyncio.sleep(10)
        return Answer(result, 200 if result is Result.CONFIRMED else 500, None)

    async def aclose(self) -> None:
        """Hang up."""


async def fetch(sessions: Sessions, outbox: Outbox) -> int:
    """Let every recipient fetch its feed and sign for all of it; give how many notices there were."""
    async with sessions.transaction() as session:
        now = sessions.clock.now()
        rows = await session.all("SELECT notice_id FROM notify.deliveries WHERE state = 'sent' ORDER BY notice_id")
        if not rows:
            return 0
        await arrived(session, outbox, [row.notice_id for row in rows], now)
        await session.run(
            "UPDATE notify.deliveries SET state = 'acknowledged', acknowledged_at = :now WHERE state = 'delivered'",
            now=now,
        )
    return len(rows)


async def answer(sessions: Sessions, ids: Ids, said: str) -> int:
    """Answer every open question of which the law has not decided yet; give how many there were."""
    async with sessions.transaction() as session:
        now = sessions.clock.now()
        rows = await session.all(
            "SELECT r.id, r.case_id, r.detainer_id, r.facility_ori, r.office, r.question FROM decision.reviews r"
            " JOIN decision.dossiers d USING (case_id, detainer_id) WHERE r.state IN ('open', 'claimed')"
            " ORDER BY r.id FOR UPDATE OF d"
        )
        for row in rows:
            await session.run(
                "INSERT INTO decision.answers VALUES (:id, :review, :case, :detainer, :ori, :said, :office, 'read',"
                " 'Read the record.', :digest, :now, 'reviewer')",
                id=ids.new(),
                review=row.id,
                case=row.case_id,
                detainer=row.detainer_id,
                ori=row.facility_ori,
                said=said,
                office=row.office or "",
                digest=question_digest(msgspec.json.decode(row.question)["facts"]),
                now=now,
            )
            await session.run(
                "UPDATE decision.dossiers SET wake_at = :now WHERE case_id = :case AND detainer_id = :detainer",
                now=now - timedelta(seconds=1),
                case=row.case_id,
                detainer=row.detainer_id,
            )
    return len(rows)
