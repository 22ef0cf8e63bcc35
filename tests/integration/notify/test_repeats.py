"""A request that comes twice under one Idempotency-Key acts once and is answered alike; only its asker reads that."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.http.repeats import HEADER, KEPT, Repeats
from shared.runtime.clock import machine_now
from tests.integration.notify.conftest import Office
from tests.integration.notify.receiver import receiver
from tests.support.decisions import ORI, a_decision

PATH = "/v1/endpoints"


async def post(office: Office, path: str, body: object = None, *, key: str, who: str = "jail") -> httpx.Response:
    """Send under a key."""
    async with office.client(who) as client:
        return await client.post(path, json=body, headers={HEADER: key})


async def rows(office: Office) -> list[tuple[Any, ...]]:
    """Give what stands of the keys."""
    return await office.database.all("SELECT caller, key_digest, answer FROM notify.repeats")


async def test_a_rotation_asked_twice_makes_one_secret_and_tells_it_twice(office: Office) -> None:
    """The answer that was lost on its way had the secret in it; it is not lost with it."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        path, key = f"{PATH}/{made['id']}/rotate", str(uuid4())
        first = await post(office, path, key=key)
        again = await post(office, path, key=key)
        other = await post(office, path, key=str(uuid4()))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert other.json()["secret"] != first.json()["secret"]
    assert await office.database.all("SELECT count(*) FROM notify.endpoint_secrets") == [(3,)]


async def test_a_secret_is_nowhere_in_what_is_kept(office: Office) -> None:
    """Who reads the table has neither the secret nor the key that opens it."""
    async with receiver() as jail:
        key = str(uuid4())
        answer = await post(office, PATH, {"url": jail.url}, key=key)
    ((_, digest, kept),) = await rows(office)
    secret = answer.json()["secret"]
    assert secret.encode() not in kept
    assert key.encode() not in digest
    assert len(kept) > len(answer.content)


async def test_the_same_key_with_another_request_is_refused(office: Office) -> None:
    """Another body, or another route, is another request."""
    async with receiver() as one, receiver() as two:
        key = str(uuid4())
        made = (await post(office, PATH, {"url": one.url}, key=key)).json()
        for path, body in ((PATH, {"url": two.url}), (f"{PATH}/{made['id']}/rotate", None)):
            answer = await post(office, path, body, key=key)
            assert (answer.status_code, answer.json()["type"]) == (
                422,
                "urn:countersign:problem:idempotency_key_reused",
            )
    assert await office.database.all("SELECT count(*) FROM notify.endpoints") == [(1,)]


async def test_two_callers_may_use_one_key(office: Office) -> None:
    """A key is the caller's own; nobody learns from it what another did."""
    async with receiver() as one, receiver() as two:
        key = str(uuid4())
        mine = await post(office, PATH, {"url": one.url}, key=key)
        theirs = await post(office, PATH, {"url": two.url}, key=key, who="other_jail")
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]


async def test_what_was_refused_may_be_mended_under_its_key(office: Office) -> None:
    """Nothing was done, so nothing is to be repeated."""
    async with receiver() as jail:
        key = str(uuid4())
        refused = await post(office, PATH, {"url": jail.url, "content": "all"}, key=key)
        mended = await post(office, PATH, {"url": jail.url}, key=key)
    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_two_at_once_act_once(office: Office) -> None:
    """The second waits for the first's commit and is undone; it is told to ask again, and then has the answer."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        path, key = f"{PATH}/{made['id']}/rotate", str(uuid4())
        answers = await asyncio.gather(*(post(office, path, key=key) for _ in range(5)))
        last = await post(office, path, key=key)
    assert {answer.status_code for answer in answers} <= {200, 409}
    told = {answer.json()["secret"] for answer in (*answers, last) if answer.status_code == 200}
    assert told == {last.json()["secret"]}
    assert await office.database.all("SELECT count(*) FROM notify.endpoint_secrets") == [(2,)]


async def test_an_answer_that_was_lost_is_not_made_up(office: Office) -> None:
    """The process ended between its commit and its answer: what was asked stands, and is not done again."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        path, key = f"{PATH}/{made['id']}/rotate", str(uuid4())
        await post(office, path, key=key)
        await office.database.run("UPDATE notify.repeats SET answer = NULL")
        answer = await post(office, path, key=key)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:countersign:problem:answer_pending")
    assert answer.headers["retry-after"] == "1"
    assert await office.database.all("SELECT count(*) FROM notify.endpoint_secrets") == [(2,)]


async def test_a_recall_on_the_pipelines_role_is_remembered_too(office: Office) -> None:
    """What a request has others do for it is done in the same way: a resend goes out once."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        await office.hear(a_decision())
        await office.carry()
        (notice,) = await office.feed()
        key, body = str(uuid4()), {"ids": [notice["id"]]}
        first = await post(office, f"{PATH}/{made['id']}/resend", body, key=key)
        await office.carry()
        again = await post(office, f"{PATH}/{made['id']}/resend", body, key=key)
        await office.carry()
    assert (first.status_code, first.content) == (202, again.content)
    assert [got.said.get("type") for got in jail.got].count("notice.decision") == 2


async def test_a_key_counts_for_a_day_and_is_then_forgotten(office: Office) -> None:
    """Old keys neither answer nor stay."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        path, key = f"{PATH}/{made['id']}/rotate", str(uuid4())
        first = await post(office, path, key=key)
        old = machine_now() - KEPT - timedelta(minutes=1)
        await office.database.run("UPDATE notify.repeats SET begun_at = :old", old=old)
        again = await post(office, path, key=key)
        assert first.json()["secret"] != again.json()["secret"]
        assert len(await rows(office)) == 1
        await office.database.run("UPDATE notify.repeats SET begun_at = :old", old=old)
        repeats = Repeats("notify", office.pipeline)
        assert (await repeats.prune(), await repeats.prune()) == (1, 0)
    assert await rows(office) == []


@pytest.mark.parametrize("key", ["", "short", "with a space in the middle", "x" * 201])
async def test_a_key_that_is_none_is_refused(office: Office, key: str) -> None:
    """A key that two requests might share by accident is no key."""
    answer = await post(office, f"{PATH}/{uuid4()}/rotate", key=key)
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:countersign:problem:invalid_request")


async def test_who_has_no_valid_key_learns_nothing(office: Office) -> None:
    """An answer is given to its asker's own API key alone, and only while that is valid."""
    async with receiver() as jail:
        key = str(uuid4())
        await post(office, PATH, {"url": jail.url}, key=key)
        office.keys["gone"] = office.keys["jail"][:-1] + ("A" if office.keys["jail"][-1] != "A" else "B")
        answer = await post(office, PATH, {"url": jail.url}, key=key, who="gone")
    assert answer.status_code == 401


async def test_a_body_that_is_too_long_is_not_kept_in_memory(office: Office) -> None:
    """It is refused where reading stopped, also by a route that takes no body."""
    answer = await post(office, f"{PATH}/{uuid4()}/rotate", "x" * 70_000, key=str(uuid4()))
    assert answer.status_code == 413


async def test_without_a_key_all_is_as_before(office: Office) -> None:
    """The header is an offer."""
    await office.hear(a_decision())
    await office.settle()
    (notice,) = await office.feed()
    for _ in range(2):
        answer = await office.post("jail", f"/v1/jails/{ORI}/notices/{notice['id']}/receipt", {"signed_by": "desk"})
        assert answer.status_code == 200
    assert await rows(office) == []
