"""Ids: UUIDv7, never given twice, ordered by the machine's clock."""

import time

from shared.runtime.ids import UuidV7


def test_an_id_is_a_version_7_uuid() -> None:
    """Version and variant stand where RFC 9562 has them, and the first 48 bits are milliseconds."""
    before = time.time_ns() // 1_000_000
    made = UuidV7().new()
    after = time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made.int >> 80 <= after


def test_no_id_comes_twice() -> None:
    """Seventy-four random bits beside the instant."""
    ids = UuidV7()
    assert len({ids.new() for _ in range(10_000)}) == 10_000
