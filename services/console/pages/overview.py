"""The overview: whether everyone is in time, and if not, what is to be done first."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.console import show
from services.console.access import people
from services.console.accounts.person import Person
from services.console.board import board, needs
from services.console.lag.looks import TopicNow, in_trouble
from services.console.lag.sampler import Sampler
from services.console.queries import overview as queries
from services.console.queries.behind import behind
from services.console.show import Values, View
from services.console.stuck import Stuck, needs_of
from services.console.timebar import bar, shared_axis
from shared.runtime.clock import machine_now

router = APIRouter()

Looking = Annotated[Person, Depends(people())]

#: Rows of a tile; what is further off stands behind its link.
_ROWS = 6
_NEEDS = 8
_ALARMS = 200


async def load(view: View) -> Values:
    """Read what the overview shows."""
    stands = view.stands
    sampler: Sampler = view.request.app.state.sampler
    called, alarms = await queries.alarms(view.cases, stands.where, most=_ALARMS)
    machine = machine_now()
    topics = sampler.history.now(machine)
    stuck = [await _stuck(view, sampler, topic) for topic in in_trouble(topics)]
    wanting = needs(stands.deadlines, called, stands.heartbeat.all(), view.now, needs_of(stuck, machine))
    holds = await queries.holds(view.cases, stands.where, most=_ROWS)
    zone = stands.where.common_zone
    axis = shared_axis([one.window for one in holds], view.now, zone)
    of_kind = {
        kind: [one for one in stands.deadlines if one.kind == kind] for kind in ("hold", "answer", "review", "receipt")
    }
    return {
        "verdict": {"stands": stands, "zone": zone, "wanting": len(wanting)},
        "hero": {"stands": stands, "needs": wanting[:_NEEDS], "more": len(wanting) - _NEEDS, "alarms": alarms},
        "board": {"stands": stands, "lines": board(stands.deadlines, view.now)},
        "holds": {
            "rows": [(one, bar(one.window, view.now, axis)) for one in holds],
            "states": {one.subject: one for one in of_kind["hold"]},
            "by_case": {(one.case_id, one.detainer_id): one for one in of_kind["hold"]},
            "axis": axis,
            "days": axis.midnights(zone),
            "here": axis.place(view.now),
            "total": len(of_kind["hold"]),
        },
        "answers": {"rows": of_kind["answer"][:_ROWS], "total": len(of_kind["answer"])},
        "reviews": {"rows": of_kind["review"][:_ROWS], "total": len(of_kind["review"])},
        "receipts": {"rows": of_kind["receipt"][:_ROWS], "total": len(of_kind["receipt"])},
        "strip": {"topics": topics, "waited": {one.topic.topic: one.waited for one in stuck}},
        "services": {"pulses": stands.heartbeat.all()},
        "never": {"asked": await queries.never(view.cases), "pulses": stands.heartbeat.pulses},
    }


async def _stuck(view: View, sampler: Sampler, topic: TopicNow) -> Stuck:
    """Tell who waits behind a topic in trouble, and how what waits there has grown."""
    behind_it = await behind(topic, view.stands.deadlines, view.request.app.state.logs)
    return Stuck(topic=topic, behind=behind_it, waited=sampler.history.waited(topic.topic))


@router.get("/")
async def overview(request: Request, person: Looking) -> Response:
    """Show the overview."""
    return await show.page(request, person, "overview.html", load)


@router.get("/stream")
async def follow(request: Request, person: Looking) -> Response:
    """Keep the page true."""
    return await show.stream(request, person, load)
