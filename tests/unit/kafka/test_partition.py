"""Keys go where every client that follows Kafka's custom sends them."""

from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.aio import partition_for


@given(st.binary(max_size=80), st.integers(min_value=1, max_value=64))
def test_our_hash_is_the_clients_own(key: bytes, partitions: int) -> None:
    """Ours is only faster."""
    places = list(range(partitions))
    assert partition_for(key, partitions) == DefaultPartitioner()(key, places, places)


@pytest.mark.parametrize("key", [b"", b"CT0009300/12-004711", str(UUID(int=5)).encode()])
def test_a_key_has_one_place(key: bytes) -> None:
    """The same key, the same partition, within what there is."""
    assert 0 <= partition_for(key, 6) == partition_for(key, 6) < 6
