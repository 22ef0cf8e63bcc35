"""A notebook on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.delivery.notebook import Notebook
from tests.support.database import Database


@pytest.fixture
async def notebook(database: Database) -> AsyncIterator[Notebook]:
    """Give a notebook that runs on intake's pipeline role."""
    async with database.sessions("intake") as sessions:
        yield Notebook(sessions)
