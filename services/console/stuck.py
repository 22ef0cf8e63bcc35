"""Topics whose readers do not keep up, as things that need a person: who waits, how it went, what to do. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.console.board import Need
from services.console.lag.looks import TopicNow
from services.console.lag.model import Status
from services.console.queries.deadlines import Deadline
from services.console.words import plural, span
from services.console.words_of_topics import STATUS_SHAPES

_NOT_LOOKED = "Nobody can look at the topics."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A topic in trouble."""

    topic: TopicNow
    #: Deadlines of the cases whose messages are not read, the nearest first.
    behind: Sequence[Deadline]
    #: What waited on the whole topic at each look of the last minutes.
    waited: Sequence[int]


def needs_of(stuck: Sequence[Stuck], machine: datetime) -> Iterator[Need]:
    """Give one need for each topic whose reader is in trouble, and one for all that nobody can look at."""
    unseen = [one.topic.topic for one in stuck if one.topic.status is Status.UNKNOWN]
    if unseen:
        yield Need(
            due=None,
            state="risk",
            title=_NOT_LOOKED,
            why=f"Nothing was seen of {plural(len(unseen), 'topic')} for half a minute: whether events are read is"
            " not known. Kafka, or the console's way to it, is away.",
            acts=(("Topics", "/topics"),),
        )
    yield from (_need(one, machine) for one in stuck if one.topic.status is not Status.UNKNOWN)


def _need(one: Stuck, machine: datetime) -> Need:
    topic, first = one.topic, next((each for each in one.behind if not each.is_late), None)
    since = topic.worst.judged.stuck_since
    lasts = f" for {span((machine - since).total_seconds())}" if since else ""
    cases = len({each.case_id for each in one.behind})
    waits = f"{plural(cases, 'case')} with a clock running wait behind it." if cases > 1 else ""
    waits = waits or (
        "A case with a clock running waits behind it." if cases else "No deadline is known to wait there."
    )
    return Need(
        due=first.due_at if first else None,
        state=STATUS_SHAPES[topic.status][1] or "risk",
        title=f"{topic.topic} {topic.status}{lasts}: {plural(topic.waiting, 'message')} not read by {topic.group}.",
        why=f"{waits} {_TO_DO[topic.status]}",
        case_id=first.case_id if first else None,
        waited=tuple(one.waited),
        acts=(("Open topic", f"/topics/{topic.topic}"),),
    )


_TO_DO = {
    Status.STOPPED: "Start the service.",
    Status.STALLED: "Restart the reader: nothing is lost or told twice, offsets stand in Postgres.",
    Status.FALLING_BEHIND: "Add an instance, up to six.",
}
