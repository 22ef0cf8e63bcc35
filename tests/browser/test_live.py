"""Pages that stay true: an event shows without a reload, a dead stream shows as stale, a review is answered by keys."""

from tests.browser.conftest import Desks
from tests.browser.senders import Running, a_booking_with_a_detainer, ask, case_of


def test_an_event_shows_without_a_reload(desks: Desks, running: Running) -> None:
    """The queue grows by the review that a detainer asks for, and the tab's own state stays as it was."""
    desk = desks.desk("operator")
    page = desk.open("/reviews")
    page.wait_for_selector("body[data-live=yes]")
    page.evaluate("window.untouched = true")
    before = page.locator("[data-live=queue] tbody tr").count()
    a_booking_with_a_detainer(running)
    page.wait_for_function("many => document.querySelectorAll('[data-live=queue] tbody tr').length > many", arg=before)
    assert page.evaluate("window.untouched") is True
    assert desk.troubles == []


def test_a_dead_stream_turns_tiles_stale(desks: Desks) -> None:
    """Half a minute without a word, and every tile says so in words and keeps its values."""
    desk = desks.desk("operator")
    desk.page.clock.install()
    desk.page.route("**/stream", lambda route: route.abort())
    page = desk.open("/")
    page.clock.run_for(31_000)
    tile = page.locator("section[data-tile]").nth(1)
    assert tile.get_attribute("data-state") == "stale"
    assert "Nothing was heard from the server" in tile.inner_text()
    assert tile.locator("table").is_visible()


def test_what_is_typed_is_not_wiped_by_the_stream(desks: Desks, running: Running) -> None:
    """A part in which the focus stands waits; the form beside it is no live part at all."""
    review = ask(running, "reviewer", "decision", "/v1/reviews")["items"][0]["id"]
    page = desks.desk("reviewer").open(f"/reviews/{review}")
    page.wait_for_selector("body[data-live=yes]")
    page.get_by_label("Why").fill("half a sentence")
    link = page.locator("[data-live=facts] a").first
    link.focus()
    a_booking_with_a_detainer(running)
    page.wait_for_function("document.querySelector('[data-announce]') !== null")
    assert page.get_by_label("Why").input_value() == "half a sentence"
    assert link.evaluate("node => node === document.activeElement")


def test_a_review_is_answered_with_keys_alone(desks: Desks, running: Running) -> None:
    """From the queue: row, claim, choose, reason, why, record; the case then shows the decision."""
    number = a_booking_with_a_detainer(running)
    desk = desks.desk("reviewer")
    page = desk.open("/reviews")
    row = page.locator("tr", has=page.locator("a[href^='/reviews/']"))
    page.wait_for_function("document.querySelectorAll('[data-live=queue] tbody tr').length > 0")
    case = case_of(running, number)
    page.goto(desk.base + f"/cases/{case}")
    page.locator("a[href^='/reviews/']").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-claim]")
    page.keyboard.press("c")
    page.wait_for_selector("text=Claimed by you")
    assert page.locator("input[name=outcome]:checked").count() == 0
    assert page.locator("input[name=outcome]").first.get_attribute("value") == "RELEASE"
    page.keyboard.press("1")
    assert page.locator("input[name=outcome]:checked").get_attribute("value") == "RELEASE"
    page.keyboard.press("Tab")
    page.keyboard.type("no")
    page.keyboard.press("Tab")
    page.keyboard.type("None of the criteria is met by what is known of this booking.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Answered")
    page.goto(desk.base + f"/cases/{case}")
    page.wait_for_selector("[data-live=decision] .tag[data-o=RELEASE]")
    assert row is not None
    assert desk.troubles == []


def test_an_auditor_changes_nothing(desks: Desks, running: Running) -> None:
    """The desk offers no form, and a form made by hand is refused."""
    review = ask(running, "reviewer", "decision", "/v1/reviews")["items"][0]["id"]
    desk = desks.desk("auditor")
    page = desk.open(f"/reviews/{review}")
    assert page.locator("#answer form").count() == 0
    answer = desk.context.request.post(desk.base + f"/reviews/{review}/claim", form={"csrf": "x"})
    assert answer.status == 403
