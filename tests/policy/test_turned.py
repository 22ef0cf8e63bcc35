"""Each rule taken out, or turned around: some case notices, in the outcome or in the law it cites."""

from pathlib import Path

import pytest

from services.console.rulebook.cases import read_cases
from services.decision.policy.load import load_rulebook
from services.decision.policy.turned import ORDERLY, TAKEN_OUT, TURNED_AROUND, Noticed, changes, matrix

BOOK = load_rulebook()
ASKING = [(policy, rule.name) for policy, rule in BOOK.rules() if rule.tree is not None]


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], Noticed]:
    """Work the whole matrix out, once."""
    return {(row.policy, row.rule): row for row in matrix(BOOK, read_cases(Path(__file__).parent))}


def test_every_rule_that_asks_anything_has_a_row(rows: dict[tuple[str, str], Noticed]) -> None:
    """None is left out of the matrix, and none is in it twice: each instrument's, and what holds everywhere."""
    assert sorted(rows) == sorted(ASKING)


@pytest.mark.parametrize("rule", ASKING, ids=" ".join)
def test_some_case_notices(rows: dict[tuple[str, str], Noticed], rule: tuple[str, str]) -> None:
    """A rule that could be lost or turned around unnoticed is a rule nobody tested."""
    assert rows[rule].taken_out
    assert rows[rule].turned_around
    assert rows[rule].both


def test_a_change_is_of_one_rule_on_its_own_page() -> None:
    """Taken out and turned around by turns; what holds everywhere is tried on the pages that show all of it."""
    made = list(changes(BOOK))
    assert [each.how for each in made[:4]] == [TAKEN_OUT, TURNED_AROUND, TAKEN_OUT, TURNED_AROUND]
    assert {each.pages for each in made if each.policy == BOOK.order.silent.policy} == {ORDERLY}
    assert all(len(each.pages) == 1 for each in made if each.policy != BOOK.order.silent.policy)


def test_what_no_case_asks_about_nobody_notices() -> None:
    """Without cases every row is empty, and says so."""
    assert not any(row.both for row in matrix(BOOK, []))
