"""Every page in a real browser: nothing that axe-core objects to, no sideways scroll, nothing personal."""

import re
from collections.abc import Iterator
from typing import Literal

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import Desk, Desks
from tests.browser.senders import Running, a_message, ask

#: Each width in each theme.
_LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = (
    (1280, "light"),
    (1280, "dark"),
    (390, "light"),
    (390, "dark"),
)
_WIDTHS = (320, 360, 390, 600, 800, 1000, 1280, 1600)


def paths(running: Running) -> Iterator[str]:
    """Give a path for every page there is."""
    yield from ("/", "/cases", "/cases?state=ended", "/cases?number=nothing", "/reviews", "/account")
    yield from ("/rulebook/index.html", "/rulebook/ct.html", "/rulebook/try", "/facilities")
    yield from ("/topics", "/topics/ice.detainers.v1", "/topics/parked.v1", "/parked", "/alarms", "/deliveries")
    yield a_message(running)
    for outcome in ("HOLD", "REVIEW", "RELEASE"):
        found = ask(running, "operator", "decision", f"/v1/cases?outcome={outcome}")["items"]
        yield f"/cases/{found[0]['case_id']}"
    yield f"/reviews/{ask(running, 'reviewer', 'decision', '/v1/reviews')['items'][0]['id']}"


def test_axe_finds_nothing_on_any_page(desks: Desks, running: Running) -> None:
    """WCAG A and AA and best practice, at both widths, each in both themes; and no script or policy error."""
    desk = desks.desk("reviewer")
    found = {path: _violations(desk, path) for path in (*paths(running), "/account/second-factor")}
    assert {path: each for path, each in found.items() if each} == {}
    assert desk.troubles == []


def test_axe_finds_nothing_at_the_door(desks: Desks) -> None:
    """The sign-in is a page too; whoever is signed in does not see it."""
    desk = desks.desk("reviewer")
    desk.context.clear_cookies()
    assert _violations(desk, "/sign-in") == []


def _violations(desk: Desk, path: str) -> list[str]:
    """Load a page once, and look at it in every way."""
    page = desk.open(path)
    if page.locator("body[data-stream]").count():
        page.wait_for_selector("body[data-live=yes]")
    found = []
    for width, theme in _LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        told = Axe().run(
            page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        )
        found += [
            f"{width} {theme} {one['id']}: {one['nodes'][0]['html'][:200]}" for one in told.response["violations"]
        ]
    return found


def test_no_page_scrolls_sideways(desks: Desks, running: Running) -> None:
    """From 320 px up everything fits, cards and drawings too."""
    desk = desks.desk("operator")
    wide = []
    for path in paths(running):
        page = desk.open(path)
        for width in _WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                wide.append((path, width))
    assert wide == []


def test_pages_are_whole_without_a_script(desks: Desks, running: Running) -> None:
    """Every tile has its content as of loading, and the page says from when it is."""
    desk = desks.desk("operator", script=False)
    for path in paths(running):
        page = desk.open(path)
        assert page.locator("h1").count() >= 1, path
        assert "Times stand as of" in page.locator("footer").inner_text()
        for part in page.locator("[data-live]").all():
            assert part.get_attribute("data-live") == "given" or part.inner_text().strip() or not part.is_visible()


def test_nothing_personal_stands_on_any_page(desks: Desks, running: Running) -> None:
    """No family name and no birth date of anybody who was played, in no page and no log; shown, it is recorded."""
    names = _names(running)
    assert len(names) > 5
    desk = desks.desk("operator")
    for path in paths(running):
        text = desk.open(path).content()
        assert [name for name in names if name in text] == [], path
    for log in (running.folder / "logs").glob("*.log"):
        text = log.read_text(errors="replace")
        assert [name for name in names if name in text] == [], log


def _names(running: Running) -> set[str]:
    lines = (running.folder.parent / "story.jsonl").read_text().splitlines()
    found = {part for line in lines for part in line.split('"family_name": "')[1:]}
    return {part.partition('"')[0] for part in found}


def test_a_person_is_shown_for_a_reason_that_is_kept(desks: Desks, running: Running) -> None:
    """An operator asks with reason and reference; an auditor is not offered it, and would be refused."""
    case = ask(running, "operator", "decision", "/v1/cases?outcome=HOLD")["items"][0]["case_id"]
    page = desks.desk("operator").open(f"/cases/{case}")
    page.get_by_text("Show personal data").click()
    page.get_by_label("Reason").select_option("call")
    page.get_by_label("Reference").fill("call 17 of the morning")
    page.get_by_role("button", name="Show for 10 minutes").click()
    shown = page.locator("#person dd").first.inner_text()
    assert shown in _names(running)
    assert page.get_by_text(re.compile(r"Asked for \d+ times? so far")).is_visible()
    assert shown not in page.url
    auditor = desks.desk("auditor").open(f"/cases/{case}")
    assert auditor.get_by_text("Show personal data").count() == 0
    assert auditor.get_by_text("Operators and reviewers may be shown it").is_visible()


def test_what_was_shown_masks_itself(desks: Desks, running: Running) -> None:
    """Ten minutes later the page is as it was before, though nobody has touched it."""
    case = ask(running, "operator", "decision", "/v1/cases?outcome=HOLD")["items"][0]["case_id"]
    desk = desks.desk("operator")
    desk.page.clock.install()
    page = desk.open(f"/cases/{case}")
    page.get_by_text("Show personal data").click()
    page.get_by_label("Reason").select_option("call")
    page.get_by_label("Reference").fill("call 18 of the morning")
    page.get_by_role("button", name="Show for 10 minutes").click()
    shown = page.locator("#person dd").first.inner_text()
    assert shown in _names(running)
    page.locator("#person").hover()
    page.clock.run_for(590_000)
    assert shown in page.locator("#person").inner_text()
    page.clock.run_for(15_000)
    page.wait_for_selector("#person .mask")
    assert shown not in page.content()
    assert page.url.endswith(f"/cases/{case}")
