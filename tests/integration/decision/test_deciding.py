"""A changed case is decided once for each detainer; what stands changes only with facts, answers and dates."""

from datetime import timedelta

import msgspec

from services.decision.judge import question_digest
from shared.domain.events import DecisionRecorded
from shared.kafka.envelope import unpack
from shared.kafka.producer import OutMessage
from shared.outbox.outbox import Letter
from tests.support.builders import (
    DETAINER,
    NUMBER,
    ORI,
    OTHER_NUMBER,
    OTHER_ORI,
    a_booking,
    a_cancellation,
    a_claim,
    a_detainer,
    a_release,
    a_release_due,
    a_retraction,
    a_transfer,
    at,
    facts_told,
)
from tests.support.line import Line, as_sent

#: Under the Department's custom, which honours as a rule (before 2012-02-22).
EARLY_BOOKING = a_booking("2012-02-20 13:00")
EARLY_DETAINER = a_detainer("2012-02-20 14:00")
EARLY_DUE = a_release_due("2012-02-21 10:00")
COMMISSIONER = "Commissioner of Correction"


def told(letters: list[Letter]) -> list[DecisionRecorded]:
    """Read the decisions that were told."""
    messages = [unpack(letter.message, {"decision.recorded": DecisionRecorded}) for letter in letters]
    return [message.data for message in messages if message.data is not None]


async def answer(line: Line, given: str, *, answered_at: str) -> None:
    """Answer the open review as the route does: a fact, and a call to decide again."""
    (review,) = await line.rows("SELECT id, case_id, question FROM decision.reviews ORDER BY opened_at DESC LIMIT 1")
    async with line.owner.transaction() as session:
        await session.run(
            "INSERT INTO decision.answers VALUES (gen_random_uuid(), :review, :case_id, :detainer, :ori, :answer,"
            " :office, 'x', 'x', :digest, :at, 'key')",
            review=review.id,
            case_id=review.case_id,
            detainer=DETAINER,
            ori=ORI,
            answer=given,
            office=COMMISSIONER,
            digest=question_digest(msgspec.json.decode(review.question)["facts"]),
            at=at(answered_at),
        )
        await session.run("UPDATE decision.dossiers SET wake_at = :now", now=line.clock.now())


async def test_a_detainer_on_a_booking_is_decided_once(line: Line) -> None:
    """Before 2012-02-22 the Department honours as a rule; there is no window while release is not due.

    It came on Washington's Birthday, so the two working days in which to tell are Tuesday and Wednesday.
    """
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    (decision,) = told(await line.decided())
    assert (decision.number, decision.outcome, decision.policy) == (1, "HOLD", "ct-doc-custom@1")
    assert (decision.window, decision.supersedes, decision.decided_by) == (None, None, "policy")
    assert (decision.citation != "", decision.due_by) == (True, at("2012-02-23 00:00"))
    assert await line.outcomes() == [(1, "HOLD", "honoured-as-a-rule")]


async def test_without_a_detainer_or_a_booking_nothing_is_decided(line: Line) -> None:
    """What is decided is a detainer on a known booking; nothing else is told."""
    await line.hear(EARLY_BOOKING, a_detainer("2012-02-20 14:00", booking_number="12-other", ids={}))
    assert await line.decided() == []
    assert await line.value("SELECT count(*) FROM decision.dossiers") == 0


async def test_the_same_message_again_is_nothing_new(line: Line) -> None:
    """A message redelivered, alone or doubled in a batch, leaves one decision."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    messages = [as_sent(letter) for letter in line.told]
    await line.once_cases(await line.cases.batch([*messages, *messages]))
    await line.once_cases(await line.cases.batch(messages))
    assert await line.outcomes() == [(1, "HOLD", "honoured-as-a-rule")]
    assert await line.value("SELECT count(*) FROM decision.journal") == 1


async def test_a_message_about_an_older_version_decides_what_stands_now(line: Line) -> None:
    """Whichever message comes first, the newest version is decided, and the other finds nothing to do."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.hear(facts_told("2012-02-20 15:00", facts={"gang_database": True}))
    first, second = (as_sent(letter) for letter in line.told)
    await line.once_cases(await line.cases.batch([second]))
    await line.once_cases(await line.cases.batch([first]))
    rows = await line.rows("SELECT number, case_version FROM decision.decisions")
    assert [tuple(row) for row in rows] == [(1, 2)]


async def test_a_fact_that_changes_nothing_is_no_new_decision(line: Line) -> None:
    """Same outcome, rule and window: noted with the version, told to nobody."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.decided()
    await line.hear(facts_told("2012-02-20 15:00", facts={"gang_database": True}))
    assert await line.decided() == []
    assert await line.rows("SELECT number, case_version FROM decision.dossiers") == [(1, 2)]


async def test_each_detainer_has_its_own_numbers(line: Line) -> None:
    """Two detainers on one booking are two matters, each numbered from one without gaps."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, a_detainer("2012-02-20 15:00", id="2", detainer_id="D2"))
    await line.decided()
    await line.hear(a_cancellation("2012-02-20 16:00", detainer_id="D2"))
    await line.decided()
    rows = await line.rows("SELECT detainer_id, number, outcome FROM decision.decisions ORDER BY 1, 2")
    assert [tuple(row) for row in rows] == [("D2", 1, "HOLD"), ("D2", 2, "RELEASE"), (DETAINER, 1, "HOLD")]


async def test_release_due_gives_the_hold_its_window(line: Line) -> None:
    """It opens with the end of state authority, closes after two working days, and says by which clock and why."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.decided()
    await line.hear(EARLY_DUE)
    (decision,) = told(await line.decided())
    assert decision.window is not None
    assert (decision.window.opens_at, decision.window.closes_at) == (at("2012-02-21 10:00"), at("2012-02-23 10:00"))
    assert (decision.window.clock, decision.window.ended_at) == ("FED_48_BIZ", None)
    assert decision.window.evidence["start_event"]["id"] == EARLY_DUE.id
    assert (decision.number, decision.supersedes is not None) == (2, True)


async def test_a_cancellation_ends_the_hold(line: Line) -> None:
    """The window is taken back at the instant of the cancellation, and the decision says what ended it."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.hear(a_cancellation("2012-02-21 12:00"))
    (decision,) = told(await line.decided())
    assert (decision.number, decision.outcome, decision.window) == (2, "RELEASE", None)
    assert decision.ends is not None
    assert (decision.ends.by, decision.ends.at) == ("cancelled", at("2012-02-21 12:00"))


async def test_verified_citizenship_ends_the_hold(line: Line) -> None:
    """A citizen is held by nobody for immigration."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.hear(a_claim("2012-02-21 11:00", claim="verified"))
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule) == ("RELEASE", "citizen-verified")
    assert decision.ends is not None
    assert decision.ends.by == "citizenship"


async def test_a_later_release_due_does_not_stretch_the_window(line: Line) -> None:
    """The earliest that stands counts; a second one tells nothing new."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.hear(a_release_due("2012-02-21 16:00"))
    assert await line.decided() == []


async def test_a_retraction_takes_the_window_away(line: Line) -> None:
    """State custody never ended: the hold stands again without a window, until release is really due."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.hear(a_retraction(EARLY_DUE, "2012-02-21 11:00"))
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.window) == ("HOLD", None)
    assert decision.ends is not None
    assert decision.ends.by == "retracted"


async def test_a_hold_that_was_over_when_heard_of_is_never_opened(line: Line) -> None:
    """Release was due a week ago: there is nothing left of the two days."""
    await line.step("2012-02-21 12:00")
    await line.hear(a_booking("2012-02-10 08:00"), a_detainer("2012-02-10 10:00"), a_release_due("2012-02-14 10:00"))
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule, decision.window) == ("RELEASE", "hold-exhausted", None)
    assert decision.came_late


async def test_a_policy_comes_into_force_at_local_midnight(line: Line) -> None:
    """With 2012-02-22 in Connecticut the custom ends: a timer asks the Commissioner, and not a second sooner."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.decided()
    assert await line.value("SELECT due_at FROM decision.due") == at("2012-02-22 00:00")
    await line.step(at("2012-02-22 00:00") - timedelta(seconds=1))
    assert await line.decided() == []
    await line.step("2012-02-22 00:00")
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.policy) == ("REVIEW", "ct-commissioner-2012@1")
    assert (decision.number, decision.decided_at) == (2, at("2012-02-22 00:00"))
    assert await line.rows("SELECT state, office FROM decision.reviews") == [("open", COMMISSIONER)]


async def test_a_policy_that_asks_ends_a_hold_that_runs(line: Line) -> None:
    """A policy that comes into force during a hold is applied to it: the Commissioner has not said yes, so it ends."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.step("2012-02-22 00:00")
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule, decision.window) == ("RELEASE", "review-lapsed", None)
    assert decision.ends is not None
    assert decision.ends.by == "superseded"


async def test_an_answer_in_time_is_the_commissioners_hold(line: Line) -> None:
    """The answer is a fact: the policy gives HOLD by the Commissioner's rule, under the office's name."""
    await line.hear(a_booking(), a_detainer())
    assert [decision.outcome for decision in told(await line.decided())] == ["REVIEW"]
    await answer(line, "honor", answered_at="2012-02-22 11:00")
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule, decision.decided_by) == ("HOLD", "commissioner-honours", COMMISSIONER)
    assert await line.rows("SELECT state FROM decision.reviews") == [("answered",)]
    await line.hear(a_release_due("2012-02-23 10:00"))
    (decision,) = told(await line.decided())
    assert decision.window is not None
    assert (decision.number, decision.decided_by) == (3, COMMISSIONER)


async def test_an_answer_after_release_was_due_comes_too_late(line: Line) -> None:
    """When release falls due nothing waits for a person: the review lapses, and a later yes changes nothing."""
    await line.hear(a_booking(), a_detainer())
    await line.decided()
    await line.hear(a_release_due("2012-02-23 10:00"))
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule) == ("RELEASE", "review-lapsed")
    assert await line.rows("SELECT state FROM decision.reviews") == [("lapsed",)]
    await answer(line, "honor", answered_at="2012-02-23 10:00")
    assert await line.decided() == []


async def test_an_answer_counts_by_when_it_was_given(line: Line) -> None:
    """The answer was given before release was due, the release heard first: the answer counts all the same."""
    await line.hear(a_booking(), a_detainer())
    await line.decided()
    await line.hear(a_release_due("2012-02-23 10:00"))
    await line.decided()
    await answer(line, "honor", answered_at="2012-02-23 09:59")
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.decided_by) == ("HOLD", COMMISSIONER)


async def test_a_release_due_ahead_lapses_the_review_when_it_comes(line: Line) -> None:
    """Announced for tomorrow, it leaves the Commissioner until then; a timer ends the question."""
    await line.hear(a_booking(), a_detainer(), a_release_due("2012-02-22 12:00", due_at="2012-02-23T10:00:00-05:00"))
    assert [decision.outcome for decision in told(await line.decided())] == ["REVIEW"]
    await line.step("2012-02-23 10:00")
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule) == ("RELEASE", "review-lapsed")


async def test_an_event_set_aside_allows_no_new_hold(line: Line) -> None:
    """Something about the case is unread: what would be a hold is a question for a person."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.take(OutMessage("ice.detainers.v1", f"{ORI}/{NUMBER}".encode(), b"{"))
    (decision,) = told(await line.decided())
    assert (decision.outcome, decision.rule) == ("REVIEW", "parked-event")


async def test_an_event_set_aside_does_not_end_a_hold_that_runs(line: Line) -> None:
    """A window that is open goes on to its end: what is unread has not been read as an end either."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, EARLY_DUE)
    await line.decided()
    await line.take(OutMessage("ice.detainers.v1", f"{ORI}/{NUMBER}".encode(), b"{"))
    assert await line.decided() == []


async def test_a_transfer_is_decided_for_the_new_jail(line: Line) -> None:
    """Law, zone and recipient are the new facility's: a new decision under its ORI and number."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    await line.decided()
    await line.hear(a_transfer("2012-02-20 18:00"))
    (decision,) = told(await line.decided())
    assert (decision.facility_ori, decision.booking_number, decision.number) == (OTHER_ORI, OTHER_NUMBER, 2)


async def test_who_is_gone_is_decided_by_the_law_of_that_day(line: Line) -> None:
    """Heard a week later, a matter of 2012-02-21 is the custom's and not the Commissioner's."""
    await line.step("2012-02-28 12:00")
    await line.hear(EARLY_BOOKING, EARLY_DETAINER, a_release("2012-02-21 09:00"))
    (decision,) = told(await line.decided())
    assert decision.policy == "ct-doc-custom@1"
    assert await line.value("SELECT wake_at FROM decision.dossiers") is None


async def test_a_message_that_is_not_ours_is_set_aside(line: Line) -> None:
    """Its bytes are kept, and the case beside it in the batch is decided."""
    await line.hear(EARLY_BOOKING, EARLY_DETAINER)
    case = as_sent(line.told[0])
    await line.once_cases(await line.cases.batch([OutMessage("custody.cases.v1", b"x", b"{}"), case]))
    assert await line.rows("SELECT code, message FROM decision.parked") == [("not_ours", b"{}")]
    assert [outcome for _, outcome, _ in await line.outcomes()] == ["HOLD"]
