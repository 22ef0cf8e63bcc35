"""Every topic has a writer and a reader, and every event one topic."""

import ast
from collections import Counter
from pathlib import Path

import services
from shared.kafka.topics import TOPICS, Topic, topic_for

_SERVICES = Path(services.__file__).parent
#: Read by people and outsiders, whom the console stands for.
_FOR_PEOPLE = {Topic.NOTICES, Topic.PARKED}


def _named(service: str) -> set[Topic]:
    """Give the topics that a service's main takes from."""
    tree = ast.parse((_SERVICES / service / "main.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    sources = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "source"]
    return {
        Topic[arg.attr] for call in sources for arg in call.args if isinstance(arg, ast.Attribute)
    }  # fmt: skip


def test_every_topic_is_in_the_table_with_writer_and_reader() -> None:
    """A topic that nobody writes or reads is a mistake; so is a service that does not exist."""
    assert set(TOPICS) == set(Topic)
    known = {"intake", "decision", "notify", "console"}
    for topic, shape in TOPICS.items():
        assert shape.writers, topic
        assert shape.readers, topic
        assert shape.writers | shape.readers <= known, topic


def test_every_event_has_one_topic() -> None:
    """The type alone says where an event goes."""
    events = Counter(event for shape in TOPICS.values() for event in shape.events)
    assert set(events.values()) == {1}
    assert all(event in TOPICS[topic_for(event)].events for event in events)


def test_services_take_from_the_topics_that_the_table_gives_them() -> None:
    """What a main consumes is what the table says it reads, no more and no less."""
    for service in ("intake", "decision", "notify"):
        assert _named(service) == {
            topic for topic, shape in TOPICS.items() if service in shape.readers and topic not in _FOR_PEOPLE
        }
