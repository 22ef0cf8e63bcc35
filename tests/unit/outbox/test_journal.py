"""The digest of a record: over the one before, and all that the record says, in one form only."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.outbox.journal import GENESIS, canonical, link

CASE = UUID(int=1)
NOON = datetime(2012, 2, 22, 17, tzinfo=UTC)


def digest(**other: Any) -> bytes:
    """Give the digest of one record, but for what the test says otherwise."""
    said: dict[str, Any] = {"prev": GENESIS, "case_id": CASE, "seq": 1, "kind": "x", "at": NOON}
    said |= {"facility_ori": "CT0009300", "detainer_id": None, "body": b"{}"}
    return link(**(said | other))


def test_a_record_has_one_digest() -> None:
    """The bytes under the digest, written out: whoever checks the chain elsewhere builds them like this."""
    head = (
        b'["'
        + b"00" * 32
        + b'","00000000-0000-0000-0000-000000000001",1,"x","2012-02-22T17:00:00+00:00","CT0009300",null]'
    )
    assert digest() == hashlib.sha256(head + b"\n{}").digest()


def test_each_part_is_under_the_digest() -> None:
    """Another predecessor, case, place, kind, instant, facility, detainer or body gives another digest."""
    others = [
        {"prev": bytes([1]) * 32},
        {"case_id": UUID(int=2)},
        {"seq": 2},
        {"kind": "y"},
        {"at": NOON + timedelta(microseconds=1)},
        {"facility_ori": "CT0002300"},
        {"detainer_id": "D1"},
        {"body": b"{ }"},
    ]
    assert len({digest(), *(digest(**other) for other in others)}) == len(others) + 1


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_equal_bodies_have_equal_bytes(body: dict[str, object]) -> None:
    """In whichever order its keys were written."""
    assert canonical(dict(reversed(body.items()))) == canonical(body)


def test_an_instant_is_digested_in_utc() -> None:
    """However it was spelt when it was recorded, Postgres gives the instant back in another spelling."""
    assert digest(at=NOON.astimezone(timezone(timedelta(hours=-5)))) == digest()
