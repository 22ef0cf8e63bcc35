"""The proxies know what is said on them: whole messages, wherever the bytes are cut."""

import struct

import pytest

from rig.wires import KafkaWire, Point, PostgresWire, Proxy, Trap, Wire


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


#: As a client of ours speaks: it begins, prepares a statement, runs it, and commits.
_BEGINS = struct.pack("!I", 4 + 4 + 27) + struct.pack("!I", 196608) + b"application_name\0notify-1\0\0"
_PREPARES = _message(b"P", b"s1\0INSERT INTO notify.windows VALUES ($1)\0\0\0")
_BINDS = _message(b"B", b"\0s1\0\0\0\0\0\0\0")
_RUNS = _message(b"E", b"\0\0\0\0\0")
_COMMITS = _message(b"Q", b"COMMIT;\0")


def _wire(kind: type[Wire], point: Point | None) -> tuple[Wire, Trap, list[str]]:
    killed: list[str] = []
    trap = Trap(killed.append)
    trap.point = point
    return kind(Proxy(kind, 0, trap, dict), 0), trap, killed


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_a_statement_is_known_by_its_name_however_the_bytes_come(size: int) -> None:
    """The point before it strikes when it is run, not when it is prepared; nothing of it is passed on."""
    wire, trap, killed = _wire(PostgresWire, Point("notify", "INSERT INTO notify.windows", "before"))
    said, passed = _BEGINS + _PREPARES + _BINDS + _RUNS, b""
    for at in range(0, len(said), size):
        part = wire.heard(said[at : at + size])
        if part is None:
            break
        passed += part
    assert killed == ["notify-1"]
    assert said.startswith(passed)
    assert not passed.endswith(_RUNS)
    assert trap.point is None


def test_a_point_after_lets_the_words_pass_and_waits_for_the_answer() -> None:
    """The commit is carried out; who asked for it does not live to hear so."""
    wire, _, killed = _wire(PostgresWire, Point("notify", "COMMIT", "after"))
    wire.heard(_BEGINS)
    assert wire.heard(_COMMITS) == _COMMITS
    assert killed == []
    assert wire.swallow is not None


def test_another_service_s_commit_is_no_such_point() -> None:
    """A point names who speaks."""
    wire, trap, killed = _wire(PostgresWire, Point("intake", "COMMIT", "before"))
    assert wire.heard(_BEGINS + _COMMITS) == _BEGINS + _COMMITS
    assert (killed, trap.point is None) == ([], False)


def test_a_request_to_kafka_is_known_by_its_number() -> None:
    """Produce is 0; one that is cut in the middle waits for its rest."""
    wire, _, killed = _wire(KafkaWire, Point("", "Produce", "before"))
    request = struct.pack("!Ihh", 4, 0, 7)
    assert wire.heard(request[:5]) == b""
    assert wire.heard(request[5:]) is None
    assert killed == ["?"]
