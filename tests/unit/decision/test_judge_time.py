"""How time, doubt and repetition enter a ruling."""

from dataclasses import replace
from datetime import datetime, timedelta

from services.decision.policy.model import finding_as_json
from shared.domain.case import HeardEvent
from shared.domain.decision import Outcome
from shared.outbox.journal import canonical
from tests.support.builders import (
    DUE,
    LODGED,
    a_booking,
    a_detainer,
    a_match,
    a_release_due,
    a_schedule,
    at,
)
from tests.unit.decision.matters import (
    ASKED,
    RELEASE_DUE,
    a_hold,
    a_matter,
    answered,
    ruled,
    standing_of,
)


def test_due_by_is_two_working_days_or_the_release_if_sooner() -> None:
    """Lodged on Wednesday at 10:30, told by Friday at 10:30; ICE's own date never tells a release."""
    two_days = at("2012-02-24 10:30")
    cases: list[tuple[tuple[HeardEvent, ...], datetime]] = [
        ((), two_days),
        ((RELEASE_DUE,), two_days),
        ((a_release_due("2012-02-23 17:00"),), at("2012-02-23 17:00")),
        ((a_schedule("2012-02-22 12:00", expected="2012-02-23 08:00"),), at("2012-02-23 08:00")),
    ]
    for events, due_by in cases:
        ruling = ruled(a_matter(*ASKED, *events), "2012-02-22 13:00")
        assert (ruling.due_by, ruling.ice_due_by) == (due_by, two_days)
        assert not ruling.came_late


def test_what_was_heard_after_it_was_due_came_late() -> None:
    """Lodged in the sender's world long before we heard of it: the deadline does not stretch, and it says so."""
    late = a_detainer(LODGED, heard_at=at("2012-02-24 10:30"))
    ruling = ruled(a_matter(a_booking(), a_match(), late), "2012-02-24 10:30")
    assert (ruling.due_by, ruling.came_late) == (at("2012-02-24 10:30"), True)


def test_a_change_of_the_law_wakes_the_judge() -> None:
    """The Commissioner's regime ends with 2012-04-15: on the next local midnight it is decided again."""
    assert ruled(a_matter(*ASKED), "2012-02-22 11:00").wake_at == at("2012-04-16 00:00")


def test_the_law_is_that_of_the_jails_local_date() -> None:
    """Late in the evening of 2012-04-15 in Connecticut it is the 16th in Greenwich, and still the old law."""
    matter = a_matter(*ASKED)
    assert ruled(matter, "2012-04-15 23:59").finding.policy == "ct-commissioner-2012@1"
    assert ruled(matter, "2012-04-16 00:00").finding.policy == "ct-ad93-2012@1"


def test_the_same_again_is_not_news() -> None:
    """Same outcome, rule, place and window: noted, not decided anew. A review's new due_by is news."""
    matter = a_matter(*ASKED)
    first = ruled(matter, "2012-02-22 11:00")
    again = ruled(replace(matter, standing=standing_of(first)), "2012-02-22 12:00")
    assert again.says_the_same(standing_of(first))
    assert not again.says_the_same(None)
    other = {
        "rule": "another",
        "policy": "another@1",
        "outcome": Outcome.RELEASE,
        "facility_ori": "CT0002300",
        "due_by": first.due_by - timedelta(hours=1),
    }
    for name, value in other.items():
        assert not again.says_the_same(standing_of(first, **{name: value})), name


def test_a_release_that_moves_is_news_where_ice_may_know_it() -> None:
    """A HOLD before release is due tells when that is expected; a question tells nothing of it."""
    asked = a_matter(*ASKED, a_schedule())
    for matter, is_news in ((answered(asked, "honor"), True), (answered(asked, "decline"), False)):
        first = ruled(matter, "2012-02-23 18:00")
        assert first.release_at == at(DUE)
        moved = ruled(replace(matter, standing=standing_of(first)), "2012-02-23 18:00")
        earlier = standing_of(first, release_at=at(DUE) - timedelta(hours=1))
        assert moved.says_the_same(standing_of(first))
        assert moved.says_the_same(earlier) is not is_news


def test_the_same_file_gives_the_same_bytes() -> None:
    """Deciding again from the same file gives the same ruling, to the last byte of its explanation."""
    matter, ruling = a_hold()
    again = ruled(matter, "2012-02-24 18:00")
    assert canonical(finding_as_json(again.finding)) == canonical(finding_as_json(ruling.finding))
    assert again == ruling


def test_an_unread_event_makes_no_new_hold() -> None:
    """What is parked might end it: a new hold waits as a question, one that runs goes on."""
    matter, ruling = a_hold()
    parked = replace(matter, parked_events=1)
    asked = ruled(parked, "2012-02-24 12:00")
    assert (asked.finding.outcome, asked.finding.rule) == (Outcome.REVIEW, "parked-event")
    assert (asked.window, asked.decided_by) == (None, "policy")
    runs = ruled(replace(parked, standing=standing_of(ruling)), "2012-02-24 18:00")
    assert (runs.finding.outcome, runs.window) == (Outcome.HOLD, ruling.window)


def test_an_unread_event_at_release_due_is_release() -> None:
    """Doubt never turns into a hold: at the instant of release due it turns into release."""
    matter, _ = a_hold()
    ruling = ruled(replace(matter, parked_events=1), DUE)
    assert (ruling.finding.outcome, ruling.finding.rule) == (Outcome.RELEASE, "review-lapsed")
    assert ruling.decided_by == "policy"
