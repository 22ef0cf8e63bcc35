"""What the broker keeps besides records."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from shared.embedded.broker.codes import Code
from shared.embedded.broker.journal import Journal
from shared.embedded.broker.store import Committed, Store


async def test_everything_is_there_after_opening_it_again(tmp_path: Path) -> None:
    """Topics, settings, offsets, the cluster's name, and no producer id twice."""
    store = Store(tmp_path)
    store.create("cases", 3, {"retention.ms": "1000"})
    store.grow("cases", 4)
    store.create("gone", 1, {})
    store.commit("intake", "cases", 2, Committed(5, "note"))
    store.commit("intake", "cases", 2, Committed(6, ""))
    store.commit("intake", "gone", 0, Committed(9, ""))
    store.commit("left", "cases", 0, Committed(1, ""))
    store.forget_group("left")
    ids = {store.new_producer() for _ in range(3)}
    assert await store.delete("gone") is Code.NONE
    await store.close()
    again = Store(tmp_path)
    assert {name: len(topic.partitions) for name, topic in again.topics.items()} == {"cases": 4}
    assert again.topics["cases"].retention_ms == 1000
    assert again.offsets == {"intake": {("cases", 2): Committed(6, "")}}
    assert again.cluster_id == store.cluster_id
    assert again.new_producer() not in ids
    await again.close()


async def test_a_new_topic_of_an_old_name_is_empty(tmp_path: Path) -> None:
    """What a crash left of a deleted topic does not come back with its name."""
    leftover = tmp_path / "cases-0" / f"{0:020d}.log"
    leftover.parent.mkdir()
    leftover.write_bytes(b"old")
    store = Store(tmp_path)
    assert not leftover.exists()
    store.create("cases", 1, {})
    assert store.topics["cases"].partitions[0].end == 0
    await store.close()


@pytest.mark.parametrize(
    ("name", "count", "configs", "code"),
    [
        ("fine", 1, {}, Code.NONE),
        ("../up", 1, {}, Code.INVALID_TOPIC),
        ("..", 1, {}, Code.INVALID_TOPIC),
        ("there", 1, {}, Code.TOPIC_ALREADY_EXISTS),
        ("none", 0, {}, Code.INVALID_PARTITIONS),
        ("many", 1001, {}, Code.INVALID_PARTITIONS),
        ("odd", 1, {"retention.ms": "soon"}, Code.INVALID_REQUEST),
    ],
)
async def test_a_topic_that_makes_no_sense_is_refused(
    tmp_path: Path, name: str, count: int, configs: Mapping[str, str], code: Code
) -> None:
    """Names become folders, so only harmless ones are taken."""
    store = Store(tmp_path)
    store.create("there", 1, {})
    assert store.check_new(name, count, configs) is code
    await store.close()


def test_a_torn_line_ends_the_journal(tmp_path: Path) -> None:
    """What was written whole is read; half a line, and a line that changed, are not."""
    journal = Journal(tmp_path / "journal")
    journal.write("one", 1)
    journal.write("two", 2)
    journal.close()
    path = tmp_path / "journal"
    path.write_bytes(path.read_bytes() + b"0000abcd [torn")
    again = Journal(path)
    assert list(again.entries()) == [["one", 1], ["two", 2]]
    path.write_bytes(path.read_bytes().replace(b"two", b"too"))
    assert list(again.entries()) == [["one", 1]]
    again.close()


async def test_a_long_journal_is_shortened(tmp_path: Path) -> None:
    """Hundreds of thousands of commits leave one line each partition, and nothing is forgotten."""
    store = Store(tmp_path)
    store.create("cases", 1, {})
    for offset in range(200_000):
        store.commit("decision", "cases", 0, Committed(offset, ""))
    before = (tmp_path / "journal").stat().st_size
    assert before > 8 << 20
    store.sweep()
    assert (tmp_path / "journal").stat().st_size < 1000
    store.commit("decision", "cases", 0, Committed(200_000, ""))
    await store.settled()
    await store.close()
    again = Store(tmp_path)
    assert again.offsets["decision"]["cases", 0] == Committed(200_000, "")
    await again.close()
