"""Whether a reviewer's answer may be taken, and the record of it.

An answer is a fact: the judge is asked what the law makes of the case with it, and only an answer that gives
the outcome it names is kept. The dossier is locked before the review is read, as by everyone who decides.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.judge import Answer, Law, Matter, Ruling, Standing, question_digest, question_of, rule_on
from services.decision.store import Dossier, Kept
from shared.db import casebook
from shared.db.session import ReadSession, WriteSession
from shared.domain.case import Custody, CustodyCase
from shared.http.access import Caller
from shared.http.problems import Problem, not_found

#: The outcomes a person can answer with, in the rulebook's words.
ANSWERS = {"HOLD": "honor", "RELEASE": "decline"}
OPEN = ("open", "claimed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A review with its dossier locked."""

    review_id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    state: str
    claimed_by: str | None
    question_digest: bytes
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer to be kept."""

    id: UUID
    asked: Asked
    caller: Caller
    outcome: str
    reason_code: str
    rationale: str
    answered_at: datetime


def over() -> Problem:
    """Say that there is nothing left to answer."""
    return Problem(409, "review_over", "This review has ended: it was answered, or release was due first.")


def claimed() -> Problem:
    """Say that somebody else is at it."""
    return Problem(409, "review_claimed", "Somebody else has claimed this review.")


async def lock(session: WriteSession, review_id: UUID) -> Asked:
    """Lock the dossier of a review, then read the review as it stands now; 404 where there is none."""
    found = await session.one("SELECT case_id, detainer_id FROM decision.reviews WHERE id = :id", id=review_id)
    if found is None:
        raise not_found()
    locked = await session.one(
        "SELECT case_id, detainer_id, number, standing FROM decision.dossiers"
        " WHERE case_id = :case AND detainer_id = :detainer FOR UPDATE",
        case=found.case_id,
        detainer=found.detainer_id,
    )
    row = await session.one(
        "SELECT id, case_id, detainer_id, facility_ori, state, claimed_by, question FROM decision.reviews"
        " WHERE id = :id",
        id=review_id,
    )
    if row is None or locked is None:
        raise not_found()
    question = msgspec.json.decode(row.question)
    return Asked(
        review_id=row.id,
        case_id=row.case_id,
        detainer_id=row.detainer_id,
        facility_ori=row.facility_ori,
        state=row.state,
        claimed_by=row.claimed_by,
        question_digest=question_digest(question["facts"]),
        standing=_standing(locked),
    )


def _standing(locked: Any) -> Standing | None:
    kept = msgspec.json.decode(locked.standing, type=Kept) if locked.standing is not None else None
    return Dossier(case_id=locked.case_id, detainer_id=locked.detainer_id, number=locked.number, kept=kept).standing


async def already_given(session: ReadSession, asked: Asked, caller: Caller, outcome: str) -> UUID | None:
    """Give the id of this very answer if it was given before; 409 while another one waits to be decided."""
    row = await session.one(
        "SELECT id, answer, answered_by FROM decision.answers WHERE review_id = :id AND question_digest = :digest"
        " ORDER BY answered_at DESC, id DESC",
        id=asked.review_id,
        digest=asked.question_digest,
    )
    if row is None:
        return None
    if (row.answer, row.answered_by) == (ANSWERS[outcome], caller.key_id):
        answer_id: UUID = row.id
        return answer_id
    if asked.state not in OPEN:
        raise over()
    raise Problem(409, "already_answered", "This question has been answered, and is being decided.")


async def check(session: ReadSession, asked: Asked, caller: Caller, outcome: str, law: Law, now: datetime) -> None:
    """Raise the Problem that stands in the way of an answer; none if the law leaves room for it."""
    if asked.state not in OPEN:
        raise over()
    if asked.claimed_by not in (None, caller.key_id):
        raise claimed()
    if caller.office is None:
        raise Problem(403, "no_office", "This key names no office that it answers for; ask for one that does.")
    answer = Answer(
        answer=ANSWERS[outcome], office=caller.office, answered_at=now, question_digest=asked.question_digest
    )
    ruling = await _tried(session, asked, answer, law, now)
    if question_digest(question_of(ruling.facts)) != asked.question_digest:
        raise Problem(409, "question_changed", "A fact you were shown has changed; read the question again.")
    finding = ruling.finding
    if finding.outcome.value != outcome:
        raise Problem(
            409,
            "no_room",
            f"The law leaves no room for {outcome} by this office: {finding.rule} gives {finding.outcome.value}.",
            outcome=finding.outcome.value,
            policy=finding.policy,
            rule=finding.rule,
            citation=finding.citation,
        )


async def _tried(session: ReadSession, asked: Asked, answer: Answer, law: Law, now: datetime) -> Ruling:
    """Rule on the case as it stands, with the answer; 409 when nothing waits for a person any more."""
    file = (await casebook.case_files(session, [asked.case_id])).get(asked.case_id)
    found = [d for d in file.case.detainers if d.detainer_id == asked.detainer_id] if file else []
    if file is None or not found or _waits_for_nobody(file.case, now):
        raise over()
    register = await casebook.facilities(session)
    matter = Matter(
        case=file.case,
        detainer=found[0],
        facility=register[file.facility_ori],
        parked_events=file.parked_events,
        standing=asked.standing,
        answer=answer,
    )
    return rule_on(matter, law, now)


def _waits_for_nobody(case: CustodyCase, now: datetime) -> bool:
    is_due = case.release_due is not None and case.release_due.due_at <= now
    return is_due or case.gone is not None or case.custody is Custody.AWAITED


async def keep(session: WriteSession, given: Given) -> None:
    """Write the answer down, and ask that the detainer be decided again now."""
    asked = given.asked
    values: dict[str, Any] = {"case": asked.case_id, "detainer": asked.detainer_id, "now": given.answered_at}
    await session.run(
        "INSERT INTO decision.answers (id, review_id, case_id, detainer_id, facility_ori, answer, office, reason_code,"
        " rationale, question_digest, answered_at, answered_by)"
        " VALUES (:id, :review, :case, :detainer, :ori, :answer, :office, :reason, :rationale, :digest, :now, :by)",
        id=given.id,
        review=asked.review_id,
        ori=asked.facility_ori,
        answer=ANSWERS[given.outcome],
        office=given.caller.office,
        reason=given.reason_code,
        rationale=given.rationale,
        digest=asked.question_digest,
        by=given.caller.key_id,
        **values,
    )
    await session.run(
        "UPDATE decision.dossiers SET wake_at = :now WHERE case_id = :case AND detainer_id = :detainer", **values
    )
