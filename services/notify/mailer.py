"""Carry mail to the people on the ladders: a lane for each recipient, claimed, let go of, handed over, written down."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from services.notify import mail, mails, retry
from services.notify.channels.email import Answer, Mailed, Post
from services.notify.endpoints import contact_of
from services.notify.lanes import Lanes
from services.notify.mail import Letterhead, To
from services.notify.mails import Mail
from services.notify.record import SCHEMA
from services.notify.retry import Patience
from shared.db.listen import Wake
from shared.db.session import Sessions, WriteSession
from shared.outbox.alarms import Alarm, raise_all
from shared.outbox.timers import run_timers
from shared.runtime.clock import machine_now
from shared.runtime.health import Progress
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailer:
    """Hands over what is due until the process leaves."""

    sessions: Sessions
    ids: Ids
    patience: Patience
    progress: Progress
    post: Post
    head: Letterhead
    #: How many times faster than the machine the clock runs.
    speed: float = 1.0
    _lanes: Lanes[str] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with no lane open."""
        object.__setattr__(self, "_lanes", Lanes(name="mailer", progress=self.progress))

    async def run(self, wake: Wake) -> None:
        """Open a lane wherever mail is due; ``wake`` says that it is time to look."""
        async with asyncio.TaskGroup() as lanes:
            await run_timers("mailer", partial(self.look, lanes), wake, self.progress, speed=self.speed)

    async def look(self, lanes: asyncio.TaskGroup) -> int:
        """Open the lanes that are missing."""
        async with self.sessions.reading() as session:
            recipients = await mails.waiting(session, list(self._lanes.busy), self.sessions.clock.now())
        self._lanes.open(lanes, recipients, self.serve)
        return 0

    async def serve(self, recipient: str) -> None:
        """Hand over all mail that is due for one recipient."""
        while not self.progress.leaving.is_set():
            async with self.sessions.transaction() as session:
                claimed = await mails.claim(session, recipient, self.sessions.clock.now())
            if claimed is None:
                return
            answers = await asyncio.gather(*(self._hand_over(each) for each in claimed))
            async with self.sessions.transaction() as session:
                now = self.sessions.clock.now()
                for each, answer in zip(claimed, answers, strict=True):
                    await self._settle(session, each, answer, now)

    async def test(self, recipient: str, facility_ori: str | None, people: Sequence[To], by: str) -> list[Answer]:
        """Write to everyone on a ladder that was set, and call a person: a stolen key must not go unseen."""
        at = machine_now()
        letters = [mail.of_test(recipient, self.ids.new(), to, self.head, at=at) for to in people]
        answers = list(await asyncio.gather(*(self.post.send(letter) for letter in letters)))
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            detail = (
                f"The ladder of {recipient} has {len(people)} rungs from now on, set by key {by}. If the recipient has"
                " not asked for this, set it back and revoke the key."
            )
            alarm = Alarm(
                kind="ladder_changed",
                subject=f"{recipient} {now.isoformat()}",
                detail=detail,
                since=now,
                facility_ori=facility_ori,
                contact=await contact_of(session, facility_ori),
            )
            await raise_all(session, SCHEMA, self.ids, [alarm])
        return answers

    async def _hand_over(self, each: Mail) -> Answer:
        to = To(each.name, each.address)
        letter = mail.of_notice(each.notice, each.rung, to, self.head, zone=each.zone, at=machine_now())
        return await self.post.send(letter)

    async def _settle(self, session: WriteSession, each: Mail, answer: Answer, now: datetime) -> None:
        """Write the attempt down; what cannot be handed over is tried again, or the next person has their turn."""
        await _write_attempt(session, self.ids.new(), each, answer, now)
        which = [(each.notice.id, each.rung)]
        if answer.result is Mailed.HANDED:
            await mails.close(session, which, "handed", answer.result)
            return
        next_at = self._next(each, answer, now)
        if next_at is not None:
            await mails.again(session, each, next_at, answer.result)
            return
        await mails.close(session, which, "failed", answer.result)
        if not await mails.hurry(session, each, now):
            await self._call(session, each, answer, now)

    def _next(self, each: Mail, answer: Answer, now: datetime) -> datetime | None:
        if answer.result in (Mailed.REFUSED, Mailed.NO_RELAY):
            return None
        seed = f"{each.notice.id}/{each.rung}"
        return retry.next_attempt(each.notice, each.tries + 1, now, self.patience, seed=seed)

    async def _call(self, session: WriteSession, each: Mail, answer: Answer, now: datetime) -> None:
        """Call the operator: the last rung of the ladder cannot be reached."""
        alarm = Alarm(
            kind="ladder_exhausted",
            subject=str(each.notice.id),
            detail=(
                f"Mail on {each.notice.kind} to {each.notice.recipient} could not be handed over ({answer.result}), and"
                " nobody is left on the ladder: reach the recipient another way."
            ),
            since=now,
            due=each.notice.due_by,
            case_id=each.notice.case_id,
            facility_ori=each.notice.facility_ori,
            contact=each.name,
        )
        await raise_all(session, SCHEMA, self.ids, [alarm])


async def _write_attempt(session: WriteSession, attempt: UUID, each: Mail, answer: Answer, now: datetime) -> None:
    await session.run(
        "INSERT INTO notify.attempts (id, notice_id, facility_ori, recipient, way, at, result, status, took_ms, rung)"
        " VALUES (:id, :notice, :ori, :recipient, 'email', :now, :result, :status, :took, :rung)",
        id=attempt,
        notice=each.notice.id,
        ori=each.notice.facility_ori,
        recipient=each.notice.recipient,
        now=now,
        result=answer.result,
        status=answer.code,
        took=answer.took_ms,
        rung=each.rung,
    )
