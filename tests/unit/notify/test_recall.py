"""What becomes of a dossier when what was told is taken back or told anew."""

from datetime import timedelta

from services.notify.dossier import Dossier, Kind, Notice, Stage
from services.notify.recall import Action, acted_on
from tests.support.decisions import CLOSES, NOW, OPENS, a_decision, a_hold
from tests.unit.notify.test_plan_answers import JAIL, QUARTER, answers, at, heard, sent

HOUR = timedelta(hours=1)


def told_hold() -> Dossier:
    """Give a hold that runs, and of which everyone was told."""
    return sent(heard(a_hold(), now=OPENS), OPENS)


def acted(dossier: Dossier, action: Action = "recall") -> Dossier:
    """Act an hour after the opening."""
    return acted_on(dossier, action, at(OPENS + HOUR))


def last(dossier: Dossier, recipient: str = JAIL) -> Notice:
    """Give the last answer to one recipient."""
    return answers_and_recalls(dossier, recipient)[-1]


def answers_and_recalls(dossier: Dossier, recipient: str) -> list[Notice]:
    """Give all that answers, recalls included."""
    recalls = [n for n in dossier.notices if n.recipient == recipient and n.kind is Kind.RECALL]
    return answers(dossier, recipient) + recalls


def test_a_recall_names_its_original_at_each_recipient_and_says_no_hold() -> None:
    """Jail and ICE can tell which notice no longer counts; nothing of the answer is repeated."""
    before = told_hold()
    for recipient in (JAIL, "ice"):
        made = last(acted(before), recipient)
        assert (made.kind, made.replaces) == (Kind.RECALL, answers(before, recipient)[-1].id)
        assert (made.outcome, made.rule, made.due_by) == (None, None, OPENS + HOUR + QUARTER)
        assert made.body is not None
        assert (made.body["citation"], made.body["window"]) == (None, None)
        assert "there is no immigration hold" in made.body["text"]
        assert made.body["text"].startswith(f"This takes the place of notice {made.replaces}.")


def test_a_recall_ends_the_hold_at_once() -> None:
    """Doubt is no authority: the window closes, its end is told now, its warnings never."""
    dossier = acted(told_hold())
    (window,) = dossier.windows
    assert (window.ended_at, window.ended_by) == (OPENS + HOUR, "superseded")
    ends = [n for n in dossier.notices if n.kind is Kind.HOLD_ENDED]
    assert {n.send_at for n in ends} == {OPENS + HOUR}
    closing = {n.stage for n in dossier.notices if n.kind is Kind.HOLD_CLOSING}
    assert closing == {Stage.REPLACED}


def test_recalled_twice_is_recalled_once() -> None:
    """A set that overlaps another takes nothing back that was taken back."""
    once = sent(acted(told_hold()), CLOSES)
    assert acted(once) == once


def test_of_what_nobody_was_told_nothing_is_recalled() -> None:
    """A question that waits for its last hours has not been told."""
    waiting = heard(a_decision(outcome="REVIEW"))
    assert acted_on(waiting, "recall", at(NOW)) == waiting


def test_what_is_decided_afterwards_is_told_though_it_says_the_same() -> None:
    """The same answer again is news to whoever read a recall; the hold that was recalled stays ended."""
    recalled = sent(acted(told_hold()), CLOSES)
    dossier = heard(a_hold(2), now=OPENS + 2 * HOUR, dossier=recalled)
    news = answers(dossier)[-1]
    assert (news.kind, news.replaces) == (Kind.CORRECTION, last(recalled).id)
    assert not any(window.is_live for window in dossier.windows)


def test_a_correction_tells_the_standing_answer_anew() -> None:
    """What went wrong in the telling is put right, the hold goes on."""
    before = told_hold()
    dossier = acted(before, "correct")
    made = last(dossier)
    assert (made.kind, made.replaces, made.outcome) == (Kind.CORRECTION, answers(before)[-1].id, "HOLD")
    assert dossier.windows == before.windows
