"""What the jail's events make of a case."""

from typing import Any

import msgspec
import pytest

from shared.domain.case import Citizenship, Custody, CustodyCase, Departure, HeardEvent, Stay
from shared.domain.fold import fold
from tests.support.builders import (
    BOOKED,
    DUE,
    GONE,
    NUMBER,
    ORI,
    OTHER_NUMBER,
    OTHER_ORI,
    a_bond_change,
    a_booking,
    a_cancellation,
    a_charge,
    a_claim,
    a_detainer,
    a_match,
    a_person,
    a_pick_up,
    a_release,
    a_release_due,
    a_retraction,
    a_schedule,
    a_transfer,
    a_withdrawal,
    at,
    facts_told,
    wire_time,
)


def conflicts(*events: HeardEvent) -> list[str]:
    """Name the conflicts that these events make."""
    return [conflict.kind for conflict in fold(events).conflicts]


def test_nothing_heard_of_booking_is_awaited() -> None:
    """A detainer alone makes no custody."""
    assert fold([a_detainer()]).custody is Custody.AWAITED


def test_booking_opens_the_chain() -> None:
    """The first stay counts from the booking's own instant."""
    case = fold([a_booking(expected_release_at=wire_time(DUE))])
    assert case.custody is Custody.IN_CUSTODY
    assert case.chain == (Stay(ori=ORI, booking_number=NUMBER, since=at(BOOKED)),)
    assert case.expected_release_at == at(DUE)


def test_silence_is_unknown_and_not_no() -> None:
    """What can be unknown and was not told is null, in facts, charges and convictions."""
    case = fold([a_booking(charges=[a_charge()], convictions=[{"offense": "larceny"}], facts={"age": 34})])
    assert case.facts == {
        "age": 34,
        "gang_database": None,
        "terrorist_screening_match": None,
        "public_safety_risk_finding": None,
    }
    assert case.charges[0]["level"] == "misdemeanor"
    assert case.charges[0]["indictable"] is None
    assert case.convictions[0] == {
        "offense": "larceny",
        "level": None,
        "class": None,
        "date": None,
        "wobbler": None,
        "violent": None,
        "indictable": None,
        "violent_or_serious": None,
        "listed_7282_5_a3": None,
        "ct_pa25_29_listed": None,
    }


def test_facts_merge_key_by_key() -> None:
    """A later event changes what it names and leaves the rest."""
    case = fold(
        [
            a_booking(facts={"gang_database": False, "outstanding_warrant": False}),
            facts_told(facts={"gang_database": True}),
        ]
    )
    assert case.facts["gang_database"] is True
    assert case.facts["outstanding_warrant"] is False


def test_charges_merge_by_sequence_and_field() -> None:
    """A dismissal of charge 1 leaves its offense, and charge 2."""
    case = fold(
        [
            a_booking(charges=[a_charge(), a_charge(sequence=2, offense="assault 3")]),
            facts_told(charges=[{"sequence": 1, "status": "dismissed"}]),
        ]
    )
    told = [(charge["offense"], charge["status"]) for charge in case.charges]
    assert told == [("breach of peace 2", "dismissed"), ("assault 3", "pending")]


def test_convictions_are_a_whole_list() -> None:
    """A list replaces the one before it; an event without one leaves it."""
    case = fold(
        [
            a_booking(convictions=[{"offense": "a"}]),
            facts_told(convictions=[{"offense": "b"}]),
            facts_told("2012-02-22 16:00", facts={}),
        ]
    )
    assert [conviction["offense"] for conviction in case.convictions] == ["b"]


def test_second_booking_amends() -> None:
    """The same booking told again adds what it knows."""
    case = fold([a_booking(), a_booking(id="again", facts={"prior_removal": True})])
    assert case.facts["prior_removal"] is True
    assert case.conflicts == ()


@pytest.mark.parametrize(
    "said",
    [
        {"booked_at": wire_time("2012-02-22 04:00")},
        {"person": a_person(family_name="Muster", birth_date="1979-11-21")},
    ],
)
def test_number_used_twice(said: dict[str, Any]) -> None:
    """Another booking instant, or another name with another birth date, is another person's booking."""
    plain = {"booked_at": wire_time(BOOKED), "facts": {"prior_removal": True}}
    again = a_booking("2012-02-22 05:00", **{**plain, **said})
    assert conflicts(a_booking(), again) == ["number_used_twice"]
    assert "prior_removal" not in fold([a_booking(), again]).facts


@pytest.mark.parametrize("said", [{"family_name": "Ejemplo"}, {"birth_date": "1984-03-05"}])
def test_one_mended_detail_is_no_other_person(said: dict[str, str]) -> None:
    """A corrected name or a corrected birth date alone amends."""
    again = a_booking("2012-02-22 05:00", booked_at=wire_time(BOOKED), person=a_person(**said))
    assert conflicts(a_booking(), again) == []


def test_transfer_joins_the_chain() -> None:
    """The new facility's stay counts from the transfer."""
    case = fold([a_booking(), a_transfer()])
    assert case.chain[-1] == Stay(ori=OTHER_ORI, booking_number=OTHER_NUMBER, since=at("2012-02-23 08:00"))


def test_booking_at_the_new_facility_is_no_second_use() -> None:
    """After a transfer the new jail books under its own number and at its own instant."""
    there = a_booking("2012-02-23 09:00", facility_ori=OTHER_ORI, booking_number=OTHER_NUMBER)
    case = fold([a_booking(), a_transfer(), there])
    assert case.conflicts == ()
    assert case.booked_at == at(BOOKED)
    assert len(case.chain) == 2


def test_earliest_release_due_counts() -> None:
    """A later release due never moves the instant back."""
    case = fold([a_booking(), a_release_due(), a_release_due("2012-02-24 19:00")])
    assert case.custody is Custody.RELEASE_DUE
    assert case.release_due is not None
    assert case.release_due.due_at == at(DUE)


def test_retraction_takes_one_back() -> None:
    """What was entered in error goes; what another event said stays."""
    early, late = a_release_due(), a_release_due("2012-02-24 19:00")
    case = fold([a_booking(), early, late, a_retraction(early)])
    assert case.release_due is not None
    assert case.release_due.event.id == late.id
    assert fold([a_booking(), early, a_retraction(early)]).custody is Custody.IN_CUSTODY


def test_only_the_same_source_takes_back() -> None:
    """Another sender's event of that id is another event."""
    due = a_release_due()
    case = fold([a_booking(), due, a_retraction(due, source="/jails/elsewhere")])
    assert case.custody is Custody.RELEASE_DUE


def test_bond_refused_for_the_detainer_ends_state_authority_at_the_tender() -> None:
    """Who could have paid and gone is held on the detainer from then on."""
    tender = a_bond_change()
    refusal = a_bond_change("2012-02-23 16:50", change="refused", refused_reason="ICE_hold")
    case = fold([a_booking(), tender, refusal])
    assert case.release_due is not None
    assert case.release_due.due_at == tender.time
    assert case.release_due.heard_at == refusal.heard_at


@pytest.mark.parametrize("reason", ["detainer", "Immigration hold.", "has an I-247"])
def test_words_for_the_detainer(reason: str) -> None:
    """However the desk spells it, the detainer is meant."""
    refusal = a_bond_change(change="refused", refused_reason=reason)
    due = fold([a_booking(), refusal]).release_due
    assert due is not None
    assert due.due_at == refusal.time


@pytest.mark.parametrize("reason", [None, "cash only", "other county's warrant", "no dice", "bond no. 247"])
def test_bond_refused_for_another_reason_ends_nothing(reason: str | None) -> None:
    """Only the detainer's own effect opens a window."""
    refusal = a_bond_change(change="refused", refused_reason=reason)
    assert fold([a_booking(), refusal]).release_due is None


def test_bond_posted_is_posted_for_the_charges() -> None:
    """After bond is posted no charge awaits it."""
    case = fold([a_booking(charges=[a_charge()]), a_bond_change(change="posted")])
    assert case.charges[0]["bond_posted"] is True


def test_last_schedule_counts() -> None:
    """The latest expectation replaces the one before."""
    case = fold([a_booking(expected_release_at=wire_time(GONE)), a_schedule()])
    assert case.expected_release_at == at(DUE)


def test_schedule_can_be_taken_back() -> None:
    """No expectation is better than a wrong one."""
    taken_back = a_schedule("2012-02-23 18:00", expected_at=None)
    assert fold([a_booking(), a_schedule(), taken_back]).expected_release_at is None


def test_first_departure_counts() -> None:
    """ICE took the person at eleven; the jail's note of the next day changes nothing."""
    case = fold([a_booking(), a_pick_up(), a_release()])
    assert case.custody is Custody.GONE
    assert case.gone is not None
    assert (case.gone.how, case.gone.at) == (Departure.PICK_UP, at("2012-02-27 11:00"))


def test_release_to_ice_is_a_pick_up() -> None:
    """The jail's word that ICE took the person is as good as ICE's."""
    gone = fold([a_booking(), a_release(released_to="ICE")]).gone
    assert gone is not None
    assert gone.how is Departure.PICK_UP


def test_facts_after_departure_change_nothing() -> None:
    """What is told of the time after is no fact of this custody."""
    before = [a_booking(), a_detainer(), a_release()]
    after = [
        facts_told("2012-02-29 09:00", facts={"gang_database": True}),
        a_claim("2012-02-29 09:00", claim="verified"),
        a_release_due("2012-02-29 09:00"),
        a_cancellation("2012-02-29 09:00"),
        a_booking("2012-02-29 09:00", booked_at=wire_time(BOOKED), facts={"age": 34}),
    ]
    assert fold(before + after) == fold(before)


def test_booking_told_after_departure() -> None:
    """A booking that the jail reports only afterwards is still the booking."""
    late = a_booking("2012-02-29 09:00", booked_at=wire_time(BOOKED), facts={"age": 34})
    case = fold([late, a_release()])
    assert case.conflicts == ()
    assert (case.booked_at, case.facts["age"]) == (at(BOOKED), 34)


def test_released_but_not_booked() -> None:
    """A departure without a booking is a conflict, and vanishes when the booking is heard of."""
    assert conflicts(a_release()) == ["released_not_booked"]
    assert conflicts(a_release(), a_booking()) == []


def test_released_then_booked() -> None:
    """A person cannot be booked into a custody that is over; no hold comes of it."""
    case = fold([a_booking("2012-02-29 01:00"), a_release()])
    assert [conflict.kind for conflict in case.conflicts] == ["booked_after_gone"]
    assert case.custody is Custody.GONE


def test_released_from_where_the_person_no_longer_was() -> None:
    """The old jail's note of a departure after the transfer ends the hold, and a person looks."""
    case = fold([a_booking(), a_transfer(), a_release()])
    assert case.custody is Custody.GONE
    assert [conflict.kind for conflict in case.conflicts] == ["released_elsewhere"]
    there = a_release(facility_ori=OTHER_ORI, booking_number=OTHER_NUMBER)
    assert conflicts(a_booking(), a_transfer(), there) == []


def test_transfer_of_nobody_booked() -> None:
    """A transfer before any booking is known is a conflict."""
    assert conflicts(a_transfer()) == ["transferred_not_booked"]


@pytest.mark.parametrize("result", ["no_match", "error", "pending"])
def test_only_a_match_is_a_match(result: str) -> None:
    """An error or silence is never read as a match."""
    assert fold([a_booking(), a_match(result=result)]).matched is False


def test_withdrawn_match_is_none() -> None:
    """The answer's own number takes it back, even where the withdrawal bears an earlier time."""
    assert fold([a_booking(), a_match()]).matched is True
    assert fold([a_booking(), a_match(), a_withdrawal()]).matched is False
    assert fold([a_booking(), a_match(), a_withdrawal("2012-02-22 05:00")]).matched is False


def test_citizenship_is_the_latest_word() -> None:
    """Proof follows the assertion; a repeated claim stands since it was first made."""
    case = fold(
        [
            a_booking(),
            a_claim("2012-02-23 09:00"),
            a_claim("2012-02-23 10:00", claim="proof_provided"),
            a_claim("2012-02-23 11:00", claim="proof_provided"),
        ]
    )
    assert case.citizenship == Citizenship(claim="proof_provided", at=at("2012-02-23 10:00"))


def test_verified_citizenship_is_not_undone_by_a_new_claim() -> None:
    """Only the jail's "none" takes a verification back."""
    verified = [a_booking(), a_claim("2012-02-23 09:00", claim="verified")]
    again = fold([*verified, a_claim("2012-02-23 10:00")])
    assert again.citizenship == Citizenship(claim="verified", at=at("2012-02-23 09:00"))
    withdrawn = fold([*verified, a_claim("2012-02-23 10:00", claim="none")])
    assert withdrawn.citizenship is not None
    assert withdrawn.citizenship.claim == "none"


@pytest.mark.parametrize(("proof", "doubt"), [("a", "b"), ("b", "a")])
def test_of_proof_and_its_withdrawal_at_one_instant_the_proof_counts(proof: str, doubt: str) -> None:
    """What ends a hold counts last, whatever the two are called: doubt never turns into one."""
    moment = "2012-02-23 09:00"
    verified, withdrawn = a_claim(moment, id=proof, claim="verified"), a_claim(moment, id=doubt, claim="none")
    case = fold([a_booking(), verified, withdrawn])
    assert case.citizenship == Citizenship(claim="verified", at=at(moment))


def test_sequence_orders_events_of_one_instant() -> None:
    """Numbers count as numbers: 10 comes after 9."""
    case = fold(
        [
            a_booking(),
            facts_told(id="a", sequence="10", facts={"age": 10}),
            facts_told(id="b", sequence="9", facts={"age": 9}),
        ]
    )
    assert case.facts["age"] == 10


def test_what_ends_a_hold_counts_last_at_one_instant() -> None:
    """A fact of the instant of release still belongs to this custody."""
    case = fold([a_booking(), a_release(), facts_told(GONE, facts={"age": 34})])
    assert case.facts["age"] == 34


def test_case_survives_json() -> None:
    """A stored case reads back equal, builtins and bytes alike."""
    case = fold(
        [
            a_booking(charges=[a_charge()], convictions=[{"offense": "a"}], facts={"age": 34}),
            a_transfer(),
            a_match(),
            a_detainer(warrants=[{"kind": "judicial", "type": "claimed", "verified": False}]),
            a_claim(),
            a_release_due(),
            a_pick_up(),
            a_transfer("2012-02-29 09:00"),
            a_release("2012-02-22 03:00", id="too early"),
        ]
    )
    assert case.conflicts
    assert msgspec.convert(msgspec.to_builtins(case), CustodyCase) == case
    assert msgspec.json.decode(msgspec.json.encode(case), type=CustodyCase) == case
