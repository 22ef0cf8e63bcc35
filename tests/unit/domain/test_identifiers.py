"""One spelling for each number, so that two senders can meet by it."""

import pytest

from shared.domain.identifiers import a_number, opaque, sid, ucn


@pytest.mark.parametrize(
    ("sent", "spelt"),
    [
        ("A12345678", "A012345678"),
        ("a012-345-678", "A012345678"),
        ("1234567", "A001234567"),
        ("A 123 456 789", "A123456789"),
        ("A123456", None),
        ("A1234567890", None),
        ("B12345678", None),
    ],
)
def test_a_number(sent: str, spelt: str | None) -> None:
    """Seven to nine digits, padded; anything else is none."""
    assert a_number(sent) == spelt


@pytest.mark.parametrize(
    ("sent", "spelt"), [("123 456 ab7", "123456AB7"), ("1", "1"), ("1234567890", None), ("12_3", None), ("", None)]
)
def test_ucn(sent: str, spelt: str | None) -> None:
    """One to nine letters and digits; no check digit is invented."""
    assert ucn(sent) == spelt


@pytest.mark.parametrize(
    ("sent", "spelt"),
    [("CT00123456", "CT00123456"), ("ny 1234567a", "NY1234567A"), ("00123456", "CT00123456"), ("?", None)],
)
def test_sid_stands_behind_its_state(sent: str, spelt: str | None) -> None:
    """A bare number is of the sender's state, since it is unique only there."""
    assert sid(sent, state="CT") == spelt


def test_opaque_numbers_are_left_alone() -> None:
    """Of a number whose shape means nothing only the blanks go."""
    assert opaque(" dHs-1 ") == "dHs-1"
    assert opaque("  ") is None
