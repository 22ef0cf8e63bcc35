"""JSON that can be read in one way only."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.strict import MAX_DEPTH, MAX_EVENT_BYTES, canonical, decode, split_array
from shared.domain.errors import MalformedMessage

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{} {}", "not_json"),
        (b'{"a":NaN}', "not_json"),
        (b'{"a":1e999}', "not_json"),
        (b'{"a":"\\ud800"}', "not_json"),
        (b'{"a":"\xff"}', "not_json"),
        (b'\xef\xbb\xbf{"a":1}', "not_json"),
        (b'{"a":"\\u0000"}', "nul_character"),
        (b'{"\\u0000":1}', "nul_character"),
        (b'{"a":1,"a":1}', "duplicate_key"),
        (b'{"a":1,"\\u0061":2}', "duplicate_key"),
        (b'{"a":{"b":[{"c":1,"c":2}]}}', "duplicate_key"),
        (b'{"a":"\\u003a","b":1,"b":2}', "duplicate_key"),
        (b"[" * 17 + b"]" * 17, "too_deep"),
        (b"[" * 30_000, "too_deep"),
        (b'"' + b"x" * MAX_EVENT_BYTES + b'"', "too_large"),
    ],
)
def test_what_is_refused(raw: bytes, code: str) -> None:
    """Each thing that two readers could read differently has its own code."""
    with pytest.raises(MalformedMessage) as refused:
        decode(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":{"x":1},"b":{"x":1}}',
        b'{"a\\":":"\\\\u0000","b":"::"}',
        b'{"a":"\\u003a\\u003A","b":":"}',
        b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
        b"[" + b",".join([b"{}"] * 99) + b"]",
    ],
)
def test_what_looks_odd_but_is_sound(raw: bytes) -> None:
    """Colons in texts, a written-out backslash and many shallow objects are no fault."""
    assert decode(raw) == json.loads(raw)


@given(VALUES)
def test_sound_json_is_read_as_it_is(value: Any) -> None:
    """Whatever JSON writes, escaped or not, is read back."""
    assert decode(json.dumps(value).encode()) == value
    assert decode(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), VALUES, st.booleans())
def test_a_repeated_key_is_always_found(value: dict[str, Any], again: Any, escaped: bool) -> None:
    """No text, escape or depth hides a key that stands twice."""
    pairs = [*value.items(), (next(iter(value)), again)]
    inner = ",".join(
        f"{json.dumps(key, ensure_ascii=escaped)}:{json.dumps(item, ensure_ascii=escaped)}" for key, item in pairs
    )
    with pytest.raises(MalformedMessage) as refused:
        decode(f'{{"outer":{{{inner}}}}}'.encode())
    assert refused.value.code == "duplicate_key"


def test_canonical_form_does_not_know_the_order_of_keys() -> None:
    """Equal values have equal bytes."""
    assert canonical({"b": {"d": 1, "c": 2}, "a": 0}) == canonical({"a": 0, "b": {"c": 2, "d": 1}})


@given(st.lists(VALUES, max_size=4))
def test_array_is_cut_into_its_elements(values: list[Any]) -> None:
    """Each element comes out as its own text, also beside one that cannot be read."""
    texts = [json.dumps(value).encode() for value in values]
    assert [json.loads(part) for part in split_array(b"[" + b",".join(texts) + b"]")] == values
    broken = split_array(b"[" + b" , ".join([b'{"a":"\\ud800,["}', *texts]) + b"]")
    assert broken == [b'{"a":"\\ud800,["}', *texts]


@pytest.mark.parametrize("raw", [b"", b"{}", b"[", b"[1,]]", b"[{]", b"[1][2]", b"[nope", b"3"])
def test_what_is_no_array(raw: bytes) -> None:
    """A batch without its brackets is refused whole."""
    with pytest.raises(MalformedMessage):
        split_array(raw)
