"""Every way a receiver misbehaves, at once: what becomes of the notice, when a person is called, who else waits.

`pytest -s` prints the table of docs/webhooks.md, with the delay of the well-behaved beside a quiet run.
"""

import asyncio
import json
import ssl
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from services.console.stub.papers import certificate
from services.notify.channels.signature import new_secret
from services.notify.channels.webhook import Line
from shared.runtime.ids import UuidV7
from tests.integration.notify import receiver as manners
from tests.integration.notify.conftest import OWN_MACHINE, Office
from tests.integration.notify.receiver import Got, Manner, Receiver, answering, receiver, response
from tests.support.decisions import NOW, a_decision

_IDS = UuidV7()
DUE = NOW + timedelta(minutes=20)
#: Notices to each of the well-behaved, and how many of these there are.
EACH, WELL_BEHAVED = 10, 5


async def acts_and_fails(got: Got, writer: asyncio.StreamWriter) -> None:
    """Take the notice, then answer 500."""
    writer.write(response(500, json.dumps({"error": "after all was done", "id": got.id}).encode()))


#: What it does, and the result of each attempt.
ZOO: dict[str, tuple[Manner, str]] = {
    "500 after acting": (acts_and_fails, "refused"),
    "200 from a login page": (answering(200, b"<html>Sign in</html>", "Content-Type: text/html"), "unconfirmed"),
    "200 and a megabyte": (manners.giant, "unconfirmed"),
    "302 elsewhere": (answering(302, b"", "Location: http://127.0.0.1:1/"), "redirected"),
    "429, an hour": (answering(429, b"", "Retry-After: 3600"), "refused"),
    "410": (answering(410), "gone"),
    "never answers": (manners.silence, "timed_out"),
    "drips a byte at a time": (manners.drip, "timed_out"),
    "resets": (manners.reset, "unreachable"),
    "speaks another protocol": (manners.nonsense, "unreachable"),
    "shows an expired certificate": (manners.echo, "unreachable"),
}


@dataclass(slots=True)
class Arrivals:
    """A receiver that behaves, and after how many seconds each notice was there."""

    seconds: list[float] = field(default_factory=list)
    began: float = 0.0

    async def __call__(self, got: Got, writer: asyncio.StreamWriter) -> None:
        """Note when, and answer."""
        self.seconds.append(time.perf_counter() - self.began)
        await manners.echo(got, writer)


async def add(office: Office, ori: str, made: Receiver) -> None:
    """Register a receiver that has answered its test."""
    await office.database.run(
        "INSERT INTO notify.endpoints (id, recipient, facility_ori, url, content, state, state_since, state_reason,"
        " registered_at, registered_by) VALUES (:id, :who, :ori, :url, 'full', 'active', :now, 'zoo', :now, 'zoo')",
        id=(endpoint := _IDS.new()),
        who=f"jail:{ori}",
        ori=ori,
        url=made.url,
        now=NOW,
    )
    await office.database.run(
        "INSERT INTO notify.endpoint_secrets (id, endpoint_id, recipient, facility_ori, secret)"
        " VALUES (:id, :endpoint, :who, :ori, :secret)",
        id=_IDS.new(),
        endpoint=endpoint,
        who=f"jail:{ori}",
        ori=ori,
        secret=new_secret(),
    )


async def send(office: Office, oris: list[str], each: int, mark: str) -> None:
    """Let every facility have some notices, and ICE none."""
    await office.hear(
        *(
            replace(
                a_decision(outcome="RELEASE", due_by=DUE, ice_answer="none"),
                id=_IDS.new(),
                case_id=_IDS.new(),
                detainer_id=f"{mark}-{ori}-{number}",
                facility_ori=ori,
            )
            for ori in oris
            for number in range(each)
        )
    )


async def fates(office: Office) -> dict[str, tuple[set[str], str, str, datetime | None]]:
    """Give for each of the zoo: results, where the notice stands, the endpoint's state, when a person was called."""
    rows = await office.database.all(
        "SELECT d.facility_ori, array_agg(DISTINCT a.result), max(d.state), max(e.state), max(d.late_since)"
        " FROM notify.deliveries d JOIN notify.endpoints e ON e.recipient = d.recipient"
        " JOIN notify.attempts a ON a.notice_id = d.notice_id AND a.way = 'webhook'"
        " WHERE d.facility_ori LIKE 'ZOO%' GROUP BY 1"
    )
    return {str(row[0]): (set(row[1]), str(row[2]), str(row[3]), row[4]) for row in rows}  # type: ignore[call-overload, misc]


def p99(arrivals: list[Arrivals]) -> float:
    """Give the 99th percentile of all arrivals, milliseconds."""
    seconds = sorted(second for each in arrivals for second in each.seconds)
    return 1000 * seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]


async def test_the_zoo_delays_nobody_and_a_person_is_called(office: Office) -> None:
    """All misbehave at once; the others have theirs while the slow are still waited for; each notice is called out."""
    papers, shown = certificate(expired=True)
    # The certificate is trusted, so that its age alone is what is wrong with it.
    trust = ssl.create_default_context(cadata=shown.decode())
    lines = partial(Line, rules=OWN_MACHINE, tls=trust, deadline_s=1.0)
    office.courier = replace(office.courier, lines=lines)
    names = {f"ZOO{number:02}": name for number, name in enumerate(ZOO)}
    well = [f"WELL{number}" for number in range(WELL_BEHAVED)]
    delays: list[float] = []
    async with AsyncExitStack() as stack:
        arrivals = [Arrivals() for _ in well]
        for ori, noted in zip(well, arrivals, strict=True):
            await add(office, ori, await stack.enter_async_context(receiver(noted)))
        for ori, name in names.items():
            tls = papers if "certificate" in name else None
            await add(office, ori, await stack.enter_async_context(receiver(ZOO[name][0], tls=tls)))
        for mark, zoo in (("quiet", []), ("loud", list(names))):
            if zoo:
                await send(office, zoo, 1, mark)
            await send(office, well, EACH, mark)
            for noted in arrivals:
                noted.seconds, noted.began = [], time.perf_counter()
            await office.carry()
            assert [len(noted.seconds) for noted in arrivals] == [EACH] * WELL_BEHAVED
            delays.append(p99(arrivals))
        while (due_at := await office.next_due()) is not None and due_at <= DUE:
            await office.database.step(due_at)
            await office.carry()
    found = await fates(office)
    for ori, name in names.items():
        results, stands, endpoint, called_at = found[ori]
        assert results == {ZOO[name][1]}, name
        assert (stands, called_at) == ("sent", DUE), name
        assert endpoint == ("suspended" if name == "410" else "active"), name
        print(f"| {name} | {results.pop()} | in the feed, tried again | {endpoint} | at its due time |")  # noqa: T201
    print(f"p99 of the well-behaved: {delays[0]:.0f} ms quiet, {delays[1]:.0f} ms beside the zoo")  # noqa: T201
    assert await office.database.all("SELECT count(*) FROM notify.deliveries WHERE state = 'delivered'") == [
        (2 * EACH * WELL_BEHAVED,)
    ]
