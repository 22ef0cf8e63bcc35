"""What holds for every set of facts: no order, no guess, no exception, no hold out of doubt."""

import json
from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.decision.policy.load import load_rulebook
from services.decision.policy.model import finding_as_json
from services.decision.policy.vocabulary import LISTS, WORDS, Kind, Word
from shared.domain.decision import Outcome
from tests.unit.policy.facts import DAYS, QUESTIONS, Facts, facts, gappy, questions, sound_request, unknowable

BOOK = load_rulebook()
Question = tuple[str, date]

#: How long an example takes on a busy machine is no part of what is proved.
unhurried = settings(deadline=None)
#: Completions tried one by one; more unknowns than this allows are left to other tests.
MOST = 200

anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["type", "level", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def values(word: Word) -> list[Any]:
    """List what an unknown may turn out to be."""
    match word.kind:
        case Kind.FLAG:
            return [True, False]
        case Kind.DAY:
            return list(DAYS)
    return [code for code in word.codes if code is not None]


def unknowns(given_facts: Facts) -> list[tuple[tuple[Any, ...], Word]]:
    """Find every null that means unknown, with the path to it."""
    found: list[tuple[tuple[Any, ...], Word]] = [
        ((name,), word)
        for name, word in WORDS.items()
        if unknowable(word) and name in given_facts and given_facts[name] is None
    ]
    for name, words in LISTS.items():
        for at, offence in enumerate(given_facts[name]):
            found += [
                ((name, at, attribute), words[attribute])
                for attribute, value in offence.items()
                if value is None and unknowable(words[attribute])
            ]
    return found


def filled(given_facts: Facts, path: tuple[Any, ...], value: Any) -> Facts:
    """Give the same facts with one unknown learned."""
    changed: Facts = json.loads(json.dumps(given_facts))
    at: Any = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def completions(given_facts: Facts) -> Iterator[Facts]:
    """Give every way of filling in the unknowns."""
    places = unknowns(given_facts)
    for choice in product(*(values(word) for _, word in places)):
        completed = given_facts
        for (path, _), value in zip(places, choice, strict=True):
            completed = filled(completed, path, value)
        yield completed


def few_unknowns(given_facts: Facts) -> bool:
    """Say whether all completions can be tried one by one."""
    count = 1
    for _, word in unknowns(given_facts):
        count *= len(values(word))
    return count <= MOST


@unhurried
@given(facts, questions, st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_nothing(given_facts: Facts, question: Question, dice: Any) -> None:
    """Permuted keys and facts that nobody asks about give the same bytes."""
    shuffled = [*given_facts.items(), ("favourite_colour", "green"), ("as_of", "1901-01-01")]
    dice.shuffle(shuffled)
    one, other = (BOOK.evaluate(*question, each) for each in (given_facts, dict(shuffled)))
    assert json.dumps(finding_as_json(one)) == json.dumps(finding_as_json(other))


@unhurried
@given(st.one_of(facts.filter(few_unknowns), gappy), questions)
def test_an_outcome_stands_only_if_every_completion_gives_it(given_facts: Facts, question: Question) -> None:
    """Against trying them all: the outcome they agree on, else a review that names unknown facts."""
    finding = BOOK.evaluate(*question, given_facts)
    outcomes = {BOOK.evaluate(*question, each).outcome for each in completions(given_facts)}
    if len(outcomes) == 1:
        assert {finding.outcome} == outcomes
        assert finding.unknown == ()
    else:
        assert (finding.outcome, finding.rule) == (Outcome.REVIEW, "unknown-facts")
        assert finding.unknown


@unhurried
@given(st.one_of(facts, gappy), questions, st.data())
def test_learning_a_fact_never_turns_a_settled_outcome(
    given_facts: Facts, question: Question, data: st.DataObject
) -> None:
    """What was settled whatever an unknown is, stays so when it becomes known."""
    places = unknowns(given_facts)
    assume(places)
    finding = BOOK.evaluate(*question, given_facts)
    assume(finding.rule != "unknown-facts")
    path, word = data.draw(st.sampled_from(places))
    learned = filled(given_facts, path, data.draw(st.sampled_from(values(word))))
    assert BOOK.evaluate(*question, learned).outcome is finding.outcome


@unhurried
@given(gappy, st.sampled_from([question for question in QUESTIONS if question[0] == "CT"]))
def test_exactly_the_unknowns_that_matter_are_named(given_facts: Facts, question: Question) -> None:
    """Against trying them all: those of which, the rest being equal, two values differ in outcome."""
    finding = BOOK.evaluate(*question, given_facts)
    named = set(finding.unknown) if finding.rule == "unknown-facts" else set()
    matter = {
        _name(path)
        for path, word in unknowns(given_facts)
        if any(
            len({BOOK.evaluate(*question, filled(each, path, value)).outcome for value in values(word)}) > 1
            for each in completions(given_facts)
        )
    }
    assert named == matter


def _name(path: tuple[Any, ...]) -> str:
    """Name a path as a finding does."""
    return path[0] if len(path) == 1 else f"{path[0]}[{path[1]}].{path[2]}"


@unhurried
@given(st.dictionaries(st.sampled_from([*WORDS, *LISTS, "agency"]), anything), questions)
def test_nothing_that_can_be_sent_is_a_crash_or_a_guess(odd: Facts, question: Question) -> None:
    """Values of any shape give a finding with a citation; a hold only where nothing had to be guessed."""
    finding = BOOK.evaluate(*question, sound_request() | odd)
    assert finding.citation
    json.dumps(finding_as_json(finding))
    if finding.outcome is Outcome.HOLD and not finding.other_custody:
        assert finding.clocks


@unhurried
@given(
    questions,
    st.sampled_from(["detainer_form", "detainer_status", "detainer_basis", "us_citizen_claim", "convictions"]),
    st.one_of(st.integers(), st.just("something else"), st.just([1]), st.just({"a": 1})),
)
def test_an_odd_value_never_holds(question: Question, name: str, odd: Any) -> None:
    """What an instrument asks about and cannot read leaves the hold to a person."""
    facts_without = sound_request(gang_database=True, terrorist_screening_match=True)
    finding = BOOK.evaluate(*question, {**facts_without, name: odd})
    reads = name != "convictions" or (question[0] == "CT" and question[1] >= date(2013, 1, 1))
    assert finding.outcome is not Outcome.HOLD or not reads


@unhurried
@given(facts, questions)
def test_the_counterfactual_comes_true(given_facts: Facts, question: Question) -> None:
    """Changing the one fact it names gives the outcome it promises."""
    change = BOOK.evaluate(*question, given_facts).counterfactual
    assume(change is not None and "[" not in change.fact)
    assume(change is not None and change.fact not in ("judicial_warrant", "reviewer", "hours_since_papers_received"))
    if change is not None:
        then = change.then.isoformat() if isinstance(change.then, date) else change.then
        assume(not unknowns({**given_facts, change.fact: then}))
        finding = BOOK.evaluate(*question, {**given_facts, change.fact: then})
        assert (finding.outcome, finding.rule) == (change.outcome, change.rule)
