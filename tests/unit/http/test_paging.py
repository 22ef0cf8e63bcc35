"""Cursors: opaque to callers, and refused when somebody made them up."""

import base64
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.paging import cursor, instant, page, place_of, plain
from shared.http.problems import Problem

AT = datetime(2012, 2, 22, 17, tzinfo=UTC)


def test_a_cursor_is_read_as_it_was_written() -> None:
    """Each part by its reader; no cursor is the beginning."""
    written = cursor(AT.isoformat(), "a/b ä", UUID(int=7))
    assert place_of(written, instant, plain, UUID) == [AT, "a/b ä", UUID(int=7)]
    assert place_of(written) == [AT.isoformat(), "a/b ä", str(UUID(int=7))]
    assert place_of(None, plain) is None


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_survives(text: str) -> None:
    """Ids are the senders' own, whatever stands in them."""
    assert place_of(cursor(text), plain) == [text]


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_somebody_makes_up_is_refused_or_a_place(text: str) -> None:
    """Never an error of ours."""
    refused: int | None = None
    place = None
    try:
        place = place_of(text, plain)
    except Problem as problem:
        refused = problem.status
    assert refused == 400 or (place is not None and isinstance(place[0], str))


@pytest.mark.parametrize(
    "made_up",
    [
        cursor(),
        cursor("x"),
        cursor("x", "y", "z"),
        cursor(1, "x"),
        cursor("2012-02-22", "x"),
        cursor("2012-02-22T17:00:00", "x"),
        cursor(AT, "\x00"),
        base64.urlsafe_b64encode(b'{"a":1}').decode(),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
)
def test_a_place_of_another_list_is_refused(made_up: str) -> None:
    """Too few parts, too many, of another kind, an instant without offset."""
    with pytest.raises(Problem, match="none of ours"):
        place_of(made_up, instant, plain)


def test_a_page_has_the_form_every_list_has() -> None:
    """Items, and where to go on."""
    assert page((1, 2), None) == {"items": [1, 2], "next": None}
