"""How near a waiting event comes to a booking: in words, and never by what it says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.alike import likeness


def _described(family: str = "Example", born: str = "1985-03-02", **ids: str) -> dict[str, Any]:
    return {"person": {"family_name": family, "given_names": "Ana", "birth_date": born}, "ids": ids}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (_described(), ("family name the same", "given names the same", "birth date the same")),
        (_described("Exampel"), ("family name one letter apart", "given names the same", "birth date the same")),
        (_described("Exampl"), ("family name one letter apart", "given names the same", "birth date the same")),
        (_described("  EXAMPLE "), ("family name the same", "given names the same", "birth date the same")),
        (_described("Other", "1985-03-03"), ("given names the same", "birth date one digit apart")),
        (_described("Other", "1999-12-31"), ("given names the same",)),
    ],
)
def test_persons_are_compared_in_words(other: dict[str, Any], words: tuple[str, ...]) -> None:
    """The same, or one sign more, less, other or swapped; what is further apart is not told."""
    assert likeness(_described(), other).words == words


def test_a_number_says_more_than_a_name() -> None:
    """A FIN one digit apart stands above a namesake of the same birth date."""
    one = _described(fin="1234567890")
    near = likeness(one, _described("Other", "1999-12-31", fin="1234567891"))
    namesake = likeness(one, _described())
    assert near.words[0] == "FIN one digit apart"
    assert likeness(one, _described(fin="1234567890")).score > namesake.score
    assert near.score >= 6


@pytest.mark.parametrize("nobody", [{}, {"person": None, "ids": None}, {"person": {"family_name": 7}}])
def test_what_is_not_told_is_like_nothing(nobody: dict[str, Any]) -> None:
    """Silence is no agreement."""
    assert likeness(_described(fin="1"), nobody).score == 0
    assert likeness(nobody, nobody).words == ()


@given(st.text(min_size=1), st.text(min_size=1))
def test_likeness_gives_nothing_away_and_goes_both_ways(one: str, other: str) -> None:
    """The words are ours alone, and the same from either side."""
    there, back = likeness(_described(one), _described(other)), likeness(_described(other), _described(one))
    assert there == back
    assert all("apart" in word or "the same" in word for word in there.words)
