"""Who is told the answer to a detainer, by when, and what a later answer makes of it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify import plan
from services.notify.dossier import Dossier, Kind, Margins, Notice, Stage
from services.notify.draft import Moment
from shared.domain.events import DecisionRecorded
from tests.support.decisions import (
    CLOSES,
    DETAINER,
    DUE,
    NOW,
    OPENS,
    ORI,
    OTHER_ORI,
    a_decision,
    a_hold,
    a_window,
    ids,
    local,
)

_ids = ids()
JAIL, OTHER_JAIL = f"jail:{ORI}", f"jail:{OTHER_ORI}"
QUARTER = timedelta(minutes=15)


def at(now: datetime = NOW) -> Moment:
    """Give a moment of planning."""
    return Moment(now=now, margins=Margins(), new_id=lambda: next(_ids))


def heard(*decisions: DecisionRecorded, now: datetime = NOW, dossier: Dossier | None = None) -> Dossier:
    """Give the dossier after decisions heard at one instant."""
    dossier = dossier or Dossier()
    for decision in decisions:
        dossier = plan.after(dossier, decision, at(now))
    return dossier


def sent(dossier: Dossier, by: datetime) -> Dossier:
    """Give the dossier once all that was due by an instant has been sent."""
    notices = [
        replace(n, stage=Stage.SENT) if n.stage is Stage.PLANNED and n.send_at <= by else n for n in dossier.notices
    ]
    return replace(dossier, notices=tuple(notices))


def answers(dossier: Dossier, recipient: str = JAIL) -> list[Notice]:
    """Give what says the answer to one recipient."""
    kinds = (Kind.DECISION, Kind.CORRECTION, Kind.UNMATCHED)
    return [n for n in dossier.notices if n.recipient == recipient and n.kind in kinds]


@pytest.mark.parametrize("outcome", ["HOLD", "NOTIFY_ONLY", "RELEASE"])
@pytest.mark.parametrize("recipient", [JAIL, "ice"])
def test_an_answer_leaves_at_once(outcome: str, recipient: str) -> None:
    """Both recipients are told of any answer but REVIEW as soon as there is one."""
    (notice,) = answers(heard(a_decision(outcome=outcome)), recipient)
    assert (notice.kind, notice.send_at, notice.due_by) == (Kind.DECISION, NOW, DUE)


def test_a_review_waits_until_four_hours_before_each_is_due() -> None:
    """A question is told only if it still stands four hours before its own recipient must know."""
    dossier = heard(a_decision(outcome="REVIEW", due_by=local("23 12:00")))
    assert answers(dossier)[0].send_at == local("23 08:00")
    assert answers(dossier, "ice")[0].send_at == DUE - timedelta(hours=4)


def test_a_review_that_is_due_soon_leaves_at_once() -> None:
    """Within the last four hours there is nothing to wait for."""
    assert answers(heard(a_decision(outcome="REVIEW"), now=DUE - QUARTER))[0].send_at == DUE - QUARTER


def test_what_came_late_is_due_in_a_quarter_of_an_hour_and_says_so() -> None:
    """Nobody can be told before we have heard; the notice does not hide it."""
    (notice,) = answers(heard(a_decision(came_late=True, due_by=NOW - QUARTER)))
    assert (notice.due_by, notice.came_late) == (NOW + QUARTER, True)


def test_a_later_answer_is_due_soon_and_did_not_come_late() -> None:
    """A decision made after the deadline of the first is not the sender's lateness."""
    (notice,) = answers(heard(a_decision(2), now=DUE))
    assert (notice.due_by, notice.came_late) == (DUE + QUARTER, False)


def test_an_unsent_answer_is_replaced_and_the_next_is_still_the_first() -> None:
    """Nobody read the first one, so there is nothing to correct."""
    first, second = answers(heard(a_decision(1, "REVIEW"), a_decision(2, "RELEASE")))
    assert first.stage is Stage.REPLACED
    assert (second.kind, second.replaces, second.stage) == (Kind.DECISION, None, Stage.PLANNED)


def test_a_changed_answer_corrects_the_one_that_was_sent() -> None:
    """The correction names what it replaces, to jail and ICE alike."""
    told = sent(heard(a_decision(1)), NOW)
    after = heard(a_decision(2, "RELEASE"), dossier=told)
    for recipient in (JAIL, "ice"):
        first, second = answers(after, recipient)
        assert (second.kind, second.replaces) == (Kind.CORRECTION, first.id)


def test_the_same_answer_is_not_told_twice() -> None:
    """Same outcome and rule as the last that was sent: nothing new."""
    assert len(answers(heard(a_decision(2), dossier=sent(heard(a_decision(1)), NOW)))) == 1


def test_another_rule_is_news() -> None:
    """The jail is told on which ground it may hold, so a new ground is a correction."""
    after = heard(a_decision(2, rule="baseline"), dossier=sent(heard(a_decision(1)), NOW))
    assert answers(after)[-1].kind is Kind.CORRECTION


def test_an_answer_taken_back_before_it_was_sent_leaves_nothing_to_say() -> None:
    """HOLD was read, RELEASE was not, HOLD again: the reader already knows."""
    told = sent(heard(a_decision(1)), NOW)
    after = answers(heard(a_decision(2, "RELEASE"), a_decision(3), dossier=told))
    assert [n.stage for n in after] == [Stage.SENT, Stage.REPLACED]


def test_a_correction_that_was_not_sent_gives_way_to_the_next_one() -> None:
    """The next correction names what was read, not what never left."""
    told = sent(heard(a_decision(1)), NOW)
    first, _, third = answers(heard(a_decision(2, "RELEASE"), a_decision(3, "NOTIFY_ONLY"), dossier=told))
    assert (third.kind, third.replaces) == (Kind.CORRECTION, first.id)


def test_unmatched_is_corrected_once_the_detainer_is_decided() -> None:
    """ICE read that nobody was found; the answer names that notice. The jail heard nothing before."""
    unmatched = Notice(
        id=next(_ids),
        kind=Kind.UNMATCHED,
        recipient="ice",
        facility_ori=ORI,
        detainer_id=DETAINER,
        number=0,
        stage=Stage.DELIVERED,
        send_at=NOW,
        due_by=DUE,
    )
    after = heard(a_decision(), dossier=Dossier(notices=(unmatched,)))
    assert (answers(after, "ice")[-1].kind, answers(after, "ice")[-1].replaces) == (Kind.CORRECTION, unmatched.id)
    assert answers(after)[-1].kind is Kind.DECISION


def test_an_unsent_unmatched_is_replaced() -> None:
    """What was not sent yet is overtaken by the answer."""
    unmatched = Notice(
        id=next(_ids),
        kind=Kind.UNMATCHED,
        recipient="ice",
        facility_ori=ORI,
        detainer_id=DETAINER,
        number=0,
        stage=Stage.PLANNED,
        send_at=NOW,
        due_by=DUE,
    )
    first, second = answers(heard(a_decision(), dossier=Dossier(notices=(unmatched,))), "ice")
    assert (first.stage, second.kind) == (Stage.REPLACED, Kind.DECISION)


def test_a_change_after_the_person_has_gone_is_still_told() -> None:
    """Whoever read the old answer must not go on believing it."""
    told = sent(heard(a_decision(1)), NOW)
    after = heard(a_decision(2, "RELEASE", gone_at=NOW), dossier=told)
    assert answers(after)[-1].kind is Kind.CORRECTION


def test_ice_hears_nothing_where_the_law_allows_nothing() -> None:
    """The jail is told; ICE is not."""
    dossier = heard(a_hold(ice_answer="none"))
    assert {n.recipient for n in dossier.notices} == {JAIL}


def test_ice_hears_the_outcome_alone_where_the_law_allows_no_more() -> None:
    """Neither rule nor citation nor window times reach ICE, and a new rule is no news to it."""
    dossier = heard(a_hold(ice_answer="outcome"), now=OPENS)
    (notice,) = [n for n in dossier.notices if n.recipient == "ice"]
    assert notice.body is not None
    assert (notice.body["outcome"], notice.body["rule"], notice.body["citation"], notice.body["window"]) == (
        "HOLD",
        None,
        None,
        None,
    )
    again = heard(a_hold(2, ice_answer="outcome", rule="baseline"), dossier=sent(dossier, OPENS), now=OPENS)
    assert len(answers(again, "ice")) == 1


def test_a_window_that_follows_on_a_told_hold_is_no_new_answer() -> None:
    """The hold was told; that it opens is told by the window's own notices."""
    after = heard(a_hold(2), dossier=sent(heard(a_decision(1)), NOW), now=OPENS)
    assert len(answers(after)) == 1
    assert Kind.HOLD_OPENED in {n.kind for n in after.notices}


def test_an_older_decision_changes_nothing() -> None:
    """What was overtaken on the way is heard and dropped."""
    dossier = heard(a_decision(2, "RELEASE"))
    assert plan.after(dossier, a_decision(1), at()) is dossier
    assert plan.after(dossier, a_decision(2), at()) is dossier


def test_after_a_transfer_the_new_jail_is_told_and_the_old_one_no_more() -> None:
    """The new jail has read nothing, so it gets a first answer; what the old one had not read is replaced."""
    dossier = heard(a_decision(1), a_decision(2, facility_ori=OTHER_ORI))
    assert [n.stage for n in answers(dossier)] == [Stage.REPLACED]
    assert [n.kind for n in answers(dossier, OTHER_JAIL)] == [Kind.DECISION]


def test_an_earlier_closing_instant_reaches_who_read_the_later_one() -> None:
    """A jail cut off from us ends the hold by the last instant it read, so it must read the earlier one."""
    told = sent(heard(a_hold(), now=OPENS), OPENS)
    sooner = a_window(closes_at=CLOSES - timedelta(hours=5))
    after = heard(a_hold(2, window=sooner), dossier=told, now=OPENS + QUARTER)
    last_read = [n for n in told.notices if n.is_out and n.recipient == JAIL][-1]
    correction = answers(after)[-1]
    assert (correction.kind, correction.replaces) == (Kind.CORRECTION, last_read.id)
    assert correction.body is not None
    assert correction.body["window"]["closes_at"] == "2012-02-28T12:00:00-05:00"


def told(dossier: Dossier, decision: DecisionRecorded) -> Dossier:
    """Hear a decision once all that came before has been sent."""
    return heard(decision, dossier=sent(dossier, NOW))


@pytest.mark.parametrize("outcome", ["HOLD", "NOTIFY_ONLY"])
def test_ice_is_told_again_when_the_release_moves(outcome: str) -> None:
    """A correction names the answer that had the old instant; the jail, who told us, is told nothing."""
    first = heard(a_decision(outcome=outcome, release_at=OPENS))
    dossier = told(first, a_decision(2, outcome, release_at=OPENS + QUARTER))
    before, after = answers(dossier, "ice")
    assert (after.kind, after.replaces, after.release_at) == (Kind.CORRECTION, before.id, OPENS + QUARTER)
    assert len(answers(dossier)) == 1
    assert len(answers(told(dossier, a_decision(3, outcome, release_at=OPENS + QUARTER)), "ice")) == 2


@pytest.mark.parametrize("said", [{"outcome": "RELEASE"}, {"outcome": "NOTIFY_ONLY", "ice_answer": "outcome"}])
def test_ice_learns_no_release_time_where_outcome_or_law_forbids_it(said: dict[str, str]) -> None:
    """It moves, and ICE is told nothing new, since it was told nothing of it."""
    first = heard(a_decision(release_at=OPENS, **said))
    dossier = told(first, a_decision(2, release_at=OPENS + QUARTER, **said))
    (answer,) = answers(dossier, "ice")
    assert answer.release_at is None
    assert "2012-02-24T17" not in str(answer.body)


def test_a_release_that_opens_a_window_is_told_by_the_window() -> None:
    """Its opening names the instant; a correction beside it would say the same again."""
    dossier = told(heard(a_decision(release_at=OPENS)), a_hold(2, release_at=OPENS + QUARTER))
    assert len(answers(dossier, "ice")) == 1
