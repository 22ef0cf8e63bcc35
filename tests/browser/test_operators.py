"""Operators at their pages: the tail of a topic, a dead letter taken up again, a notice sent once more."""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Page

from services.console.stub.manners import echo
from services.console.stub.wire import receiving
from shared.kafka.topics import Topic
from tests.browser.conftest import Desks
from tests.browser.senders import STANDS_AT, Running, a_booking_with_a_detainer, ask, put

#: A jail that nobody has registered yet.
NEW_ORI = "CT0012300"


@contextmanager
def a_receiver() -> Iterator[str]:
    """Let a jail's webhook listen and answer as it should; give its address."""
    ready, end, found = threading.Event(), threading.Event(), []

    async def listen() -> None:
        async with receiving(echo) as receiver:
            found.append(f"http://127.0.0.1:{receiver.port}/countersign")
            ready.set()
            await asyncio.to_thread(end.wait)

    thread = threading.Thread(target=asyncio.run, args=(listen(),))
    thread.start()
    ready.wait()
    try:
        yield found[0]
    finally:
        end.set()
        thread.join()


def _live(page: Page) -> Page:
    page.wait_for_selector("body[data-live=yes]")
    return page


def test_the_tail_of_a_topic_grows_without_a_reload(desks: Desks, running: Running) -> None:
    """A message shows as it comes, masked, and says that it was applied."""
    desk = desks.desk("operator")
    page = _live(desk.open("/topics/ice.detainers.v1"))
    number = a_booking_with_a_detainer(running)
    row = page.locator("[data-live=topic_messages] tr", has_text=number)
    row.wait_for()
    page.wait_for_function(
        "key => [...document.querySelectorAll('[data-live=topic_messages] tr')].some("
        "row => row.textContent.includes(key) && row.textContent.includes('applied'))",
        arg=number,
    )
    row.get_by_role("link").first.click()
    page.wait_for_selector("text=masked: birth date")
    assert "Ostrander" not in page.content()
    page.get_by_text("Show them, with a reason").click()
    page.get_by_label("Why you need to see it").fill("the jail asks which booking it is")
    page.get_by_role("button", name="Show for ten minutes").click()
    page.wait_for_selector("text=Shown to you")
    assert "Ostrander" in page.content()
    assert desk.troubles == []


def _unknown(number: str) -> bytes:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": f"b-{number}",
            "source": f"/jails/{NEW_ORI}",
            "type": "booking.created",
            "time": STANDS_AT,
            "data": {
                "facility_ori": NEW_ORI,
                "booking_number": number,
                "booked_at": STANDS_AT,
                "person": {"family_name": "Ostrander"},
            },
        }
    ).encode()


def test_a_dead_letter_is_tried_out_and_taken_up_again(desks: Desks, running: Running) -> None:
    """Set aside for an unknown jail; once the jail is registered, a retry would be handled, and is."""
    number = "12-900001"
    put(running, Topic.BOOKINGS, f"{NEW_ORI}/{number}", _unknown(number))
    desk = desks.desk("operator")
    page = _live(desk.open("/parked"))
    page.wait_for_selector("[data-live=parked_groups] >> text=unknown facility")
    page.goto(desk.base + "/parked?group=jail.bookings.v1:unknown_facility")
    page.locator("[data-live=parked_list] tbody a").first.click()
    page.wait_for_selector("text=It would be set aside again")
    register = {"name": "New Jail", "jurisdiction": "US-CT", "agency": "state_doc", "time_zone": "America/New_York"}
    known = ask(running, "operator", "intake", "/v1/facilities")["items"][0]
    register |= {name: known[name] for name in ("jurisdiction", "agency", "time_zone")} | {"contact": "desk"}
    headers = {"Authorization": f"Bearer {running.keys['operator']}"}
    answer = httpx.put(f"{running.urls['intake']}/v1/facilities/{NEW_ORI}", json=register, headers=headers, timeout=30)
    assert answer.is_success, answer.text
    page.reload()
    page.wait_for_selector("text=It would be handled")
    page.get_by_label(re.compile("^Why")).fill("the jail is registered now")
    page.get_by_role("button", name="Retry this message").click()
    page.wait_for_selector("text=retried")
    assert ask(running, "operator", "decision", f"/v1/cases?booking_number={number}")["items"]
    assert desk.troubles == []


def test_a_notice_is_sent_once_more(desks: Desks, running: Running) -> None:
    """A jail's endpoint, tested, suspended and resumed from the page; and a notice that goes to it again."""
    ori = next(name.partition(":")[2] for name in running.keys if name.startswith("jail:"))
    with a_receiver() as url:
        headers = {"Authorization": f"Bearer {running.keys[f'jail:{ori}']}"}
        made = httpx.post(
            f"{running.urls['notify']}/v1/endpoints", json={"url": url}, headers=headers, timeout=30
        ).raise_for_status()
        assert made.json()["state"] == "active"
        desk = desks.desk("operator")
        page = _live(desk.open("/deliveries"))
        row = page.locator("[data-live=endpoints] tbody tr", has_text="answering")
        row.wait_for()
        row.get_by_text("Suspend").click()
        row.get_by_label(re.compile("^Why")).fill("the jail mends its server")
        row.get_by_role("button", name="Send nothing more to it").click()
        page.locator("[data-live=endpoints] tbody tr", has_text="the jail mends its server").wait_for()
        page.get_by_role("button", name=re.compile("^Resume")).click()
        page.locator("[data-live=endpoints] tbody tr", has_text="answering").wait_for()
        notice = httpx.get(f"{running.urls['notify']}/v1/jails/{ori}/notices", headers=headers, timeout=30).json()[
            "items"
        ][0]
        token = page.locator("input[name=csrf]").first.get_attribute("value")
        endpoint = made.json()["id"]
        answer = desk.context.request.post(
            f"{desk.base}/deliveries/endpoints/{endpoint}",
            form={"csrf": token or "", "act": "resend", "notice": notice["id"]},
        )
        assert answer.ok
        page.locator("[data-live=attempts] tbody tr", has_text="confirmed").first.wait_for()
        httpx.post(
            f"{running.urls['notify']}/v1/endpoints/{endpoint}/disable",
            json={"reason": "the test is over"},
            headers=headers,
            timeout=30,
        ).raise_for_status()
    assert desk.troubles == []
