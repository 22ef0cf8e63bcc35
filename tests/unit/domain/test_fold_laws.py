"""Laws of the fold, for any set of events: order and repetition mean nothing, and no hold rises again."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.case import Custody, CustodyCase, DetainerStatus, HeardEvent
from shared.domain.fold import fold
from tests.support.builders import (
    a_bond_change,
    a_booking,
    a_cancellation,
    a_charge,
    a_claim,
    a_detainer,
    a_match,
    a_pick_up,
    a_release,
    a_release_due,
    a_retraction,
    a_schedule,
    a_service,
    a_transfer,
    a_withdrawal,
    facts_told,
)

DUE_EVENT = a_release_due()
#: Everything that can happen to one booking, contradictions and equal instants among it.
STOCK = [
    a_booking(charges=[a_charge()]),
    a_booking(id="amended", facts={"age": 34}),
    a_booking("2012-02-25 01:00", id="again"),
    facts_told(facts={"gang_database": True}),
    facts_told(id="same instant", facts={"gang_database": False}),
    facts_told("2012-02-28 18:00", charges=[{"sequence": 1, "status": "dismissed"}]),
    a_bond_change(),
    a_bond_change("2012-02-23 17:00", change="refused", refused_reason="immigration detainer"),
    a_transfer(),
    a_schedule(),
    DUE_EVENT,
    a_release_due("2012-02-25 17:00"),
    a_retraction(DUE_EVENT),
    a_match(),
    a_withdrawal("2012-02-22 05:00"),
    a_detainer(),
    a_detainer("2012-02-23 12:00", form="I-247A"),
    a_detainer(id="other", detainer_id="HAR-2012-000500"),
    a_service(),
    a_cancellation(),
    a_cancellation("2012-02-22 09:00", id="early"),
    a_claim(),
    a_claim("2012-02-26 10:00", claim="verified"),
    a_pick_up(),
    a_release(),
]
SETS = st.lists(st.sampled_from(STOCK), min_size=1, max_size=len(STOCK), unique_by=lambda event: event.id)


@given(events=SETS, data=st.data())
def test_order_and_repetition_mean_nothing(events: list[HeardEvent], data: st.DataObject) -> None:
    """Any arrival of the same events, however often each, makes the same case."""
    repeated = events + data.draw(st.lists(st.sampled_from(events)))
    assert fold(data.draw(st.permutations(repeated))) == fold(events)


@given(events=SETS)
def test_cancelling_before_or_after_lodging_is_the_same(events: list[HeardEvent]) -> None:
    """Whenever a cancellation is dated before the person left, no detainer of that id is active."""
    case = fold([*events, a_cancellation("2012-02-22 09:30", id="tombstone")])
    named = [detainer for detainer in case.detainers if detainer.detainer_id == "HAR-2012-000417"]
    assert all(detainer.status is not DetainerStatus.ACTIVE for detainer in named)


@given(events=SETS)
def test_taking_back_before_or_after_is_the_same(events: list[HeardEvent]) -> None:
    """A retraction of any date takes its release due away."""
    case = fold([*events, a_retraction(DUE_EVENT, "2012-02-22 03:20", id="tombstone")])
    assert case.release_due is None or case.release_due.event.id != DUE_EVENT.id


@given(events=SETS)
def test_nothing_rises_again_after_departure(events: list[HeardEvent]) -> None:
    """Once the person is gone no event of whatever date leaves a detainer active or custody open."""
    case = fold([*events, a_release("2012-02-22 20:00", id="gone")])
    assert case.custody is Custody.GONE
    assert all(detainer.status is not DetainerStatus.ACTIVE for detainer in case.detainers)


@given(events=SETS)
def test_a_later_release_due_never_moves_the_instant_back(events: list[HeardEvent]) -> None:
    """No event but a retraction makes the release due later."""
    before, after = fold(events), fold([*events, a_release_due("2012-02-27 17:00", id="later")])
    if before.release_due:
        assert after.release_due == before.release_due


@given(events=SETS, data=st.data())
def test_when_a_thing_was_heard_changes_nothing(events: list[HeardEvent], data: st.DataObject) -> None:
    """The order is that of the sender's time: hearing some late gives the same custody, ends and deadlines."""
    late = data.draw(st.lists(st.integers(0, 20_000), min_size=len(events), max_size=len(events)))
    heard = [
        replace(event, heard_at=event.time + timedelta(minutes=by)) for event, by in zip(events, late, strict=True)
    ]
    assert _said(fold(heard)) == _said(fold(events))


def _said(case: CustodyCase) -> tuple[object, ...]:
    """Give what the case says of the world, without when it was heard."""
    due, gone = case.release_due, case.gone
    return (
        case.custody,
        case.facts,
        due and (due.due_at, due.event),
        gone and (gone.at, gone.how),
        [(one.detainer_id, one.status, one.ended_at, one.form, one.lodged_at) for one in case.detainers],
    )
