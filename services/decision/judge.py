"""What is decided of one detainer on one case, at one instant: pure.

The policy gives a finding of the facts; here it meets time. When release is due nothing waits for a person;
a window counts from the earliest release due and only ever closes earlier; doubt never opens one. Every
deadline is counted twice, and the earlier count stands.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from services.decision.policy.model import Finding
from shared.domain.case import CustodyCase, Detainer, DetainerStatus
from shared.domain.counted_twice import Count, Counted, counted, earliest_counted
from shared.domain.decision import Outcome
from shared.domain.events import HoldEnds, WindowTold
from shared.domain.facts import rulebook_facts
from shared.domain.fold import hold_end
from shared.domain.jurisdiction import Facility
from shared.domain.second_count import second_count
from shared.domain.window import ClockRule

#: Facts that move with time or with the answer itself: they do not make a reviewer's question another one.
_NOT_SHOWN = frozenset({"release_eligible", "hold_exhausted", "reviewer", "reviewer_decision"})
#: Outcomes under which ICE may know when release is due.
_RELEASE_TOLD = frozenset({Outcome.HOLD, Outcome.NOTIFY_ONLY})
#: The rule of a release that no person answered in time.
LAPSED = "review-lapsed"


class Law(Protocol):
    """The rulebook, as the judge needs it."""

    def evaluate(self, jurisdiction: str, as_of: Any, facts: Mapping[str, Any]) -> Finding:
        """Apply the policy of a place and date to facts."""
        ...

    def next_date(self, jurisdiction: str, after: Any) -> Any:
        """Give the next date on which the policy of a place changes, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a reviewer answered: ``honor`` or ``decline``, for which office, to which question."""

    answer: str
    office: str
    answered_at: datetime
    question_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands for a detainer before it is decided again."""

    outcome: Outcome
    policy: str
    rule: str
    facility_ori: str
    due_by: datetime
    #: The last window given, whether it still runs or not.
    window: WindowTold | None
    #: That window was taken away or closed by a decision; it is never opened again.
    spent: bool
    #: When release was due or expected.
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """All that the judge looks at."""

    case: CustodyCase
    detainer: Detainer
    facility: Facility
    parked_events: int
    standing: Standing | None
    answer: Answer | None
    #: The time zone data that deadlines are counted with, by name and version.
    tz_data: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is decided, with everything that is recorded of it."""

    finding: Finding
    facility_ori: str
    facts: Mapping[str, Any]
    as_of: datetime
    decided_by: str
    window: WindowTold | None
    ends: HoldEnds | None
    due_by: datetime
    ice_due_by: datetime
    came_late: bool
    release_at: datetime | None
    #: What a reviewer is asked of; None unless a person must decide.
    question: Mapping[str, Any] | None
    #: When this must be looked at again though nothing was heard.
    wake_at: datetime | None
    #: Deadlines that the second calculator did not confirm; an operator is told.
    doubts: tuple[Counted, ...] = ()

    def says_the_same(self, standing: Standing | None) -> bool:
        """Tell whether this is what stands already: same outcome, rule, place and window.

        Where ICE may know when release is due, it is told again when that moves; a window tells it by itself.
        """
        if standing is None or self.ends is not None:
            return False
        told_by = self.due_by == standing.due_by or self.finding.outcome is not Outcome.REVIEW
        stands = None if standing.spent else standing.window
        is_release_told = self.window is None and self.finding.outcome in _RELEASE_TOLD
        return (
            told_by
            and (self.release_at == standing.release_at or not is_release_told)
            and (self.finding.outcome, self.finding.policy, self.finding.rule)
            == (standing.outcome, standing.policy, standing.rule)
            and self.window == stands
            and self.facility_ori == standing.facility_ori
        )


def rule_on(matter: Matter, law: Law, now: datetime, *, second: Count = second_count) -> Ruling:
    """Decide one detainer at ``now``; every deadline is counted by ``second`` too, and the earlier instant stands."""
    as_of = _as_of(matter, now)
    answer = _answer_that_counts(matter)
    finding, facts = _apply(matter, law, as_of, answer, exhausted=False)
    clocks = _clocks(matter, finding, second)
    window, exhausted = _window(matter, clocks[0], now) if clocks else (None, False)
    if exhausted:
        finding, facts = _apply(matter, law, as_of, answer, exhausted=True)
    finding = _without_doubt(matter, finding, window)
    if finding.outcome is not Outcome.HOLD:
        window = None
    question = question_of(facts) if finding.outcome is Outcome.REVIEW else None
    if question is not None and _nothing_waits(matter.case, now):
        finding, question = _lapsed(finding), None
    two_days = counted(ClockRule.FED_48_BIZ, matter.detainer.lodged_at, matter.facility.time_zone, second=second)
    told_by = _told_by(matter.case, two_days.deadline.at)
    return Ruling(
        finding=finding,
        facility_ori=matter.facility.ori,
        facts=facts,
        as_of=as_of,
        decided_by=_decided_by(matter, law, as_of, facts, finding),
        window=window,
        ends=_ends(matter, window, now),
        due_by=told_by,
        ice_due_by=two_days.deadline.at,
        came_late=told_by <= matter.detainer.heard_at,
        release_at=_release_at(matter.case),
        question=question,
        wake_at=_wake_at(matter, law, as_of, now),
        doubts=tuple(one for one in (*clocks, two_days) if not one.agrees),
    )


def question_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts that a reviewer is shown; when one of them changes the question is asked again."""
    return {name: value for name, value in sorted(facts.items()) if name not in _NOT_SHOWN}


def question_digest(question: Mapping[str, Any]) -> bytes:
    """Give the digest by which an answer names the question it answers."""
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).digest()


def _as_of(matter: Matter, now: datetime) -> datetime:
    """Give the instant whose law and facts count: now, or when the person was gone, or the hold ran out."""
    ends = [now]
    if matter.case.gone:
        ends.append(matter.case.gone.at)
    ran = matter.standing.window if matter.standing and not matter.standing.spent else None
    if ran is not None:
        ends.append(ran.closes_at - timedelta(microseconds=1))
    return min(ends)


def _due_at(case: CustodyCase) -> datetime | None:
    """Give the instant a window would count from; none for who left before it."""
    if case.release_due is None or (case.gone and case.gone.at < case.release_due.due_at):
        return None
    return case.release_due.due_at


def _nothing_waits(case: CustodyCase, now: datetime) -> bool:
    due_at = case.release_due.due_at if case.release_due else None
    return case.gone is not None or (due_at is not None and due_at <= now)


def _answer_that_counts(matter: Matter) -> Answer | None:
    """Give the answer if it was given before release was due, whichever was heard first."""
    answer, case = matter.answer, matter.case
    if answer is None:
        return None
    if case.release_due and case.release_due.due_at <= answer.answered_at:
        return None
    if case.gone and case.gone.at <= answer.answered_at:
        return None
    return answer


def _apply(
    matter: Matter, law: Law, as_of: datetime, answer: Answer | None, *, exhausted: bool
) -> tuple[Finding, dict[str, Any]]:
    facility = matter.facility
    facts = rulebook_facts(
        matter.case,
        matter.detainer,
        agency=facility.agency.value,
        as_of=as_of,
        hold_exhausted=exhausted,
        reviewer_decision=None,
        reviewer=None,
        zone=facility.time_zone,
    )
    if matter.case.gone and matter.detainer.lodged_at >= matter.case.gone.at:
        facts["in_criminal_custody"] = False
    if answer is not None and answer.question_digest == question_digest(question_of(facts)):
        facts |= {"reviewer_decision": answer.answer, "reviewer": answer.office}
    return _evaluate(facility, law, as_of, facts), facts


def _evaluate(facility: Facility, law: Law, as_of: datetime, facts: Mapping[str, Any]) -> Finding:
    local = as_of.astimezone(ZoneInfo(facility.time_zone)).date()
    return law.evaluate(facility.jurisdiction, local, facts)


def _clocks(matter: Matter, finding: Finding, second: Count) -> tuple[Counted, ...]:
    """Count every clock of a hold, the one that ends it first; none where there is no window of ours to give."""
    opens_at = _due_at(matter.case)
    if finding.outcome is not Outcome.HOLD or finding.other_custody or opens_at is None:
        return ()
    receipt = max(matter.detainer.lodged_at, matter.detainer.issued_at)
    ends, every = earliest_counted(finding.clocks, opens_at, matter.facility.time_zone, receipt=receipt, second=second)
    return (ends, *(one for one in every if one is not ends))


def _window(matter: Matter, ends: Counted, now: datetime) -> tuple[WindowTold | None, bool]:
    """Give the window of a hold, and whether there is nothing left of it."""
    deadline, opens_at = ends.deadline, _due_at(matter.case)
    assert opens_at is not None  # noqa: S101 - a clock was counted from it
    before = matter.standing.window if matter.standing else None
    known = before is not None and before.opens_at == opens_at
    if known and matter.standing and matter.standing.spent:
        return None, True
    closes_at, clock, evidence = deadline.at, deadline.rule.value, _evidence(matter, ends)
    if known and before and before.closes_at <= closes_at:
        # Nothing stretches a window, whatever came since.
        closes_at, clock, evidence = before.closes_at, before.clock, dict(before.evidence)
    if closes_at <= opens_at or (not known and closes_at <= now):
        return None, True
    window = WindowTold(opens_at=opens_at, closes_at=closes_at, clock=clock, evidence=evidence)
    end = hold_end(matter.case, matter.detainer, opens_at)
    if end and end[0] < closes_at:
        window = replace(window, ended_at=end[0], ended_by=end[1])
    return window, False


def _evidence(matter: Matter, ends: Counted) -> dict[str, Any]:
    due, deadline = matter.case.release_due, ends.deadline
    start = {"source": due.event.source, "id": due.event.id} if due else None
    return {
        "start_event": start,
        "time_zone": deadline.zone,
        "tz_data": matter.tz_data,
        "calendar": deadline.calendar,
        "skipped": [
            {"from": span.start.isoformat(), "to": span.end.isoformat(), "why": span.why, "source": span.source}
            for span in deadline.skipped
        ],
        "second_count": ends.as_evidence(),
    }


def _without_doubt(matter: Matter, finding: Finding, window: WindowTold | None) -> Finding:
    """Turn a new hold into a question while something about the case is unread or does not fit together."""
    standing = matter.standing
    runs = standing is not None and not standing.spent and standing.window is not None and window is not None
    if finding.outcome is not Outcome.HOLD or finding.other_custody or runs or matter.case.gone:
        return finding
    if matter.parked_events:
        return _asked(finding, "parked-event")
    if matter.case.conflicts:
        return _asked(finding, "case-conflict")
    return finding


def _asked(finding: Finding, rule: str) -> Finding:
    return replace(finding, outcome=Outcome.REVIEW, rule=rule, clocks=())


def _lapsed(finding: Finding) -> Finding:
    """Nothing waits for a person once release is due: what would be REVIEW is RELEASE."""
    return replace(finding, outcome=Outcome.RELEASE, rule=LAPSED, clocks=())


def _told_by(case: CustodyCase, two_working_days: datetime) -> datetime:
    release = _release_at(case)
    return min(two_working_days, release) if release else two_working_days


def _release_at(case: CustodyCase) -> datetime | None:
    """Give when release is due, or else when the jail expects it."""
    return case.release_due.due_at if case.release_due else case.expected_release_at


def _decided_by(matter: Matter, law: Law, as_of: datetime, facts: Mapping[str, Any], finding: Finding) -> str:
    """Name the office whose answer made the outcome; what stands without the answer is the policy's."""
    if "reviewer_decision" not in facts or finding.outcome is Outcome.REVIEW or finding.rule == LAPSED:
        return "policy"
    without = _evaluate(matter.facility, law, as_of, {**facts, "reviewer_decision": None, "reviewer": None})
    return str(facts["reviewer"]) if without.rule != finding.rule else "policy"


def _ends(matter: Matter, window: WindowTold | None, now: datetime) -> HoldEnds | None:
    """Tell why the window that stood is no longer given; None if it goes on, or had run out before."""
    standing = matter.standing
    before = standing.window if standing and not standing.spent else None
    if before is None or (window is not None and window.opens_at == before.opens_at):
        return None
    end = hold_end(matter.case, matter.detainer, before.opens_at)
    if end is not None:
        at, by = end
    else:
        at, by = now, "retracted" if _is_retracted(matter.case, before) else "superseded"
    return HoldEnds(at=at, by=by) if at < before.closes_at else None


def _is_retracted(case: CustodyCase, before: WindowTold) -> bool:
    return case.release_due is None or case.release_due.due_at > before.opens_at


def _wake_at(matter: Matter, law: Law, as_of: datetime, now: datetime) -> datetime | None:
    case, facility = matter.case, matter.facility
    if case.gone or matter.detainer.status is not DetainerStatus.ACTIVE or as_of < now:
        return None
    zone = ZoneInfo(facility.time_zone)
    instants = []
    if case.release_due and case.release_due.due_at > now:
        instants.append(case.release_due.due_at)
    changes_on = law.next_date(facility.jurisdiction, as_of.astimezone(zone).date())
    if changes_on is not None:
        instants.append(datetime(changes_on.year, changes_on.month, changes_on.day, tzinfo=zone))
    return min(instants, default=None)
