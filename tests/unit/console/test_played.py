"""The played people read what is theirs, sign for it, and shrug when they come too late."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from services.console.play.model import PersonLine
from services.console.play.played import NotPlayed, Played
from tests.unit.console.plays import NOON, ORI

KEYS = {"ice": "ice-key", f"jail:{ORI}": "jail-key", "reviewer": "r-key", "operator": "o-key"}


class Desk:
    """A service that answers by path, and remembers what it was asked."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, Any]] = []
        #: Answers that come one after the other.
        self.pages: dict[str, list[Any]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        body = json.loads(request.content) if request.content else None
        self.asked.append((f"{request.method} {request.url.raw_path.decode()}", body))
        name = f"{request.method} {request.url.path}"
        told = self.pages[name].pop(0) if name in self.pages else self.answers.get(name, 404)
        return httpx.Response(told) if isinstance(told, int) else httpx.Response(200, json=told)

    def people(self) -> Played:
        """Give people who speak to this desk alone."""
        client = httpx.AsyncClient(transport=httpx.MockTransport(self), base_url="http://desk")
        return Played({"intake": client, "decision": client, "notify": client}, KEYS)


async def test_a_recipient_with_news_reads_and_signs_once() -> None:
    """A feed is read when a new place was given out in it, and not again before the next."""
    jail = f"/v1/jails/{ORI}"
    desk = Desk(
        {f"GET {jail}/notices": {"items": [{"id": "n-1"}], "next": "c1"}, f"POST {jail}/receipts": {"items": []}}
    )
    people = desk.people()
    assert await people.read_feeds({f"jail:{ORI}": 1, "jail:unknown": 7})
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
    assert not await people.read_feeds({f"jail:{ORI}": 1})
    assert desk.asked == [
        (f"GET {jail}/notices?limit=500", None),
        (f"POST {jail}/receipts", {"ids": ["n-1"], "signed_by": "played jail"}),
    ]
    await people.read_feeds({f"jail:{ORI}": 2})
    assert (f"GET {jail}/notices?limit=500&after=c1", None) in desk.asked


async def test_a_long_feed_is_read_to_its_end() -> None:
    """A whole page means that there may be more, and nothing is left for the next time."""
    pages = [
        {"items": [{"id": f"n-{n}"} for n in range(500)], "next": "c1"},
        {"items": [{"id": "n-500"}], "next": "c2"},
    ]
    desk = Desk({"POST /v1/ice/receipts": {"items": []}})
    desk.pages = {"GET /v1/ice/responses": pages}
    people = desk.people()
    await people.read_feeds({"ice": 501})
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
    assert people.did == {"notices read": 501}
    assert sum(len(body["ids"]) for path, body in desk.asked if path.startswith("POST")) == 501


async def test_an_open_review_is_claimed_and_answered() -> None:
    """The played reviewer finds the question of that detainer."""
    desk = Desk(
        {
            "GET /v1/reviews": {"items": [{"id": "r-1"}], "next": None},
            "POST /v1/reviews/r-1/claim": {},
            "POST /v1/reviews/r-1/answer": {"status": "answered"},
        }
    )
    people = desk.people()
    said = {"outcome": "HOLD", "reason_code": "public_safety", "rationale": "because"}
    await people.act(
        PersonLine(at=NOON, act="play.review_answer", what={"detainer_id": "D 1", **said, "reviewer": "x"})
    )
    assert next(path for path, _ in desk.asked) == "GET /v1/reviews?detainer_id=D+1"
    assert desk.asked[-1] == ("POST /v1/reviews/r-1/answer", said)
    assert people.did == {"answers": 1}


@pytest.mark.parametrize("reviews", [[], [{"id": "r-9"}]])
async def test_an_answer_that_comes_too_late_is_counted(reviews: list[dict[str, str]]) -> None:
    """No question any more, or one that has just lapsed: no error, in either case."""
    people = Desk({"GET /v1/reviews": {"items": reviews, "next": None}, "POST /v1/reviews/r-9/claim": 409}).people()
    await people.act(PersonLine(at=NOON, act="play.review_answer", what={"detainer_id": "D-1"}))
    assert people.did == {"answers too late": 1}


async def test_an_operator_links_by_the_events_own_id() -> None:
    """Ids may hold a slash; they stay one step of the path."""
    desk = Desk({"POST /v1/waiting/d/1/link": {"status": "linked"}})
    people = desk.people()
    await people.act(
        PersonLine(at=NOON, act="play.waiting_link", what={"id": "d/1", "source": "/ice", "booking": "X/1"})
    )
    assert desk.asked == [("POST /v1/waiting/d%2F1/link", {"source": "/ice", "booking": "X/1"})]
    assert people.did == {"links": 1}


async def test_a_jail_asks_at_the_door_with_its_own_key() -> None:
    """The answer is counted; a hold before release was reported counts apart."""
    path = f"GET /v1/jails/{ORI}/bookings/12-1/release-check"
    desk = Desk({path: {"answer": "no_hold", "post_release_due": False}})
    people = desk.people()
    asks = PersonLine(at=NOON, act="play.release_check", what={"facility_ori": ORI, "booking_number": "12-1"})
    await people.act(asks)
    desk.answers[path] = {"answer": "hold", "post_release_due": True}
    await people.act(asks)
    assert people.did == {"release checks: no_hold": 1, "release checks: hold, release to be reported": 1}


async def test_an_operator_settles_what_is_set_aside_under_a_name() -> None:
    """It is looked up by the event's source and id; what is not there, or still fails, is counted and no error."""
    aside = {"id": "p-1", "source": "/ice", "event_id": "d/1"}
    desk = Desk(
        {
            "GET /v1/parked": {"items": [{"id": "p-0", "source": "/ice", "event_id": "d/0"}, aside], "next": None},
            "POST /v1/parked/p-1/discard": {"status": "discarded"},
            "POST /v1/parked/p-1/retry": 409,
        }
    )
    people = desk.people()
    said = {"source": "/ice", "id": "d/1", "reason": "sent anew"}
    await people.act(PersonLine(at=NOON, act="play.parked_discard", what=said))
    assert desk.asked[-1] == ("POST /v1/parked/p-1/discard", {"reason": "sent anew"})
    await people.act(PersonLine(at=NOON, act="play.parked_retry", what=said))
    await people.act(PersonLine(at=NOON, act="play.parked_retry", what={**said, "id": "d/2"}))
    assert people.did == {"parked, discard": 1, "retry of nothing set aside": 2}


async def test_an_operator_registers_a_facility() -> None:
    """The ORI stands in the path, all else in the form."""
    desk = Desk({"PUT /v1/facilities/CT0001500": {}})
    people = desk.people()
    await people.act(PersonLine(at=NOON, act="play.facility_add", what={"ori": "CT0001500", "name": "Bridgeport"}))
    assert desk.asked == [("PUT /v1/facilities/CT0001500", {"name": "Bridgeport"})]
    assert people.did == {"facilities added": 1}


async def test_nobody_acts_without_a_key() -> None:
    """A jail that nobody issued a key for cannot ask; that is a fault of the run."""
    people = Desk({}).people()
    with pytest.raises(NotPlayed, match="no key"):
        await people.act(PersonLine(at=NOON, act="play.release_check", what={"facility_ori": "X"}))


async def test_being_sent_away_is_said_aloud() -> None:
    """A key that is not let in is a fault of the run, and no late answer."""
    people = Desk({"GET /v1/reviews": 403}).people()
    with pytest.raises(NotPlayed, match="403"):
        await people.act(PersonLine(at=NOON, act="play.review_answer", what={}))
