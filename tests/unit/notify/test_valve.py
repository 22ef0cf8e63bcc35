"""How many notices are normal, what waits, and what never does."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.notify.dossier import Kind, Notice
from services.notify.valve import Candidate, Flow, Limits, Scope, Sifted, may_wait, sift
from tests.support.decisions import CLOSES, DUE, NOW, ORI, a_decision
from tests.unit.notify.test_plan_answers import heard

POLICY = "ct-commissioner-2012@1"
FACILITY_KEY, POLICY_KEY = (Scope.FACILITY, ORI), (Scope.POLICY, POLICY)
LIMITS = Limits(facility=3, policy=5)
QUIET = Flow(waits={}, ends={})


def some(count: int, kind: Kind = Kind.DECISION, outcome: str = "HOLD", first: int = 0) -> list[Candidate]:
    """Give so many units, each told to jail and ICE."""
    made = []
    for number in range(first, first + count):
        for notice in heard(a_decision(outcome=outcome)).notices:
            told = replace(notice, kind=kind, decision_id=UUID(int=number), outcome=outcome)
            made.append(Candidate(told, POLICY))
    return made


def sifted(candidates: list[Candidate], flow: Flow = QUIET, limits: Limits = LIMITS) -> Sifted:
    """Sift at the plain instant."""
    return sift(candidates, flow, limits, NOW)


def test_up_to_the_limit_everything_goes() -> None:
    """Three decisions, six notices, none of them waits; each is counted once."""
    made = sifted(some(3))
    assert (made.held, made.bursts) == ({}, [])
    assert made.waits_counted == {FACILITY_KEY: 3, POLICY_KEY: 3}


def test_what_is_beyond_the_limit_waits_with_both_its_copies() -> None:
    """Jail and ICE are never told apart."""
    candidates = some(4)
    made = sifted(candidates)
    assert made.bursts == [FACILITY_KEY]
    assert set(made.held) == {each.notice.id for each in candidates[6:]}


def test_what_went_before_counts() -> None:
    """Two in the minutes before leave room for one."""
    made = sifted(some(2), replace(QUIET, waits={FACILITY_KEY: 2}))
    assert len(made.held) == 2


def test_once_shut_everything_that_follows_waits_and_nobody_is_called_again() -> None:
    """Until a person has spoken."""
    made = sifted(some(1), replace(QUIET, shut=frozenset({FACILITY_KEY})))
    assert (len(made.held), made.bursts) == (2, [])


def test_what_a_person_lets_pass_passes() -> None:
    """A burst that is known to be right does not call a second time."""
    made = sifted(some(9), replace(QUIET, let_pass=frozenset({FACILITY_KEY, POLICY_KEY})))
    assert (made.held, made.bursts) == ({}, [])


def test_one_policy_at_many_facilities_is_a_burst_of_its_own() -> None:
    """A broken page of the rulebook is seen though no single jail has much of it."""
    candidates = [
        replace(each, notice=replace(each.notice, facility_ori=f"CT{number}"))
        for number, each in enumerate(some(6)[::2])
    ]
    assert sifted(candidates).bursts == [POLICY_KEY]


def test_zero_is_no_limit() -> None:
    """Load tests and imports switch it off."""
    assert sifted(some(50), limits=Limits(facility=0, policy=0)) == Sifted()


@pytest.mark.parametrize(
    ("kind", "outcome", "waits"),
    [
        (Kind.DECISION, "HOLD", True),
        (Kind.DECISION, "RELEASE", True),
        (Kind.HOLD_OPENED, "HOLD", True),
        (Kind.CORRECTION, "HOLD", True),
        (Kind.CORRECTION, "RELEASE", False),
        (Kind.CORRECTION, "REVIEW", False),
        (Kind.HOLD_CLOSING, "HOLD", False),
        (Kind.HOLD_ENDED, "HOLD", False),
        (Kind.UNMATCHED, None, False),
        (Kind.RECALL, None, False),
    ],
)
def test_nothing_that_takes_a_hold_away_ever_waits(kind: Kind, outcome: str | None, *, waits: bool) -> None:
    """Corrections to anything but HOLD, warnings, ends and recalls go out whatever their number."""
    notice: Notice = heard(a_decision()).notices[0]
    assert may_wait(replace(notice, kind=kind, outcome=outcome)) is waits


def test_an_abnormal_number_of_ends_goes_out_and_is_told_once() -> None:
    """The hold ends whatever we think of it; a person looks why."""
    made = sifted(some(6, Kind.HOLD_ENDED))
    assert (made.held, made.ends) == ({}, [FACILITY_KEY, POLICY_KEY])
    again = sifted(some(1, Kind.HOLD_ENDED, first=6), replace(QUIET, ends=made.ends_counted))
    assert again.ends == []


def test_what_keeps_nobody_waits_until_shortly_before_it_is_due_and_a_hold_for_a_person() -> None:
    """Silence is no answer; but no hold is told on a doubt."""
    shut = replace(QUIET, shut=frozenset({FACILITY_KEY}))
    assert {until for _, until in sifted(some(1, outcome="RELEASE"), shut).held.values()} == {
        DUE - timedelta(minutes=15)
    }
    assert {until for _, until in sifted(some(1), shut).held.values()} == {None}
    late = sift(some(1, outcome="RELEASE"), shut, LIMITS, CLOSES)
    assert {until for _, until in late.held.values()} == {CLOSES}
