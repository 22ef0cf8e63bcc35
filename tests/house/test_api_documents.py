"""The documents that others make their clients from say what the code does."""

from pathlib import Path

import pytest

from services.console.cli.api import documents
from shared.kafka.topics import TOPICS

FOLDER = Path(__file__).parents[2] / "docs" / "api"


@pytest.mark.parametrize("name", sorted(documents()))
def test_a_document_has_not_drifted(name: str) -> None:
    """After a change of routes or events run `countersign api write`."""
    assert (FOLDER / name).read_text() == documents()[name]


def test_every_topic_and_event_is_described() -> None:
    """The table of topics is the source; nothing stands in the document that is not in it."""
    text = documents()["asyncapi.json"]
    for topic, shape in TOPICS.items():
        assert f'"{topic}"' in text
        assert all(f'"{kind}"' in text for kind in shape.events)
