"""The topics: how their readers move, and what that means for a deadline."""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.console import show
from services.console.access import people
from services.console.accounts.person import Person
from services.console.lag.looks import GROUPS, TopicNow, in_trouble, waiting_of
from services.console.lag.model import worst
from services.console.lag.sampler import Sampler
from services.console.queries.behind import behind
from services.console.show import Values, View
from shared.kafka.topics import TOPICS, Topic
from shared.runtime.clock import machine_now

router = APIRouter()

Looking = Annotated[Person, Depends(people())]

#: Which topics a service reads and which it writes, for the picture of an event's way.
_WAY = (("intake", Topic.BOOKINGS), ("decision", Topic.CASES), ("notify", Topic.DECISIONS))


async def load(view: View) -> Values:
    """Read what the page shows."""
    sampler: Sampler = view.request.app.state.sampler
    now = machine_now()
    topics = sampler.history.now(now)
    troubled = in_trouble(topics)
    worst_one = troubled[0] if troubled else None
    waits = {topic.topic: await behind(topic, view.stands.deadlines, view.request.app.state.logs) for topic in troubled}
    pulses = {pulse.service: pulse for pulse in view.stands.heartbeat.all()}
    shared: dict[str, Any] = {
        "topics": topics,
        "by_name": {topic.topic: topic for topic in topics},
        "waits": waits,
        "pulses": pulses,
        "machine": now,
        "zone": view.stands.where.common_zone,
    }
    return {
        "topics_head": {**shared, "in_trouble": troubled, "looked": sampler.history.last},
        "topics_way": shared,
        "topics_worst": {**shared, "topic": worst_one, "sparks": _last_minutes(sampler, worst_one)},
        "topics_all": {**shared, "sparks": await _day(sampler)},
        "topics_groups": {**shared, "groups": _groups(sampler, topics)},
    }


@router.get("/topics")
async def topics(request: Request, person: Looking) -> Response:
    """Show all topics."""
    return await show.page(request, person, "topics.html", load)


@router.get("/topics/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)


def _last_minutes(sampler: Sampler, topic: TopicNow | None) -> dict[int, list[int]]:
    """Give what waited on each partition of a topic at the looks of the window."""
    if topic is None:
        return {}
    return {
        one.partition: [point.waiting for point in sampler.history.points((topic.topic, one.partition))]
        for one in topic.partitions
    }


async def _day(sampler: Sampler) -> dict[str, list[int]]:
    """Give what waited on each topic over the day; for those that nobody of ours reads, what arrived."""
    looks = await sampler.day()
    told: dict[str, list[int]] = {}
    for topic in TOPICS:
        if topic.value in GROUPS:
            told[topic.value] = [waiting_of(look, topic.value) for look in looks]
        else:
            ends = [sum(end for (name, _), end in look.ends.items() if name == topic.value) for look in looks]
            told[topic.value] = [max(0, later - sooner) for sooner, later in pairwise(ends)]
    return told


def _groups(sampler: Sampler, topics: list[TopicNow]) -> list[dict[str, Any]]:
    """Give our groups, each with its members and what Kafka was told of it that is not so."""
    last = sampler.history.last
    found = []
    for group in dict.fromkeys(GROUPS.values()):
        mine = [topic for topic in topics if topic.group == group]
        view = last.groups.get(group) if last else None
        found.append(
            {
                "name": group,
                "topics": mine,
                "status": worst([topic.status for topic in mine]),
                "members": view.members if view else None,
                "oldest": max((topic.oldest for topic in mine if topic.oldest), default=timedelta(0)),
                "elsewhere": [one for topic in mine for one in topic.partitions if one.told_elsewhere is not None],
            }
        )
    return found
