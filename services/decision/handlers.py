"""On a changed case, and when something falls due: decide each detainer, record what is new, tell of it."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

import structlog

from services.decision import record, review, store
from services.decision.answer_seals import answer_seals
from services.decision.doubt import alarms_of
from services.decision.judge import Answer, Matter, Ruling, rule_on
from services.decision.policy.evaluate import Rulebook
from services.decision.recording import Place, explanation_bytes, snapshot_bytes, told_bytes, told_of
from services.decision.review_clock import ROOM_HOURS
from shared.db import casebook
from shared.db.session import WriteSession
from shared.domain.case import Custody, Detainer
from shared.domain.counted_twice import Count
from shared.domain.decision import Outcome
from shared.domain.errors import RulebookBehind
from shared.domain.events import CaseChanged
from shared.domain.jurisdiction import Facility
from shared.domain.second_count import second_count
from shared.kafka.consumer import Record
from shared.kafka.envelope import Message, unpack
from shared.kafka.topics import Topic
from shared.outbox import journal, parked
from shared.outbox.alarms import raise_all
from shared.outbox.inbox import Heard, Unhandled, fresh
from shared.outbox.parts import Parts
from shared.runtime.tz_data import tz_data

log = structlog.get_logger()

_MOST_DUE = 500


def read(record: Record) -> Message[CaseChanged | None]:
    """Read a message of ``custody.cases.v1``."""
    return unpack(record.value, {"case.changed": CaseChanged})


@dataclass(frozen=True, slots=True)
class _Found:
    """A ruling with the file and dossier it was made on; ``news`` is None when it only says what stands."""

    file: casebook.CaseFile
    dossier: store.Dossier
    ruling: Ruling
    news: record.Recorded | None


class Decide:
    """Applies the policy in force to cases; ``second`` counts every deadline once more.

    ``room`` is how long before it is due a reviewer's answer is wanted.
    """

    def __init__(
        self,
        parts: Parts,
        rulebook: Rulebook,
        *,
        second: Count = second_count,
        room: timedelta = timedelta(hours=ROOM_HOURS),
    ) -> None:
        self._parts = parts
        self._rulebook = rulebook
        self._second = second
        self._room = room

    async def on_cases_changed(
        self, session: WriteSession, heard: Sequence[Heard[Message[CaseChanged | None]]], now: datetime
    ) -> None:
        """Decide the cases that changed; each as it stands now, whatever version the message named."""
        new = await fresh(session, "decision", [one for one in heard if _matters(one.message.data)], now)
        cases = {one.message.data.case_id for one in new if one.message.data is not None}
        await self.decide(session, cases, now)

    async def on_due(self) -> int:
        """Decide again what has fallen due; give back how many cases were looked at."""
        async with self._parts.sessions.transaction() as session:
            now = self._parts.clock.now()
            cases = await store.due_cases(session, now, _MOST_DUE)
            await self.decide(session, cases, now)
        return len(cases)

    async def decide(self, session: WriteSession, case_ids: Collection[UUID], now: datetime) -> None:
        """Load the cases, apply the policy to each detainer, record what is new, tell of it."""
        if not case_ids:
            return
        if await store.rulebook_version(session) > self._rulebook.version:
            raise RulebookBehind("another instance decides by a newer rulebook: upgrade this one")
        dossiers = await self._lock(session, case_ids)
        # Read again under the lock: what was committed before we got it must not be overlooked.
        files = await casebook.case_files(session, case_ids)
        register = await casebook.facilities(session)
        # Only what was decided before can have been asked, and only what was asked is answered.
        asked = {dossier.case_id for dossier in dossiers.values() if dossier.kept is not None}
        answers = await store.answers(session, asked) if asked else {}
        found = [
            self._find(file, detainer, dossier, register[file.facility_ori], answers, now)
            for file in files.values()
            if file.case.custody is not Custody.AWAITED
            for detainer in file.case.detainers
            if (dossier := dossiers.get((file.case_id, detainer.detainer_id))) is not None
        ]
        await self._save(session, found, now)

    async def _lock(self, session: WriteSession, case_ids: Collection[UUID]) -> dict[store.Pair, store.Dossier]:
        files = await casebook.case_files(session, case_ids)
        pairs = [
            (file.case_id, detainer.detainer_id, file.facility_ori, file.booking_number)
            for file in files.values()
            for detainer in file.case.detainers
            if file.case.custody is not Custody.AWAITED
        ]
        return await store.lock(session, pairs) if pairs else {}

    def _find(
        self,
        file: casebook.CaseFile,
        detainer: Detainer,
        dossier: store.Dossier,
        facility: Facility,
        answers: dict[store.Pair, Answer],
        now: datetime,
    ) -> _Found:
        matter = Matter(
            case=file.case,
            detainer=detainer,
            facility=facility,
            parked_events=file.parked_events,
            standing=dossier.standing,
            answer=answers.get((file.case_id, detainer.detainer_id)),
            tz_data=tz_data(),
        )
        ruling = rule_on(matter, self._rulebook, now, second=self._second)
        news = None if ruling.says_the_same(matter.standing) else self._write(file, dossier, matter, ruling, now)
        return _Found(file, dossier, ruling, news)

    def _write(
        self, file: casebook.CaseFile, dossier: store.Dossier, matter: Matter, ruling: Ruling, now: datetime
    ) -> record.Recorded:
        kept = dossier.kept
        place = Place(
            id=self._parts.ids.new(),
            case_id=file.case_id,
            case_version=file.version,
            facility_ori=file.facility_ori,
            booking_number=file.booking_number,
            number=dossier.number + 1,
            supersedes=kept.decision.id if kept else None,
        )
        told = told_of(place, matter, ruling, now)
        last = kept.window if kept else None
        snapshot = snapshot_bytes(matter, ruling)
        salt = os.urandom(16)
        return record.Recorded(
            told=told,
            kept=store.Kept(
                decision=told, window=ruling.window or last, spent=ruling.window is None and last is not None
            ),
            as_of=ruling.as_of,
            snapshot=snapshot,
            salt=salt,
            snapshot_digest=sha256(salt + snapshot).digest(),
            explanation=explanation_bytes(ruling),
            rulebook_version=self._rulebook.version,
            rulebook_digest=self._rulebook.digest,
        )

    async def _save(self, session: WriteSession, found: Sequence[_Found], now: datetime) -> None:
        if not found:
            return
        news = [f.news for f in found if f.news is not None]
        await record.write_down(session, [_looked_at(f) for f in found])
        await raise_all(
            session,
            "decision",
            self._parts.ids,
            [alarm for f in found for alarm in alarms_of(f.file.case_id, f.dossier.detainer_id, f.ruling, now)],
        )
        told = await review.keep(session, self._parts.ids, [_question(f) for f in found], self._room, now)
        answered = {n.told.case_id for n in news if n.told.decided_by != "policy"}
        seals = await answer_seals(session, answered) if answered else {}
        await journal.add(session, "decision", [_entry(n, seals) for n in news])
        outbox = self._parts.outbox
        letters = [
            outbox.letter(Topic.DECISIONS, "decision.recorded", key=str(n.told.case_id), time=now, data=n.told)
            for n in news
        ]
        letters += [
            outbox.letter(Topic.DECISIONS, kind, key=str(data["case_id"]), time=now, data=data) for kind, data in told
        ]
        await outbox.tell(session, letters)
        if news:
            log.info("case.decided", count=len(news))

    async def park(self, session: WriteSession, unhandled: Sequence[Unhandled], now: datetime) -> None:
        """Set aside what could not be handled; the case's next version will bring it back here."""
        await parked.park(
            session,
            "decision",
            self._parts.outbox,
            self._parts.ids,
            [parked.of_ours(self._parts.ids.new(), one) for one in unhandled],
            now,
        )


def _matters(changed: CaseChanged | None) -> bool:
    """Whether there may be something to decide; where there is nothing, hearing it twice does no harm either."""
    return changed is None or changed.detainers != 0


def _looked_at(found: _Found) -> record.LookedAt:
    return record.LookedAt(
        case_id=found.file.case_id,
        detainer_id=found.dossier.detainer_id,
        case_version=found.file.version,
        wake_at=found.ruling.wake_at,
        news=found.news,
    )


def _question(found: _Found) -> review.Question:
    kept, news = found.dossier.kept, found.news
    decision = news.told if news else kept.decision if kept else None
    assert decision is not None  # noqa: S101 - what says the same stands already
    return review.Question(
        case_id=found.file.case_id,
        detainer_id=found.dossier.detainer_id,
        decision_id=decision.id,
        facility_ori=found.file.facility_ori,
        booking_number=found.file.booking_number,
        ruling=found.ruling,
        is_answered=found.ruling.decided_by != "policy",
        was_open=kept is not None and kept.decision.outcome == Outcome.REVIEW,
    )


def _entry(news: record.Recorded, seals: Mapping[store.Pair, list[list[str]]]) -> journal.Record:
    told = news.told
    answers = {"answers": seals[told.case_id, told.detainer_id]} if told.decided_by != "policy" else {}
    return journal.Record(
        case_id=told.case_id,
        at=told.decided_at,
        kind="decision.recorded",
        facility_ori=told.facility_ori,
        detainer_id=told.detainer_id,
        body={
            "decision": str(told.id),
            "number": told.number,
            "outcome": told.outcome,
            "policy": told.policy,
            "rule": told.rule,
            "citation": told.citation,
            "told": sha256(told_bytes(told)).hexdigest(),
            "explanation": sha256(news.explanation).hexdigest(),
            "snapshot": news.snapshot_digest.hex(),
            "as_of": news.as_of,
            "rulebook": news.rulebook_digest,
            "rulebook_version": news.rulebook_version,
            **answers,
        },
    )
