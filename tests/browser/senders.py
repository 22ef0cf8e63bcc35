"""What jails and ICE send while a page is open, and what a role reads of it."""

import asyncio
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from shared.kafka.producer import KafkaLog, OutMessage
from shared.kafka.topics import Topic

#: A hold is open, and others wait for the Commissioner.
STANDS_AT = "2012-02-24T11:00:00-05:00"
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """What runs, and how to sign in."""

    folder: Path
    urls: dict[str, str]
    keys: dict[str, str] = field(repr=False)
    passwords: dict[str, str] = field(repr=False)

    @property
    def console(self) -> str:
        """Give the console's address."""
        return self.urls["console"]


def ask(running: Running, role: str, service: str, path: str) -> Any:
    """Ask a service as a role."""
    headers = {"Authorization": f"Bearer {running.keys[role]}"}
    return httpx.get(running.urls[service] + path, headers=headers, timeout=30).raise_for_status().json()


def post(running: Running, role: str, event: dict[str, Any]) -> None:
    """Post an event as its sender would."""
    answer = httpx.post(
        running.urls["intake"] + "/v1/events",
        headers={"Authorization": f"Bearer {running.keys[role]}", "Content-Type": "application/cloudevents+json"},
        content=json.dumps(event),
        timeout=30,
    )
    assert answer.status_code == 202, answer.text


def a_booking_with_a_detainer(running: Running) -> str:
    """Post a booking and a detainer on it, and give the booking's number."""
    number = f"12-{uuid4().int % 10**6:06d}"
    ori = next(name.partition(":")[2] for name in running.keys if name.startswith("jail:CT0009300"))
    common = {"specversion": "1.0", "time": STANDS_AT, "datacontenttype": "application/json"}
    person = {"family_name": "Ostrander", "given_names": "Nobody", "birth_date": "1980-01-02", "sex": "M"}
    booking = {"facility_ori": ori, "booking_number": number, "booked_at": STANDS_AT, "person": person, "ids": {}}
    post(
        running,
        f"jail:{ori}",
        {**common, "id": f"b-{number}", "source": f"/jails/{ori}", "type": "booking.created", "data": booking},
    )
    lodged = {
        "facility_ori": ori,
        "booking_number": number,
        "detainer_id": f"HAR-{number}",
        "form": "I-247",
        "basis": "pending_removal_proceedings",
        "requests": ["hold", "notify"],
        "issued_at": STANDS_AT,
        "person": person,
        "issuing_office": "Hartford",
    }
    post(
        running,
        "ice",
        {**common, "id": f"d-{number}", "source": "/ice/hartford", "type": "detainer.lodged", "data": lodged},
    )
    return number


def case_of(running: Running, number: str) -> str:
    """Give the case of a booking once it waits for a person; processes of their own have no event to wait for."""
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        items = ask(running, "operator", "decision", f"/v1/cases?booking_number={number}&outcome=REVIEW")["items"]
        if items:
            return str(items[0]["case_id"])
    raise AssertionError(f"nothing was decided on {number}")


def a_message(running: Running) -> str:
    """Give the path of a message of ICE's."""
    headers = {"Authorization": f"Bearer {running.keys['operator']}"}
    told = httpx.get(running.console + "/metrics", headers=headers, timeout=30).text
    ends = re.findall(r'countersign_log_end\{partition="(\d)",topic="ice.detainers.v1"\} ([1-9]\d*)', told)
    return f"/topics/ice.detainers.v1/{ends[0][0]}/0"


def put(running: Running, topic: Topic, key: str, body: bytes) -> None:
    """Put a message on a topic, past every door."""
    bootstrap = json.loads((running.folder / "run.json").read_text())["kafka"]

    async def send() -> None:
        async with KafkaLog(bootstrap) as log:
            assert await log.send([OutMessage(topic, key.encode(), body)]) == [None]

    # The browser's own loop runs in this thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, send()).result()
