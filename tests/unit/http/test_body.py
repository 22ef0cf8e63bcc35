"""Strict bodies: one reading only, counted while they come in, and nothing repeated in the answer."""

from typing import Any

import pytest
from fastapi import Request

from shared.http.body import Reason, read_body, read_model, strict_json
from shared.http.problems import Problem


def a_request(*chunks: bytes, **headers: str) -> Request:
    """Give a request whose body comes in these chunks."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Any:
        return messages.pop(0)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": named, "method": "POST", "path": "/"}, receive)


async def test_a_body_is_put_together_from_its_chunks() -> None:
    """As much as was allowed, to the byte."""
    assert await read_body(a_request(b"ab", b"cd"), 4) == b"abcd"


async def test_one_byte_too_many_is_refused() -> None:
    """However it is cut, and however short it was said to be."""
    for chunks in ((b"abcde",), (b"abcd", b"e"), (b"", b"a", b"bcde")):
        with pytest.raises(Problem, match="more than 4 bytes") as caught:
            await read_body(a_request(*chunks, content_length="1"), 4)
        assert caught.value.status == 413


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity"])
async def test_encoded_bodies_are_not_unfolded(encoding: str) -> None:
    """The size that counts is the size that was sent."""
    with pytest.raises(Problem) as caught:
        await read_body(a_request(b"x", content_encoding=encoding), 4)
    assert caught.value.status == 415


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'[{"a":1,"\\u0061":2}]',
        b"NaN",
        b"[Infinity]",
        b'{"a":-Infinity}',
        b'{"a":"\\u0000"}',
        b'"\x00"',
        b"\xef\xbb\xbf{}",
        b"{} {}",
        b"{'a':1}",
        b"\xff",
        b"",
        b"[" * 100_000,
        b"1" * 5_000,
    ],
)
def test_what_two_readers_could_read_differently_is_refused(body: bytes) -> None:
    """Repeated keys, constants that are no JSON, NUL, a byte order mark, more than one value, endless nesting."""
    with pytest.raises(Problem) as caught:
        strict_json(body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_json")


def test_plain_json_is_read() -> None:
    """What is one value in UTF-8 is given as it is."""
    assert strict_json('{"a":[1,2.5,null,"ä"]}'.encode()) == {"a": [1, 2.5, None, "ä"]}


async def test_a_form_names_what_is_wrong_and_repeats_nothing() -> None:
    """Place and kind of each fault stand in the problem; the value does not."""
    for body in (b'{"reason":7}', b'{"reason":"x","Xanthippe":"Xanthippe"}', b'{"reason":["Xanthippe"]}', b"[]"):
        with pytest.raises(Problem) as caught:
            await read_model(a_request(body), Reason)
        problem = caught.value
        assert (problem.status, problem.code) == (422, "invalid_request")
        said = "".join(error["what"] + error["how"] for error in problem.members["errors"])
        assert "Xanthippe" not in said
