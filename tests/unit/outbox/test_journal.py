"""The digest of a record: over the one before, its place, kind, instant and body, in one form only."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.outbox.journal import GENESIS, canonical, link

CASE = UUID(int=1)
NOON = datetime(2012, 2, 22, 17, tzinfo=UTC)


def test_a_record_has_one_digest() -> None:
    """The bytes under the digest, written out: whoever checks the chain elsewhere builds them like this."""
    head = b'["' + b"00" * 32 + b'","00000000-0000-0000-0000-000000000001",1,"x","2012-02-22T17:00:00+00:00"]'
    assert link(GENESIS, CASE, 1, "x", NOON, b"{}") == hashlib.sha256(head + b"\n{}").digest()


def test_each_part_is_under_the_digest() -> None:
    """Another predecessor, case, place, kind, instant or body gives another digest."""
    plain = link(GENESIS, CASE, 1, "x", NOON, b"{}")
    others = {
        link(bytes([1]) * 32, CASE, 1, "x", NOON, b"{}"),
        link(GENESIS, UUID(int=2), 1, "x", NOON, b"{}"),
        link(GENESIS, CASE, 2, "x", NOON, b"{}"),
        link(GENESIS, CASE, 1, "y", NOON, b"{}"),
        link(GENESIS, CASE, 1, "x", NOON + timedelta(microseconds=1), b"{}"),
        link(GENESIS, CASE, 1, "x", NOON, b"{ }"),
    }
    assert len(others | {plain}) == 7


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_equal_bodies_have_equal_bytes(body: dict[str, object]) -> None:
    """In whichever order its keys were written."""
    assert canonical(dict(reversed(body.items()))) == canonical(body)


def test_an_instant_is_digested_as_it_is_written() -> None:
    """Callers give UTC, which is what Postgres gives back; another zone's spelling would be another record."""
    elsewhere = NOON.astimezone(timezone(timedelta(hours=-5)))
    assert link(GENESIS, CASE, 1, "x", elsewhere, b"") != link(GENESIS, CASE, 1, "x", NOON, b"")
