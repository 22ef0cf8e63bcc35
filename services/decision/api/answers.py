"""Whether a reviewer's answer may be taken, and the record of it.

An answer is a fact: the judge is asked what the law makes of the case with it, and only an answer that gives
the outcome it names is kept. The dossier is locked before the review is read, as by everyone who decides.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from services.decision.api.offices import Acting
from services.decision.api.review_rows import OPEN
from services.decision.judge import Answer, Law, Matter, Ruling, Standing, question_digest, question_of, rule_on
from services.decision.store import Dossier, Kept
from shared.db import casebook
from shared.db.session import ReadSession, WriteSession
from shared.domain.case import Custody, CustodyCase
from shared.http.access import Caller
from shared.http.problems import Problem, not_found
from shared.outbox.journal import canonical

#: The outcomes a person can answer with, in the rulebook's words.
ANSWERS = {"HOLD": "honor", "RELEASE": "decline"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A review with its dossier locked."""

    review_id: UUID
    case_id: UUID
    detainer_id: str
    facility_ori: str
    state: str
    office: str | None
    claimed_by: str | None
    claimed_until: datetime | None
    question_digest: bytes
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer to be kept."""

    id: UUID
    asked: Asked
    caller: Caller
    acting: Acting
    outcome: str
    reason_code: str
    rationale: str
    answered_at: datetime
    needs_second: bool
    #: What the law makes of the case without it.
    without: Ruling


@dataclass(frozen=True, slots=True)
class Tried:
    """What the law makes of the case with an answer, and without it."""

    ruling: Ruling
    without: Ruling


def over() -> Problem:
    """Say that there is nothing left to answer."""
    return Problem(409, "review_over", "This review has ended: it was answered, or release was due first.")


def claimed() -> Problem:
    """Say that somebody else is at it."""
    return Problem(409, "review_claimed", "Somebody else has claimed this review.")


def changed() -> Problem:
    """Say that the question is another one by now."""
    return Problem(409, "question_changed", "A fact you were shown has changed; read the question again.")


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
        "SELECT id, case_id, detainer_id, facility_ori, state, office, claimed_by, claimed_until, question"
        " FROM decision.reviews WHERE id = :id",
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
        office=row.office,
        claimed_by=row.claimed_by,
        claimed_until=row.claimed_until,
        question_digest=question_digest(question["facts"]),
        standing=_standing(locked),
    )


def _standing(locked: Any) -> Standing | None:
    kept = msgspec.json.decode(locked.standing, type=Kept) if locked.standing is not None else None
    return Dossier(case_id=locked.case_id, detainer_id=locked.detainer_id, number=locked.number, kept=kept).standing


async def last_given(session: ReadSession, asked: Asked) -> Any:
    """Give the answer that this question has, refused ones left out; None if it has none."""
    return await session.one(
        "SELECT a.id, a.answer, a.office, a.answered_by, a.person, a.needs_second, p.approves"
        " FROM decision.answers a LEFT JOIN decision.approvals p ON p.answer_id = a.id"
        " WHERE a.review_id = :id AND a.question_digest = :digest AND p.approves IS DISTINCT FROM false"
        " ORDER BY a.answered_at DESC, a.id DESC",
        id=asked.review_id,
        digest=asked.question_digest,
    )


def refuse_another(asked: Asked, given: Any) -> Problem:
    """Say why a second answer is not taken beside the one there is."""
    if asked.state not in OPEN:
        return over()
    if given.needs_second and given.approves is None:
        return Problem(409, "awaits_second", "An answer waits for a second person; approve it, or refuse it first.")
    return Problem(409, "already_answered", "This question has been answered, and is being decided.")


def refuse_those_kept_away(asked: Asked, caller: Caller, now: datetime) -> None:
    """Raise the Problem that keeps a caller from answering: the review is over, or somebody else's."""
    if asked.state not in OPEN:
        raise over()
    has_run_out = asked.claimed_until is not None and asked.claimed_until <= now
    if asked.claimed_by not in (None, caller.key_id) and not has_run_out:
        raise claimed()


async def check(session: ReadSession, asked: Asked, office: str | None, outcome: str, law: Law, now: datetime) -> Tried:
    """Give what the law makes of an answer if it leaves room for it; raise the Problem that stands in its way."""
    if office is None:
        raise Problem(403, "no_office", "This key names no office that it answers for; ask for one that does.")
    answer = Answer(answer=ANSWERS[outcome], office=office, answered_at=now, question_digest=asked.question_digest)
    tried = await _tried(session, asked, answer, law, now)
    if question_digest(question_of(tried.ruling.facts)) != asked.question_digest:
        raise changed()
    finding = tried.ruling.finding
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
    return tried


async def _tried(session: ReadSession, asked: Asked, answer: Answer, law: Law, now: datetime) -> Tried:
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
    return Tried(rule_on(matter, law, now), rule_on(replace(matter, answer=None), law, now))


def _waits_for_nobody(case: CustodyCase, now: datetime) -> bool:
    is_due = case.release_due is not None and case.release_due.due_at <= now
    return is_due or case.gone is not None or case.custody is Custody.AWAITED


async def keep(session: WriteSession, given: Given) -> None:
    """Write the answer down; unless a second person must approve it, ask that the detainer be decided again now."""
    asked = given.asked
    await session.run(
        "INSERT INTO decision.answers (id, review_id, case_id, detainer_id, facility_ori, answer, office, reason_code,"
        " rationale, question_digest, answered_at, answered_by, person, needs_second, delegation_id, rule_said)"
        " VALUES (:id, :review, :case, :detainer, :ori, :answer, :office, :reason, :rationale, :digest, :now, :by,"
        " :person, :needs_second, :delegation, :rule_said)",
        id=given.id,
        review=asked.review_id,
        case=asked.case_id,
        detainer=asked.detainer_id,
        ori=asked.facility_ori,
        answer=ANSWERS[given.outcome],
        office=given.acting.office,
        reason=given.reason_code,
        rationale=given.rationale,
        digest=asked.question_digest,
        now=given.answered_at,
        by=given.caller.key_id,
        person=given.caller.person,
        needs_second=given.needs_second,
        delegation=given.acting.delegation_id,
        rule_said=rule_said(given.without),
    )
    if not given.needs_second:
        await decide_again(session, asked, given.answered_at)


def rule_said(without: Ruling) -> bytes:
    """Write down what the law makes of the case without an answer, and what would change it."""
    finding = without.finding
    return canonical(
        {
            "outcome": finding.outcome,
            "policy": finding.policy,
            "rule": finding.rule,
            "citation": finding.citation,
            "confidence": finding.confidence,
            "unknown": list(finding.unknown),
            "counterfactual": finding.counterfactual,
        }
    )


async def decide_again(session: WriteSession, asked: Asked, now: datetime) -> None:
    """Ask the pipeline to decide the detainer now."""
    await session.run(
        "UPDATE decision.dossiers SET wake_at = :now WHERE case_id = :case AND detainer_id = :detainer",
        now=now,
        case=asked.case_id,
        detainer=asked.detainer_id,
    )
