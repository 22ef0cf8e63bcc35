"""Mail as the second way: whom it goes to, when, what it says, and what happens when it cannot be handed over."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.notify import mails
from services.notify.channels.email import Post, relay_of
from tests.integration.notify import receiver as manners
from tests.integration.notify.conftest import Office
from tests.integration.notify.receiver import answering, receiver
from tests.integration.notify.relay import PlayedRelay, hanging_relay, played_relay
from tests.support.decisions import CLOSES, DETAINER, DUE, NOW, NUMBER, OPENS, ORI, a_decision, a_hold

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
DESK, CHIEF = "desk@jail.example", "chief@jail.example"
RUNGS = [
    {"name": "Shift desk", "address": DESK, "after_minutes": 30},
    {"name": "Jail administrator", "address": CHIEF, "after_minutes": 120},
]


def with_relay(office: Office, url: str, deadline_s: float = 5.0) -> None:
    """Let the office hand its mail to a relay on this machine."""
    post = Post(relay_of(url, own_machine=True), ssl.create_default_context, deadline_s=deadline_s)
    office.mailer = office.app.state.mailer = replace(office.mailer, post=post)


@pytest.fixture
async def relay(office: Office) -> AsyncIterator[PlayedRelay]:
    """Give a relay that the office uses, and a ladder at the jail."""
    async with played_relay() as made:
        with_relay(office, made.url)
        answer = await office.put("jail", "/v1/ladders", {"rungs": RUNGS})
        assert answer.status_code == 200, answer.text
        yield made


async def deliver(office: Office) -> None:
    """Do all that is due at this instant, on every way."""
    await office.carry()
    async with office.pipeline.reading() as session:
        recipients = await mails.waiting(session, [], office.pipeline.clock.now())
    for recipient in recipients:
        await office.mailer.serve(recipient)


async def play_on(office: Office, until: datetime) -> None:
    """Step from one due instant to the next, mail included."""
    await deliver(office)
    last = None
    while (due_at := await office.next_due()) is not None and due_at <= until:
        assert last is None or due_at > last, "an instant must vanish once it is done"
        last = due_at
        await office.database.step(due_at)
        await deliver(office)


async def test_who_is_put_on_a_ladder_learns_of_it_and_a_person_is_told(office: Office, relay: PlayedRelay) -> None:
    """A test mail to each, and an alarm: a stolen key must not lead notices elsewhere unseen."""
    assert sorted(mail["To"] for mail in relay.took) == [CHIEF, DESK]
    assert await office.database.all("SELECT kind, facility_ori FROM notify.alarms") == [("ladder_changed", ORI)]
    shown = (await office.get("jail", "/v1/ladders")).json()["items"]
    assert [(rung["rung"], rung["name"]) for rung in shown] == [(1, "Shift desk"), (2, "Jail administrator")]
    assert (await office.get("other_jail", "/v1/ladders")).json()["items"] == []
    assert len((await office.get("operator", "/v1/ladders")).json()["items"]) == 2


async def test_a_notice_that_lies_unread_climbs_the_ladder(office: Office, relay: PlayedRelay) -> None:
    """The desk after half an hour, the administrator after two; each attempt is a record."""
    await office.hear(a_decision())
    await play_on(office, NOW + 29 * MINUTE)
    assert relay.to(DESK) == []
    await play_on(office, NOW + HOUR)
    assert (len(relay.to(DESK)), len(relay.to(CHIEF))) == (1, 0)
    await play_on(office, NOW + 2 * HOUR)
    assert (len(relay.to(DESK)), len(relay.to(CHIEF))) == (1, 1)
    rows = await office.database.all(
        "SELECT rung, result, status FROM notify.attempts WHERE way = 'email' ORDER BY rung"
    )
    assert rows == [(1, "handed", 250), (2, "handed", 250)]
    states = await office.database.all("SELECT state FROM notify.deliveries WHERE recipient <> 'ice'")
    assert states == [("sent",)], "handed to a relay is not delivered"


async def test_what_arrives_needs_no_mail(office: Office, relay: PlayedRelay) -> None:
    """Fetched within the half hour: nobody is written to, and no instant is left for it."""
    await office.hear(a_decision())
    await deliver(office)
    await office.sign()
    await office.sign("ice")
    await play_on(office, NOW + 9 * HOUR)
    assert relay.to(DESK) == []
    assert await office.next_due() is None
    assert await office.database.all("SELECT DISTINCT state FROM notify.mails") == [("unneeded",)]


async def test_a_mail_says_what_to_do_and_names_nobody(office: Office, relay: PlayedRelay) -> None:
    """Ids, an instant and where to read; no number of a booking, no outcome, no words of the law."""
    await office.hear(a_decision())
    await play_on(office, NOW + HOUR)
    (mail,) = relay.to(DESK)
    text = bytes(mail.get_payload(decode=True)).decode()
    (item,) = await office.feed()
    assert item["id"] in text
    assert DETAINER in text
    assert f"https://notify.example/v1/jails/{ORI}/notices/{item['id']}" in text
    assert mail["Auto-Submitted"] == "auto-generated"
    assert item["id"] in mail["Message-ID"]
    for word in (NUMBER, "HOLD", item["citation"]):
        assert word not in mail.as_string()


async def test_the_end_of_a_hold_goes_out_on_every_way_at_once(office: Office, relay: PlayedRelay) -> None:
    """The desk has mail as it is sent though the webhook has it too; the others in time to act, if nobody reads it."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        await office.hear(a_hold())
        while (due_at := await office.next_due()) is not None and due_at < CLOSES - 15 * MINUTE:
            await office.at(due_at)
            await office.sign()
            await deliver(office)
        await office.database.step(CLOSES - 15 * MINUTE)
        await deliver(office)
    assert jail.got[-1].said["data"]["kind"] == "hold_ended"
    assert [mail["Importance"] for mail in relay.to(DESK)] == ["high"]
    await play_on(office, CLOSES)
    assert relay.to(CHIEF) == []


async def test_the_last_rung_has_its_turn_before_the_closing(office: Office, relay: PlayedRelay) -> None:
    """Two hours on the ladder, fifteen minutes to the closing: five minutes are left to act."""
    await office.hear(a_hold())
    await office.at(OPENS)
    await office.sign()
    await office.at(CLOSES - HOUR)
    await office.sign()
    await play_on(office, CLOSES - 6 * MINUTE)
    assert relay.to(CHIEF) == []
    await play_on(office, CLOSES - 5 * MINUTE)
    assert len(relay.to(CHIEF)) == 1


async def test_an_address_that_is_refused_gives_the_next_person_their_turn(office: Office, relay: PlayedRelay) -> None:
    """Nobody waits two hours for a desk that does not exist."""
    relay.says[DESK] = "550 no such user"
    await office.hear(a_decision())
    await play_on(office, NOW + 31 * MINUTE)
    assert len(relay.to(CHIEF)) == 1


async def test_when_nobody_is_left_on_the_ladder_an_operator_is_called(office: Office, relay: PlayedRelay) -> None:
    """Both refused: the alarm names the last of them, and until when something can be done."""
    relay.says |= dict.fromkeys((DESK, CHIEF), "550 no such user")
    await office.hear(a_decision())
    await play_on(office, NOW + HOUR)
    rows = await office.database.all("SELECT contact, due FROM notify.alarms WHERE kind = 'ladder_exhausted'")
    assert rows == [("Jail administrator", DUE)]


async def test_a_relay_that_puts_off_is_asked_again(office: Office, relay: PlayedRelay) -> None:
    """Greylisted at first: the same mail goes out at the next attempt, once."""
    relay.says[DESK] = "451 later"
    await office.hear(a_decision())
    await play_on(office, NOW + 30 * MINUTE)
    relay.says.clear()
    await play_on(office, NOW + 40 * MINUTE)
    assert len(relay.to(DESK)) == 1
    results = await office.database.all("SELECT result FROM notify.attempts WHERE way = 'email' ORDER BY id")
    assert results[0] == ("put_off",)
    assert results[-1] == ("handed",)


async def test_what_was_overtaken_is_not_mailed(office: Office, relay: PlayedRelay) -> None:
    """The hold was cancelled before the ladder had its turn: mail goes out on the correction alone."""
    await office.hear(a_decision())
    await deliver(office)
    await office.at(NOW + 10 * MINUTE)
    await office.hear(a_decision(2, "RELEASE"))
    await play_on(office, NOW + HOUR)
    assert [mail["Subject"].split()[1] for mail in relay.to(DESK)] == ["correction"]


async def test_a_relay_that_hangs_costs_its_deadline_and_no_more(office: Office) -> None:
    """Timed out, tried again later; the feed and the webhooks know nothing of it."""
    async with hanging_relay() as url, receiver(manners.echo) as jail:
        with_relay(office, url, deadline_s=0.5)
        assert (await office.put("jail", "/v1/ladders", {"rungs": RUNGS})).json()["items"][0]["tested"] == {
            "result": "timed_out",
            "code": None,
        }
        await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision())
        await play_on(office, NOW + 30 * MINUTE)
    rows = await office.database.all("SELECT DISTINCT result FROM notify.attempts WHERE way = 'email'")
    assert rows == [("timed_out",)]


async def test_without_a_relay_there_is_no_ladder(office: Office) -> None:
    """Said plainly, rather than a ladder that leads nowhere."""
    answer = await office.put("jail", "/v1/ladders", {"rungs": RUNGS})
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (409, "no_mail")
    assert (await office.put("jail", "/v1/ladders", {"rungs": []})).status_code == 200


@pytest.mark.parametrize(
    "rungs",
    [
        [{"name": "Desk", "address": "desk", "after_minutes": 1}],
        [{"name": "Desk", "address": "a@b.example\r\nBcc: x@y.example", "after_minutes": 1}],
        [{"name": "Desk\nBcc: x@y.example", "address": DESK, "after_minutes": 1}],
        [{"name": "Desk", "address": DESK, "after_minutes": -1}],
        [RUNGS[1], RUNGS[0]],
        [RUNGS[0]] * 6,
    ],
)
async def test_a_ladder_is_checked(office: Office, relay: PlayedRelay, rungs: list[object]) -> None:
    """No address that is none, no header in a name, no ladder that goes down or has no end."""
    assert (await office.put("jail", "/v1/ladders", {"rungs": rungs})).status_code == 422
    assert len(relay.took) == 2


async def test_an_operator_sets_nobodys_ladder(office: Office) -> None:
    """Whose mail it is, the recipient says."""
    assert (await office.put("operator", "/v1/ladders", {"rungs": []})).status_code == 403
