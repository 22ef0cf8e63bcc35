"""A topic of a test's own."""

from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest

from shared.kafka.aio import create_topics

MakeTopic = Callable[..., Awaitable[str]]


@pytest.fixture
def make_topic(kafka: str) -> MakeTopic:
    """Give a function that makes a topic nobody else uses, and tells its name."""

    async def make(partitions: int = 1) -> str:
        name = f"test-{uuid4().hex}"
        await create_topics(kafka, {name: partitions}, replicas=1, configs={})
        return name

    return make
