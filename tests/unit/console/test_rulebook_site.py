"""The rulebook's pages: the same each time, complete, and at home in a browser without scripts or a network."""

import re
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from services.console.cli.policy import policy
from services.console.rulebook.cases import read_cases
from services.console.rulebook.site import site
from services.console.rulebook.timeline import lines_of
from services.decision.policy.coverage import Case
from services.decision.policy.load import load_rulebook
from services.decision.policy.shown import all_instruments
from shared.domain.jurisdiction import Agency

BOOK = load_rulebook()
CASES = Path(__file__).parents[2] / "policy"
PAGES = site(BOOK, read_cases(CASES))
_VOID = {"meta", "link", "line", "rect"}


class Read(HTMLParser):
    """Reads a page: its links, ids and tags, and whether every tag is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close a tag; it must be the last one opened."""
        if tag not in _VOID:
            assert self.open.pop() == tag


READ = {name: Read(text) for name, text in PAGES.items() if name.endswith(".html")}


def test_every_instrument_stands_on_a_page_with_its_rules() -> None:
    """Citation, confidence and every rule of every instrument, under a name that a link can go to."""
    for place, law in all_instruments(BOOK):
        text = PAGES[f"{place.lower()}.html"]
        assert f'id="{law.id}-r{law.revision}"' in text
        for rule in (*law.rules, law.default):
            assert f'<td class="name">{rule.name}</td>' in text


def test_the_same_rulebook_gives_the_same_bytes() -> None:
    """Neither the day nor the order of a set enters."""
    assert site(load_rulebook(), read_cases(CASES)) == PAGES


@pytest.mark.parametrize("name", READ)
def test_a_page_is_sound_and_needs_nobody_else(name: str) -> None:
    """Tags closed, ids unique, no script, and each link leads to a page and a name that are there."""
    page = READ[name]
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert not page.tags & {"script", "iframe", "img"}
    for link in page.links:
        file, _, place = link.partition("#")
        assert (file or name) in PAGES
        assert not place or place in READ[file or name].ids
    assert not re.search(r"https?://|@import|url\(", PAGES[name] + PAGES["style.css"])


def test_a_case_stands_with_the_rule_that_decides_it() -> None:
    """Its words are shown as they are, whatever they hold; without cases the page says that there are none."""
    facts = {"agency": "county_sheriff", "detainer_form": "I-247A", "detainer_status": "cancelled"}
    case = Case(name="<b>over</b> & done", jurisdiction="TX", day=date(2018, 6, 1), facts=facts)
    pages = site(BOOK, [case])
    assert "TX, 2018-06-01: &lt;b&gt;over&lt;/b&gt; &amp; done" in pages["everywhere.html"]
    assert "<details>" not in site(BOOK)["everywhere.html"]


def test_the_time_lines_are_those_of_the_evaluation() -> None:
    """On the first and last day of each stretch its instrument governs, and each agency has one line."""
    for place in BOOK.jurisdictions():
        lines = lines_of(BOOK, place)
        assert sorted(agency for line in lines for agency in line.agencies) == sorted(Agency)
        for line in lines:
            for one, then in zip(line.stretches, line.stretches[1:], strict=False):
                assert one.last == then.first - timedelta(days=1)
            for stretch in line.stretches:
                for day in (stretch.first, stretch.last or stretch.first):
                    found = {BOOK.evaluate(place, day, {"agency": agency}).policy for agency in line.agencies}
                    assert found == {stretch.policy}


def test_the_command_writes_the_pages(tmp_path: Path) -> None:
    """Into a folder that it makes; a folder without cases is used wrongly."""
    app = typer.Typer()
    app.add_typer(policy, name="policy")
    out = tmp_path / "a" / "b"
    done = CliRunner().invoke(app, ["policy", "html", "--out", str(out), "--cases", str(CASES)])
    assert done.exit_code == 0
    assert {file.name: file.read_text(encoding="utf-8") for file in out.iterdir()} == PAGES
    assert CliRunner().invoke(app, ["policy", "html", "--out", str(out), "--cases", str(tmp_path)]).exit_code == 2
