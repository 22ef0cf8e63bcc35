"""What an operator sees of a message: what its schema lets be shown, and nothing else, whatever is in it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.messages.lines import lines
from services.console.messages.masking import Mask, count_masks, hexdump, masked, plain_id, revealed
from services.console.messages.schemas import told_fields
from services.intake.wire import SHAPES
from shared.kafka.topics import TOPICS

CANARY = "Zzyzx Canary"
_LODGED: dict[str, Any] = {
    "facility_ori": "CT0009300",
    "booking_number": "12-004711",
    "detainer_id": "HAR-2012-000415",
    "form": "I-247",
    "requests": ["hold", "notify"],
    "operative_only_on_conviction": False,
    "issued_at": "2012-02-21T16:20:00-05:00",
    "person": {"family_name": CANARY, "birth_date": CANARY},
    "ids": {"fin": CANARY, "a_number": CANARY, "tcn": "TCN1"},
    "warrants": [{"kind": "administrative", "form": "I-205", "issuer": CANARY, "verified": True}],
    "issuing_office": CANARY,
}


def _text(shown: Any) -> str:
    return "\n".join("".join(p if isinstance(p, str) else p.what for p in pieces) for _, pieces in lines(shown))


def test_a_detainer_shows_its_numbers_instants_and_codes() -> None:
    """Enough to see which detainer it is and what it asks for."""
    told = _text(masked("detainer.lodged", _LODGED))
    for seen in ("CT0009300", "12-004711", "HAR-2012-000415", "I-247", "hold", "2012-02-21", "TCN1", "I-205", "true"):
        assert seen in told
    assert CANARY not in told
    assert count_masks(masked("detainer.lodged", _LODGED)) == 6


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("form", CANARY),
        ("requests", [CANARY]),
        ("basis", CANARY),
        ("facility_ori", CANARY),
        ("issued_at", CANARY),
        ("operative_only_on_conviction", CANARY),
        ("detainer_id", {"name": CANARY}),
        ("warrants", CANARY),
        ("person", CANARY),
        ("ids", [CANARY]),
        (CANARY, "x"),
        ("note", CANARY),
        ("detainer_id", CANARY * 10),
    ],
)
def test_a_name_where_it_does_not_belong_stays_masked(field: str, value: Any) -> None:
    """A code that nobody knows, a number that is none, a field that the schema does not have, a name of a field."""
    assert CANARY not in _text(masked("detainer.lodged", _LODGED | {field: value}))


_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(CANARY),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["person", "ids", CANARY]), inner),
    max_leaves=8,
)
#: Numbers of a jail's and ICE's own are shown, whatever printable they hold: they may stand in keys and paths too.
_NUMBERS = {"booking_number", "detainer_id", "tcn", "tcr", "cancels", "to_booking_number"}


@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_no_field_of_any_type_shows_a_text_of_a_senders_own(kind: str, data: st.DataObject) -> None:
    """Whatever stands in it and however deep; deny by default."""
    names = {path.split(".")[0].removesuffix("[]") for path, *_ in told_fields(kind)} - _NUMBERS
    sent = {name: data.draw(_ANY) for name in sorted(names)} | {"more": CANARY}
    assert CANARY not in _text(masked(kind, sent))


@pytest.mark.parametrize("kind", sorted({event for shape in TOPICS.values() for event in shape.events}))
def test_every_type_has_a_schema_to_be_masked_by(kind: str) -> None:
    """A type on our topics that nobody described would be masked whole, and useless."""
    assert told_fields(kind)


@pytest.mark.parametrize("kind", ["custom.thing", "", CANARY])
def test_a_type_that_nobody_knows_shows_nothing(kind: str) -> None:
    """Not even the names of its fields."""
    assert masked(kind, {"a": 1, CANARY: 2}) == Mask("a type without a schema")


def test_what_our_services_tell_is_shown_and_what_is_added_is_not() -> None:
    """Ids, outcomes and instants; a field that somebody puts beside them is masked with its name."""
    shown = masked("case.changed", {"case_id": "c", "version": 3, "moved": ["booking"], CANARY: CANARY})
    assert '"case_id": "c"' in _text(shown)
    assert CANARY not in _text(shown)


def test_what_is_revealed_is_whole() -> None:
    """Only after asking, and only on that page."""
    assert CANARY in _text(revealed(_LODGED))


@pytest.mark.parametrize("text", ["d-2012-000415", "/ice/hartford", "01912c", "HAR-2012-000415"])
def test_an_id_as_machines_make_them_is_shown(text: str) -> None:
    """So that a message can be spoken of."""
    assert plain_id(text) == text


@pytest.mark.parametrize("text", [CANARY, "Núñez", "a" * 200, "", None])
def test_an_id_of_an_odd_shape_is_masked(text: str | None) -> None:
    """Blanks and letters beyond ASCII are how names look."""
    assert isinstance(plain_id(text), Mask)


def test_bytes_are_shown_as_bytes() -> None:
    """Nothing in them can become markup, turn text around or run."""
    rows = hexdump(b"<b>\x00\xff\n" + bytes(20), most=16)
    assert rows == [("000000", "3c 62 3e 00 ff 0a" + " 00" * 10, "<b>.............")]
