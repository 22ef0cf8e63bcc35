"""Topics in trouble as things that need a person: what waits behind them, and what to do."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.console.lag.looks import History, Look, TopicNow, in_trouble
from services.console.stuck import Stuck, needs_of
from shared.kafka.groups import GroupView
from shared.kafka.topics import TOPICS, Topic
from tests.unit.console.test_board import HOUR, NOW, a_deadline

_MACHINE = datetime(2026, 11, 2, 8, tzinfo=UTC)
_DECISIONS = Topic.DECISIONS.value


def _history(*, reads: bool, members: tuple[str, ...] = ("notify-1",)) -> History:
    """Look each five seconds for two minutes, while one decision a look comes onto each partition."""
    history = History()
    for look in range(25):
        ends = {(topic.value, part): 0 for topic, shape in TOPICS.items() for part in range(shape.partitions)}
        at = dict.fromkeys(ends, 0)
        for part in range(TOPICS[Topic.DECISIONS].partitions):
            ends[_DECISIONS, part] = look
            at[_DECISIONS, part] = look if reads else 0
        view = GroupView(members=members, owners={}, told={}) if members else GroupView(members=(), owners={}, told={})
        history.add(
            Look(
                at=_MACHINE - timedelta(seconds=5 * (24 - look)),
                begins=dict.fromkeys(ends, 0),
                ends=ends,
                positions=at,
                groups={"notify": view},
            )
        )
    return history


def _stuck(history: History) -> list[TopicNow]:
    return in_trouble(history.now(_MACHINE))


def test_a_reader_that_does_not_move_needs_a_person() -> None:
    """With the nearest deadline of those who wait, and how what waits has grown."""
    history = _history(reads=False)
    (topic,) = _stuck(history)
    waited = history.waited(topic.topic)
    assert waited == [6 * look for look in range(25)]
    near, far = a_deadline("answer", HOUR), a_deadline("hold", 30 * HOUR, case_id=UUID(int=2))
    (need,) = needs_of([Stuck(topic=topic, behind=[near, far], waited=waited)], _MACHINE)
    assert need.title.startswith("custody.decisions.v1 stalled for ")
    assert need.title.endswith("144 messages not read by notify.")
    assert (need.due, need.case_id, need.state) == (NOW + HOUR, UUID(int=1), "late")
    assert need.why.startswith("2 cases with a clock running wait behind it. Restart the reader")
    assert need.waited == tuple(waited)


def test_nobody_in_the_group_is_another_word_and_another_remedy() -> None:
    """Somebody has to start it; that no deadline waits is said and not left out."""
    (topic,) = _stuck(_history(reads=False, members=()))
    (need,) = needs_of([Stuck(topic=topic, behind=[], waited=[])], _MACHINE)
    assert " stopped for " in need.title
    assert need.due is None
    assert need.why == "No deadline is known to wait there. Start the service."


def test_what_nobody_can_look_at_is_one_line() -> None:
    """Not seven, and never taken for well; who reads what comes is in no trouble."""
    unseen = _stuck(History())
    (need,) = needs_of([Stuck(topic=topic, behind=[], waited=[]) for topic in unseen], _MACHINE)
    assert need.title == "Nobody can look at the topics."
    assert _stuck(_history(reads=True)) == []
