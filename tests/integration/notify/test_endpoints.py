"""Owners look after their webhooks themselves, and nobody else sees or reads anything of them."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError

from tests.integration.notify import receiver as manners
from tests.integration.notify.conftest import Office
from tests.integration.notify.receiver import answering, receiver
from tests.support.decisions import NOW, OPENS, ORI, OTHER_ORI, a_decision

PATH = "/v1/endpoints"
REASON = {"reason": "moved"}


async def listed(office: Office, who: str) -> list[dict[str, Any]]:
    """Give the endpoints that someone sees."""
    items: list[dict[str, Any]] = (await office.get(who, PATH)).json()["items"]
    return items


async def test_an_endpoint_is_active_once_it_answered_a_test(office: Office) -> None:
    """Registered, challenged with a signed message, shown with its secret this once."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
    (got,) = jail.got
    assert got.said["type"] == "endpoint.test"
    assert set(got.said["data"]) == {"id", "text"}
    assert got.is_signed_with(made["secret"])
    assert (made["recipient"], made["content"], made["state"]) == (f"jail:{ORI}", "full", "active")
    (shown,) = await listed(office, "jail")
    assert shown == {name: value for name, value in made.items() if name not in {"secret", "tested"}}
    assert made["secret"] not in (await office.get("jail", f"{PATH}/{made['id']}")).text


async def test_a_person_is_told_that_notices_go_to_a_new_place(office: Office) -> None:
    """Registered with a stolen key it would be seen; once for each time, with the jail's contact."""
    await office.database.run(
        "INSERT INTO intake.facilities"
        " VALUES (:ori, 'New Haven', 'CT', 'state', 'America/New_York', 'desk@jail', :now, :now)",
        ori=ORI,
        now=NOW,
    )
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        await office.post("jail", f"{PATH}/{made['id']}/test", {})
        await office.post("operator", f"{PATH}/{made['id']}/enable", {})
        alarms = "SELECT kind, facility_ori, contact FROM notify.alarms"
        assert await office.database.all(alarms) == [("endpoint_activated", ORI, "desk@jail")]
        await office.post("jail", f"{PATH}/{made['id']}/disable", REASON)
        await office.database.step(OPENS)
        await office.post("jail", f"{PATH}/{made['id']}/enable", {})
    assert len(await office.database.all(alarms)) == 2


async def test_one_that_does_not_answer_stays_unproven_and_gets_nothing(office: Office) -> None:
    """A typo or another's server: nothing is sent there until it has said the test's id."""
    async with receiver(answering(200, b"welcome")) as jail:
        made = await office.register("jail", jail.url)
        assert (made["state"], made["tested"]["result"]) == ("unproven", "unconfirmed")
        await office.hear(a_decision())
        await office.carry()
        assert len(jail.got) == 1
        jail.manner = manners.echo
        tested = (await office.post("jail", f"{PATH}/{made['id']}/test", {})).json()
    assert (tested["result"], tested["status"], tested["state"]) == ("confirmed", 200, "active")


async def test_during_a_rotation_both_secrets_sign(office: Office) -> None:
    """The receiver changes over when it likes; a third time in a day is refused."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        path = f"{PATH}/{made['id']}"
        turned = (await office.post("jail", f"{path}/rotate", {})).json()
        await office.post("jail", f"{path}/test", {})
        assert turned["secret"] != made["secret"]
        assert turned["old_secret_retires_at"]
        assert jail.got[-1].is_signed_with(made["secret"])
        assert jail.got[-1].is_signed_with(turned["secret"])
        await office.database.run(
            "UPDATE notify.endpoint_secrets SET retires_at = now() - interval '1 s' WHERE retires_at IS NOT NULL"
        )
        await office.post("jail", f"{path}/test", {})
        assert not jail.got[-1].is_signed_with(made["secret"])
        assert jail.got[-1].is_signed_with(turned["secret"])
        answers = [(await office.post("jail", f"{path}/rotate", {})).status_code for _ in range(3)]
    assert answers == [200, 200, 409]


async def test_every_attempt_is_listed_to_its_owner(office: Office) -> None:
    """Tests and notices, the newest first, with what was answered."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision())
        await office.carry()
        items = (await office.get("jail", f"{PATH}/{made['id']}/attempts")).json()["items"]
    assert [(item["way"], item["result"], item["status"]) for item in items] == [
        ("webhook", "refused", 500),
        ("webhook_test", "confirmed", 200),
    ]


async def test_notices_are_sent_once_more_on_request(office: Office) -> None:
    """What an owner lost, or never had; not another's, and not what a later word has overtaken."""
    await office.hear(replace(a_decision(), detainer_id="D-1"), a_decision())
    await office.carry()
    ids = [item["id"] for item in await office.feed()]
    theirs = [item["id"] for item in await office.feed("ice")]
    async with receiver() as jail:
        path = f"{PATH}/{(await office.register('jail', jail.url))['id']}/resend"
        await office.hear(a_decision(2, "RELEASE"))
        await office.carry()
        for _ in range(2):
            jail.got.clear()
            answer = await office.post("jail", path, {"ids": [*ids, *theirs]})
            assert (answer.status_code, sorted(answer.json()["ids"])) == (202, sorted(ids))
            await office.carry()
            assert [got.said["data"]["detainer_id"] for got in jail.got] == ["D-1"]
        assert (await office.post("other_jail", path, {"ids": ids})).status_code == 404
        assert (await office.post("jail", path, {"ids": ["nonsense"]})).status_code == 404
        await office.post("jail", path.replace("resend", "disable"), REASON)
        assert (await office.post("jail", path, {"ids": ids})).status_code == 409


async def test_a_url_is_registered_once_at_a_time(office: Office) -> None:
    """Again only once it was disabled; and then the old one stays disabled."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        assert (await office.post("jail", PATH, {"url": jail.url})).status_code == 409
        await office.register("ice", jail.url)
        assert (await office.post("jail", f"{PATH}/{made['id']}/disable", REASON)).json()["state"] == "disabled"
        await office.register("jail", jail.url)
        assert (await office.post("jail", f"{PATH}/{made['id']}/enable", {})).status_code == 409


async def test_a_recipient_has_ten_endpoints_at_most(office: Office) -> None:
    """Each notice goes to each of them."""
    async with receiver() as jail:
        for n in range(10):
            await office.register("jail", f"{jail.url}/{n}")
        answer = await office.post("jail", PATH, {"url": jail.url})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:countersign:problem:too_many_endpoints")


@pytest.mark.parametrize(
    ("who", "body", "status"),
    [
        ("jail", {"url": "http://jail.example.com/"}, 422),
        ("jail", {"url": "https://10.0.0.1/"}, 422),
        ("jail", {"url": "https://jail.example.com/#x"}, 422),
        ("jail", {"url": "https://jail.example.com/", "content": "half"}, 422),
        ("jail", {"url": "https://jail.example.com/", "more": 1}, 422),
        ("jail", {}, 422),
        ("jail", {"url": "https://jail.example.com/", "facility_ori": OTHER_ORI}, 404),
        ("ice", {"url": "https://ice.example.com/", "facility_ori": ORI}, 422),
        ("operator", {"url": "https://jail.example.com/"}, 403),
        ("auditor", {"url": "https://jail.example.com/"}, 403),
    ],
)
async def test_what_is_no_endpoint_is_refused(office: Office, who: str, body: object, status: int) -> None:
    """Before anything is dialled or kept."""
    answer = await office.post(who, PATH, body)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert await office.database.all("SELECT 1 FROM notify.endpoints") == []


async def test_another_owners_endpoint_is_not_there(office: Office) -> None:
    """Every route gives the bytes that a random id gives; an operator sees all, and gets no secret."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
    theirs, random = f"{PATH}/{made['id']}", f"{PATH}/0135b160-b700-7d43-9e44-7c8d9e0f1a23"
    missing = await office.get("other_jail", random)
    assert missing.status_code == 404
    for who in ("other_jail", "ice"):
        assert await listed(office, who) == []
        for path in (theirs, f"{theirs}/attempts", f"{PATH}/nonsense"):
            answer = await office.get(who, path)
            assert (path, answer.status_code, answer.content) == (path, 404, missing.content)
        for act in ("rotate", "test", "disable", "enable"):
            answer = await office.post(who, f"{theirs}/{act}", REASON)
            assert (act, answer.status_code, answer.content) == (act, 404, missing.content)
    assert [item["id"] for item in await listed(office, "operator")] == [made["id"]]
    assert (await office.post("operator", f"{theirs}/rotate", {})).status_code == 403
    assert len(jail.got) == 1


async def test_requests_can_add_secrets_and_read_none(office: Office) -> None:
    """The database itself keeps them: neither a jail's request nor an operator's gets at the bytes."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
    async with office.database.sessions("notify", "api") as requests:
        for scope in ({"reach": "all"}, {"reach": "oris", "oris": ORI}):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with requests.reading(**scope) as session:
                    await session.all("SELECT secret FROM notify.endpoint_secrets")
        with pytest.raises(DBAPIError, match="row-level security"):
            async with requests.transaction(reach="oris", oris=OTHER_ORI) as session:
                await session.run(
                    "INSERT INTO notify.endpoint_secrets (id, endpoint_id, recipient, facility_ori, secret)"
                    " VALUES (gen_random_uuid(), :id, :recipient, :ori, 'mine')",
                    id=UUID(made["id"]),
                    recipient=f"jail:{ORI}",
                    ori=ORI,
                )
