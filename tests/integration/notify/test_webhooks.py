"""Notices carried to webhooks: what arrives, what counts as arrived, and what is never sent."""

import asyncio
import ssl
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from services.notify import sends
from services.notify.channels.answer import Answer, Result
from services.notify.channels.webhook import Line
from services.notify.settle import settle
from shared.domain.events import HoldEnds
from shared.runtime.health import Progress
from tests.integration.notify import receiver as manners
from tests.integration.notify.conftest import OWN_MACHINE, Office
from tests.integration.notify.receiver import Manner, answering, receiver
from tests.support.decisions import CLOSES, NOW, OPENS, ORI, OTHER_ORI, a_decision, a_hold

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: Lines that wait for as long as the test lasts.
patient_lines = partial(Line, rules=OWN_MACHINE, tls=ssl.create_default_context(), deadline_s=600)


async def attempts(office: Office, result: str = "%") -> int:
    """Count the attempts at webhooks, tests left out."""
    ((count,),) = await office.database.all(
        "SELECT count(*) FROM notify.attempts WHERE way = 'webhook' AND result LIKE :result", result=result
    )
    assert isinstance(count, int)
    return count


async def sends_of(office: Office) -> list[tuple[object, ...]]:
    """Give where each notice stands on its way to an endpoint."""
    return await office.database.all("SELECT kind, state, tries FROM notify.sends ORDER BY notice_id")


async def states(office: Office, recipient: str = "jail:%") -> list[object]:
    """Give where a recipient's notices stand."""
    rows = await office.database.all(
        "SELECT state FROM notify.deliveries WHERE recipient LIKE :recipient ORDER BY notice_id", recipient=recipient
    )
    return [row[0] for row in rows]


async def play_on(office: Office, until: datetime) -> list[datetime]:
    """Step from one due instant to the next, and give them; each must vanish once it is done."""
    stops: list[datetime] = []
    await office.carry()
    while (due_at := await office.next_due()) is not None and due_at <= until:
        assert not stops or due_at > stops[-1]
        stops.append(due_at)
        await office.database.step(due_at)
        await office.carry()
    return stops


async def test_a_notice_arrives_signed_and_its_echo_delivers(office: Office) -> None:
    """The id is the notice's, the body what the feed says, and nobody has to fetch it any more."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        assert (made["state"], made["tested"]["result"]) == ("active", "confirmed")
        await office.hear(a_decision())
        await office.carry()
    (got,) = [got for got in jail.got if got.said["type"] == "notice.decision"]
    assert await states(office) == ["delivered"]
    (item,) = await office.feed()
    assert got.is_signed_with(made["secret"])
    assert got.id == item["id"]
    assert got.said["data"] == {name: value for name, value in item.items() if name != "state"}
    assert got.said["timestamp"] == item["sent_at"]
    assert got.headers["content-type"] == "application/json"
    assert await office.told("notice.delivered") == 1


async def test_a_thin_message_says_what_to_fetch_and_no_more(office: Office) -> None:
    """Ids, kind and instants; the answer itself is read from the feed with the recipient's key."""
    async with receiver() as ice:
        await office.register("ice", ice.url, content="thin")
        await office.hear(a_decision())
        await office.carry()
    data = ice.got[-1].said["data"]
    assert set(data) == {*("id", "kind", "recipient", "facility_ori", "detainer_id", "sent_at", "due_by", "replaces")}
    assert await states(office, "ice") == ["delivered"]


@pytest.mark.parametrize(
    ("manner", "result"),
    [
        (answering(200, b"<html>Sign in</html>", "Content-Type: text/html"), "unconfirmed"),
        (answering(204), "unconfirmed"),
        (answering(500), "refused"),
        (answering(302, b"", "Location: http://127.0.0.1:1/"), "redirected"),
        (manners.silence, "timed_out"),
        (manners.drip, "timed_out"),
        (manners.reset, "unreachable"),
        (manners.nonsense, "unreachable"),
        (manners.giant, "unconfirmed"),
    ],
)
async def test_without_an_echo_it_has_not_arrived(office: Office, manner: Manner, result: str) -> None:
    """Sent, unconfirmed: the notice waits in the feed, and another attempt has its instant."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = manner
        await office.hear(a_decision())
        await office.carry()
    assert await attempts(office, result) == 1
    assert await states(office) == ["sent"]
    assert await sends_of(office) == [("decision", "waiting", 1)]
    due_at = await office.next_due()
    assert due_at is not None
    assert NOW < due_at <= NOW + timedelta(seconds=5)


async def test_retries_end_when_the_receiver_is_back(office: Office) -> None:
    """The same id and bytes at each attempt, a new time and signature; then nothing is due for it any more."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        jail.manner = answering(503)
        await office.hear(a_decision())
        await play_on(office, NOW + 2 * MINUTE)
        jail.manner = manners.echo
        await play_on(office, NOW + HOUR)
    got = jail.got[1:]
    assert len(got) >= 4
    assert len({(each.id, each.body) for each in got}) == 1
    assert all(each.is_signed_with(made["secret"]) for each in got)
    assert await attempts(office, "refused") == len(got) - 1
    assert await sends_of(office) == [("decision", "confirmed", len(got) - 1)]
    assert await states(office) == ["delivered"]


async def test_attempts_end_before_the_notice_is_due_and_a_person_is_called(office: Office) -> None:
    """A last chance a minute ahead; at the due time the person takes over, and no timer is left."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision(due_by=NOW + HOUR))
        await office.carry()
        await office.sign("ice")
        stops = await play_on(office, NOW + 100 * HOUR)
    assert stops[-2:] == [NOW + 59 * MINUTE, NOW + HOUR]
    assert await attempts(office) == len(stops)
    assert await office.next_due() is None
    alarms = await office.database.all("SELECT kind FROM notify.alarms WHERE kind = 'notice_late'")
    assert alarms == [("notice_late",)]


async def test_what_a_receiver_asks_for_is_granted(office: Office) -> None:
    """429 with Retry-After: not before that."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = answering(429, b"", "Retry-After: 3600")
        await office.hear(a_decision())
        await office.carry()
    assert await office.next_due() == NOW + HOUR


async def test_an_overtaken_notice_is_never_sent_after_its_successor(office: Office) -> None:
    """The receiver was away for the hold and comes back after it was cancelled: it reads the last word alone."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_hold())
        await office.at(OPENS)
        await office.carry()
        await office.hear(a_decision(2, "RELEASE", ends=HoldEnds(at=OPENS, by="cancelled")))
        jail.manner, jail.got = manners.echo, []
        await play_on(office, OPENS + HOUR)
    items = {item["id"]: item for item in await office.feed()}
    assert {items[each]["kind"] for each in jail.ids} == {"correction", "hold_ended"}
    assert [state for kind, state, _ in await sends_of(office) if kind == "hold_opened"] == ["overtaken"]


async def test_an_opening_is_not_sent_once_its_end_is(office: Office) -> None:
    """In the last quarter of an hour the window is still open, and what the end takes the place of stays away."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        await office.hear(a_hold())
        await office.at(OPENS)
        await office.carry()
        await play_on(office, CLOSES - 15 * MINUTE)
        items = {item["kind"]: item for item in await office.feed()}
        assert items["hold_ended"]["replaces"] == items["hold_opened"]["id"]
        assert items["hold_opened"]["id"] in items["hold_ended"]["text"]
        jail.got = []
        again = [items["hold_opened"]["id"], items["hold_closing"]["id"], items["hold_ended"]["id"]]
        await office.post("jail", f"/v1/endpoints/{made['id']}/resend", {"ids": again})
        await office.carry()
    assert jail.ids == again[-1:]


async def test_an_end_names_no_opening_that_was_never_told(office: Office) -> None:
    """The hold was cancelled before its window opened: its end takes the place of nothing."""
    await office.hear(a_hold())
    await office.hear(a_decision(2, "RELEASE", ends=HoldEnds(at=NOW, by="cancelled")))
    await office.settle()
    ended = (await office.feed())[-1]
    assert (ended["kind"], ended["replaces"]) == ("hold_ended", None)


async def test_a_repeated_answer_leaves_the_first_one_standing(office: Office) -> None:
    """Decided again with the same outcome: no new notice, so the first is still worth sending."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision())
        await office.carry()
        await office.hear(a_decision(2))
        jail.manner = manners.echo
        await play_on(office, NOW + HOUR)
    assert await sends_of(office) == [("decision", "confirmed", 1)]


async def test_of_a_detainer_one_notice_at_a_time_is_under_way(office: Office) -> None:
    """While one sender has the answer in hand, another sends nothing on the same detainer, but all on others."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        await office.hear(a_decision(), replace(a_decision(), detainer_id="D-2"))
        await office.settle()
        endpoint_id, now = UUID(made["id"]), office.pipeline.clock.now()
        async with office.pipeline.transaction() as session:
            first = await sends.claim(session, endpoint_id, now, most=1)
        await office.hear(a_decision(2, "RELEASE"))
        await office.settle()
        await office.courier.serve(endpoint_id)
    assert first is not None
    held = first.letters[0].notice
    sent = [got.said["data"]["detainer_id"] for got in jail.got if got.said["type"] != "endpoint.test"]
    assert held.detainer_id not in sent
    assert len(sent) == 1


async def test_what_a_dead_sender_had_in_hand_is_sent_by_the_next(office: Office) -> None:
    """Its lease runs out in the machine's time; until then nobody else sends it, and its instant does not vanish."""
    async with receiver() as jail:
        endpoint_id = UUID((await office.register("jail", jail.url))["id"])
        await office.hear(a_decision())
        await office.settle()
        async with office.pipeline.transaction() as session:
            assert await sends.claim(session, endpoint_id, office.pipeline.clock.now(), most=10)
        await office.carry()
        assert (jail.ids, await office.next_due()) == ([], NOW)
        await office.database.run("UPDATE notify.sends SET leased_until = leased_until - CAST('1 h' AS interval)")
        await office.carry()
    assert len(jail.ids) == 1
    assert await states(office) == ["delivered"]


async def test_a_stale_answer_changes_nothing_that_is_settled(office: Office) -> None:
    """A sender that was asleep comes back with a failure: what another has delivered stays delivered."""
    async with receiver() as jail:
        endpoint_id = UUID((await office.register("jail", jail.url))["id"])
        await office.hear(a_decision())
        await office.settle()
        now = office.pipeline.clock.now()
        async with office.pipeline.transaction() as session:
            claimed = await sends.claim(session, endpoint_id, now, most=10)
        await office.database.run("UPDATE notify.sends SET leased_until = '-infinity'")
        await office.carry()
    assert claimed is not None
    late = [(claimed.letters[0], Answer(Result.TIMED_OUT))]
    async with office.pipeline.transaction() as session:
        outbox, ids = office.courier.outbox, office.courier.ids
        await settle(session, outbox, ids, office.courier.patience, endpoint_id, late, now)
    assert await sends_of(office) == [("decision", "confirmed", 0)]
    assert await states(office) == ["delivered"]
    assert await attempts(office) == 2


async def test_an_acknowledged_notice_is_not_tried_again(office: Office) -> None:
    """Its recipient signed for it in the feed."""
    async with receiver() as jail:
        await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision())
        await office.carry()
        await office.sign()
        await play_on(office, NOW + HOUR)
    assert await attempts(office) == 1
    assert await sends_of(office) == [("decision", "confirmed", 1)]


async def test_a_dead_endpoint_is_suspended_visibly_but_not_for_the_end_of_a_hold(office: Office) -> None:
    """After hours of failures a person is told and notices lie in the feed alone; the end is tried all the same."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_hold())
        await play_on(office, OPENS + 20 * HOUR)
        path = f"/v1/endpoints/{made['id']}"
        shown = (await office.get("jail", path)).json()
        assert shown["state"] == "suspended"
        alarms = await office.database.all("SELECT facility_ori FROM notify.alarms WHERE kind = 'endpoint_suspended'")
        assert len(alarms) == 1
        assert {state for kind, state, _ in await sends_of(office)} == {"failed"}
        jail.manner, jail.got = manners.echo, []
        await play_on(office, CLOSES)
    assert [got.said["data"]["kind"] for got in jail.got] == ["hold_ended"]
    assert await office.next_due() is None


async def test_who_says_gone_is_asked_no_more(office: Office) -> None:
    """410: suspended at once, nothing is tried again, and the owner can enable it."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        jail.manner = answering(410)
        await office.hear(a_decision())
        await office.carry()
        path = f"/v1/endpoints/{made['id']}"
        assert (await office.get("jail", path)).json()["state"] == "suspended"
        assert await sends_of(office) == [("decision", "failed", 1)]
        assert (await office.post("jail", f"{path}/enable", {})).status_code == 409
        jail.manner = manners.echo
        assert (await office.post("jail", f"{path}/enable", {})).json()["state"] == "active"
        await office.hear(replace(a_decision(), detainer_id="D-2"))
        await office.carry()
    assert jail.got[-1].said["data"]["detainer_id"] == "D-2"


async def test_a_disabled_endpoint_gets_nothing(office: Office) -> None:
    """Not what waited, not what comes; and no instant is left for it."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        jail.manner = answering(500)
        await office.hear(a_decision())
        await office.carry()
        await office.post("jail", f"/v1/endpoints/{made['id']}/disable", {"reason": "moved"})
        before = len(jail.got)
        await office.hear(replace(a_decision(), detainer_id="D-2"))
        await office.settle()
        await office.sign()
        await office.sign("ice")
        await play_on(office, NOW + HOUR)
    assert len(jail.got) == before
    assert await office.next_due() is None


async def test_one_that_hangs_delays_nobody_else(office: Office) -> None:
    """While the silent one is still being waited for, every other recipient has all of its notices."""
    async with receiver() as slow, receiver() as fast, receiver() as ice:
        hanging = UUID((await office.register("jail", slow.url))["id"])
        await office.register("other_jail", fast.url)
        await office.register("ice", ice.url)
        slow.manner = held = manners.Held()
        mine = [replace(a_decision(), detainer_id=f"D-{n}") for n in range(5)]
        others = [replace(each, facility_ori=OTHER_ORI, detainer_id=f"{each.detainer_id}-x") for each in mine]
        await office.hear(*mine, *others)
        await office.settle()
        courier = replace(office.courier, lines=patient_lines)
        lane = asyncio.create_task(courier.serve(hanging))
        await held.asked.wait()
        await office.carry()
        assert (len(fast.ids), len(ice.ids)) == (5, 10)
        assert await states(office, f"jail:{OTHER_ORI}") == ["delivered"] * 5
        assert not lane.done()
        held.let_go.set()
        await lane
    assert await states(office, f"jail:{ORI}") == ["delivered"] * 5
    assert await attempts(office) == 20


async def test_each_endpoint_has_one_lane(office: Office) -> None:
    """However often one looks; a lane ends when nothing is due, and the next look opens another."""
    async with receiver() as jail, receiver() as ice:
        await office.register("jail", jail.url)
        await office.register("ice", ice.url)
        jail.manner = ice.manner = held = manners.Held()
        courier = replace(office.courier, lines=patient_lines)
        for round_ in range(1, 3):
            await office.hear(replace(a_decision(), detainer_id=f"D-{round_}"))
            await office.settle()
            async with asyncio.TaskGroup() as lanes:
                await courier.look(lanes)
                await held.asked.wait()
                await courier.look(lanes)
                assert len(courier.busy) == 2
                held.let_go.set()
            assert not courier.busy
            assert (len(jail.ids), len(ice.ids)) == (round_, round_)


async def test_a_fault_of_ours_stops_one_lane_and_is_seen(office: Office) -> None:
    """Readiness turns red and names the endpoint; all others have their notices, and the holds their clock."""
    async with receiver() as jail, receiver() as ice:
        broken = await office.register("jail", jail.url)
        await office.register("ice", ice.url)

        def lines(url: str) -> Line:
            if url == jail.url:
                raise RuntimeError("a fault of ours")
            return patient_lines(url)

        courier = replace(office.courier, lines=lines, progress=Progress())
        await office.hear(a_decision())
        await office.settle()
        async with asyncio.TaskGroup() as lanes:
            await courier.look(lanes)
            async with asyncio.timeout(60):
                while await states(office, "ice") != ["delivered"] or not courier.progress.troubles():
                    pass
            courier.progress.leave()
    assert courier.progress.troubles() == {f"courier to {broken['id']}": "a fault of ours"}


async def test_many_notices_reach_one_endpoint_once_each(office: Office) -> None:
    """Two senders on one endpoint: every notice exactly once when nothing fails."""
    async with receiver() as jail:
        made = await office.register("jail", jail.url)
        await office.hear(*(replace(a_decision(), detainer_id=f"D-{n}") for n in range(100)))
        await office.settle()
        endpoint_id = UUID(made["id"])
        await asyncio.gather(office.courier.serve(endpoint_id), office.courier.serve(endpoint_id))
    assert len(jail.ids) == len(set(jail.ids)) == 100
    assert await states(office) == ["delivered"] * 100
