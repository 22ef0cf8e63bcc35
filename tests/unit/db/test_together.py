"""Statements that only write are put into one; none that speaks of a table is put beside one that writes it."""

import pytest

from shared.db.together import Together
from shared.db.words import in_drivers_words

ADD = "INSERT INTO a.b (x) SELECT * FROM unnest(CAST(:xs AS text[]))"
CHANGE = "UPDATE a.c SET y = :y WHERE z = :x"


def test_one_alone_stays_as_it_is() -> None:
    """There is nothing to put it together with."""
    together = Together()
    together.add(ADD, {"xs": ["1"]})
    assert (together.take(), bool(together)) == ((ADD, {"xs": ["1"]}), False)


def test_several_become_one_and_keep_their_values_apart() -> None:
    """Each parameter goes by the number of its statement, even where two have one name."""
    together = Together()
    together.add(CHANGE, {"y": 1, "x": 2})
    together.add("DELETE FROM a.b WHERE x = :x", {"x": 3})
    sql, values = together.take()
    assert in_drivers_words(sql)[0] == (
        "WITH w0 AS (UPDATE a.c SET y = $1 WHERE z = $2), w1 AS (DELETE FROM a.b WHERE x = $3) SELECT"
    )
    assert [values[name] for name in in_drivers_words(sql)[1]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("sql", "must_go_before"),
    [
        (ADD, True),
        ("SELECT x FROM a.c JOIN a.b USING (x)", True),
        ("SELECT b.x FROM a.bc AS b", False),
        (CHANGE, False),
    ],
)
def test_who_speaks_of_a_table_waits_for_whoever_writes_it(sql: str, *, must_go_before: bool) -> None:
    """Reading or writing: beside each other they would see the rows as they were before both."""
    together = Together()
    together.add(ADD, {"xs": []})
    assert together.must_go_before(sql) is must_go_before


def test_what_has_been_taken_holds_nobody_up() -> None:
    """Once it is sent, everyone sees it."""
    together = Together()
    together.add(ADD, {"xs": []})
    together.take()
    assert not together.must_go_before(ADD)


@pytest.mark.parametrize("sql", ["SELECT 1", "INSERT INTO nowhere VALUES (1)", "WITH x AS (SELECT 1) DELETE FROM a.b"])
def test_only_what_begins_with_its_table_may_wait(sql: str) -> None:
    """Of anything else nobody could tell what it writes."""
    with pytest.raises(ValueError, match="begins with the table"):
        Together().add(sql, {})
