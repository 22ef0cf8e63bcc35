"""What ICE's events make of a case, and what ends a hold."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.case import Custody, Detainer, DetainerStatus, HeardEvent
from shared.domain.fold import fold, hold_end
from tests.support.builders import (
    DETAINER,
    DUE,
    LODGED,
    a_booking,
    a_cancellation,
    a_claim,
    a_detainer,
    a_match,
    a_person,
    a_pick_up,
    a_release,
    a_service,
    at,
)


def the_detainer(*events: HeardEvent) -> Detainer:
    """Fold the events with a booking, and give their one detainer."""
    (detainer,) = fold([a_booking(), *events]).detainers
    return detainer


def test_lodged_detainer_is_active() -> None:
    """A form that came in stands with what it says."""
    detainer = the_detainer(a_detainer())
    assert detainer.status is DetainerStatus.ACTIVE
    assert (detainer.detainer_id, detainer.form) == (DETAINER, "I-247")
    assert detainer.requests == ("hold", "notify")
    assert detainer.lodged_at == detainer.issued_at == at(LODGED)
    assert not detainer.served
    assert detainer.facially_sufficient
    assert detainer.ended_at is None


def test_cancellation_ends_it() -> None:
    """A cancelled detainer says since when, and when we heard of it."""
    cancelled = a_cancellation()
    detainer = the_detainer(a_detainer(), cancelled)
    assert detainer.status is DetainerStatus.CANCELLED
    assert (detainer.ended_at, detainer.ended_heard_at) == (cancelled.time, cancelled.heard_at)


def test_cancellation_before_its_detainer_waits_for_it() -> None:
    """A cancellation whose clock ran ahead still cancels."""
    early = a_cancellation("2012-02-22 10:29")
    assert the_detainer(a_detainer(), early).status is DetainerStatus.CANCELLED
    assert fold([a_booking(), early]).detainers == ()


def test_form_that_cancels_lodges_nothing() -> None:
    """The same form with the cancel box ticked is a cancellation of the one it names."""
    box = a_detainer("2012-02-23 10:30", detainer_id="HAR-2012-000999", cancels=DETAINER)
    detainer = the_detainer(a_detainer(), box)
    assert detainer.detainer_id == DETAINER
    assert detainer.status is DetainerStatus.CANCELLED


def test_cancelling_one_leaves_the_other() -> None:
    """Each detainer has its own end."""
    other = a_detainer("2012-02-22 11:00", detainer_id="HAR-2")
    case = fold([a_booking(), a_detainer(), other, a_cancellation()])
    assert [detainer.status for detainer in case.detainers] == [
        DetainerStatus.CANCELLED,
        DetainerStatus.ACTIVE,
    ]


def test_lodged_again_after_cancellation_is_for_a_person() -> None:
    """A cancelled detainer does not rise again under its id: a hold never comes of doubt."""
    case = fold([a_booking(), a_detainer(), a_cancellation(), a_detainer("2012-02-27 15:00")])
    assert case.detainers[0].status is DetainerStatus.CANCELLED
    assert [conflict.kind for conflict in case.conflicts] == ["lodged_after_cancelled"]


def test_departure_leaves_nothing_to_ask_for() -> None:
    """A detainer active when the person leaves is over from that instant."""
    release = a_release()
    detainer = the_detainer(a_detainer(), release)
    assert detainer.status is DetainerStatus.OVER
    assert (detainer.ended_at, detainer.ended_heard_at) == (release.time, release.heard_at)


def test_cancelled_after_departure_is_over() -> None:
    """A cancellation counts as one only if the person was still there."""
    later = a_cancellation("2012-02-27 12:00")
    assert the_detainer(a_detainer(), a_pick_up(), later).status is DetainerStatus.OVER
    together = a_cancellation("2012-02-27 11:00")
    assert the_detainer(a_detainer(), a_pick_up(), together).status is DetainerStatus.OVER


def test_lodged_after_departure_stays_visible() -> None:
    """A form that comes too late is seen, and holds nobody."""
    detainer = the_detainer(a_release(), a_detainer("2012-02-29 10:00"))
    assert detainer.status is DetainerStatus.OVER


def test_reissued_form_amends() -> None:
    """The answer is still owed since the first form; what is asked is what the latest says."""
    detainer = the_detainer(
        a_detainer(),
        a_detainer("2012-02-23 10:00", form="I-247A", warrants=[{"kind": "administrative", "form": "I-200"}]),
    )
    assert detainer.lodged_at == at(LODGED)
    assert (detainer.form, detainer.ice_admin_warrant) == ("I-247A", "I-200")
    assert detainer.issued_at == at("2012-02-23 10:00")


def test_service_is_noted() -> None:
    """A served copy counts for its own detainer alone."""
    assert the_detainer(a_detainer(), a_service()).served
    assert not the_detainer(a_detainer(), a_service(detainer_id="HAR-2")).served


@pytest.mark.parametrize("said", [{"form": "I-999"}, {"form": None}, {"basis": "a hunch"}])
def test_unknown_marks_are_for_a_person(said: dict[str, Any]) -> None:
    """A form that nobody knows is kept as it is, and is not sufficient on its face."""
    assert not the_detainer(a_detainer(**said)).facially_sufficient


@pytest.mark.parametrize(
    ("form", "requests", "is_sufficient"),
    [
        ("I-247A", ["notify"], False),
        ("I-247A", ["hold"], True),
        ("I-247A", None, True),
        ("I-247N", ["notify"], True),
    ],
)
def test_hold_must_be_asked_for(form: str, requests: list[str] | None, *, is_sufficient: bool) -> None:
    """A hold form on which the hold is not asked for needs a person; a notice form never asks."""
    detainer = the_detainer(a_detainer(form=form, requests=requests))
    assert detainer.facially_sufficient is is_sufficient


def test_heard_first_counts() -> None:
    """An event sent twice was heard when it came first, wherever it stands in the list."""
    heard = at(LODGED) + timedelta(minutes=1)
    again = a_detainer(heard_at=heard + timedelta(days=1))
    assert the_detainer(again, a_detainer(heard_at=heard)).heard_at == heard
    assert the_detainer(a_detainer(heard_at=heard), again).heard_at == heard


CRIMINAL = {"kind": "judicial", "type": "criminal_arrest_warrant", "issuer": "US Magistrate Judge"}
CIVIL = {**CRIMINAL, "type": "judge_signed_civil_detention_warrant"}


def test_verified_criminal_warrant_wins() -> None:
    """Of two papers the one that carries most is the case's, whatever their order."""
    papers = [{**CIVIL, "verified": True}, {**CRIMINAL, "verified": True}]
    for warrants in (papers, papers[::-1]):
        told = the_detainer(a_detainer(warrants=warrants)).judicial_warrant
        assert told == {
            "type": "criminal_arrest_warrant",
            "issuer": "US Magistrate Judge",
            "verified": True,
        }


def test_verified_civil_paper_beats_an_unverified_criminal_one() -> None:
    """What nobody verified is no warrant, so it hides none."""
    warrants = [{**CRIMINAL, "verified": False}, {**CIVIL, "verified": True}]
    told = the_detainer(a_detainer(warrants=warrants)).judicial_warrant
    assert told is not None
    assert told["type"] == "judge_signed_civil_detention_warrant"


def test_administrative_form_is_never_judicial() -> None:
    """An I-200 called a judge's warrant is still signed by an officer."""
    detainer = the_detainer(a_detainer(warrants=[{**CRIMINAL, "form": "I-200", "verified": True}]))
    assert detainer.judicial_warrant is None
    assert detainer.ice_admin_warrant == "I-200"


def test_unknown_paper_is_claimed_only() -> None:
    """A type of paper that nobody knows carries nothing until a person has seen it."""
    told = the_detainer(a_detainer(warrants=[{**CRIMINAL, "type": "writ", "verified": True}])).judicial_warrant
    assert told == {"type": "claimed", "issuer": "US Magistrate Judge", "verified": False}


def test_hold_ends_with_the_first_thing_that_ends_it() -> None:
    """Verified citizenship came before the cancellation, and that before the pick-up."""
    claim = a_claim("2012-02-25 09:00", claim="verified")
    cancelled = a_cancellation("2012-02-26 09:00")
    case = fold([a_booking(), a_detainer(), claim, cancelled, a_pick_up()])
    assert hold_end(case, case.detainers[0], at(DUE)) == (claim.time, "citizenship")
    assert hold_end(case, case.detainers[0], claim.time) == (claim.time, "citizenship")
    after = claim.time + timedelta(seconds=1)
    assert hold_end(case, case.detainers[0], after) == (cancelled.time, "cancelled")


def test_ends_of_one_instant_have_one_order() -> None:
    """Pick-up, release, cancelled, citizenship: the same answer whoever reported first."""
    when = "2012-02-27 11:00"
    events = [a_booking(), a_detainer(), a_claim(when, claim="verified"), a_release(when), a_pick_up(when)]
    case = fold(events)
    assert hold_end(case, case.detainers[0], at(DUE)) == (at(when), "pick_up")
    case = fold(events[:4])
    assert hold_end(case, case.detainers[0], at(DUE)) == (at(when), "release")
    case = fold([*events[:3], a_cancellation(when)])
    assert hold_end(case, case.detainers[0], at(DUE)) == (at(when), "cancelled")


def test_nothing_ended_it() -> None:
    """A hold that only the clock can end has no other end."""
    case = fold([a_booking(), a_detainer(), a_claim()])
    assert hold_end(case, case.detainers[0], at(DUE)) is None


STRANGER = a_person(family_name="Muster", given_names="Luis", birth_date="1979-11-21")
OTHER_IDS = {"fin": "9999999999", "a_number": None}


@pytest.mark.parametrize(
    ("said", "is_match"),
    [
        ({}, True),
        ({"person": STRANGER}, True),
        ({"person": STRANGER, "ids": {}}, False),
        ({"ids": OTHER_IDS}, False),
        ({"ids": {**OTHER_IDS, "a_number": "A12345678"}}, True),
        ({"ids": {}, "person": {"family_name": "Muster"}}, False),
        ({"ids": {}, "person": None}, True),
    ],
)
def test_whom_the_detainer_means(said: dict[str, Any], is_match: bool) -> None:
    """Strong numbers come first, then the birth date; a name alone speaks where nothing else does."""
    match = a_match(ids={"fin": "1122334455", "a_number": "A012345678"})
    assert the_detainer(match, a_detainer(**said)).matches_inmate is is_match


def test_numbers_of_a_withdrawn_match_prove_nothing() -> None:
    """Without the match's number the differing birth dates decide."""
    case = fold(
        [
            a_booking(),
            a_match(),
            a_detainer(person=STRANGER),
            a_match(id="w", when="2012-02-22 09:00", result="no_match", tcn="DHS2"),
        ]
    )
    assert case.detainers[0].matches_inmate
    assert not the_detainer(a_detainer(person=STRANGER)).matches_inmate


def test_detainer_without_booking_disagrees_with_nobody() -> None:
    """As long as nobody is booked there is nobody to compare."""
    case = fold([a_detainer()])
    assert case.custody is Custody.AWAITED
    assert case.detainers[0].matches_inmate
