"""The rulebook as static pages: what was in force when, each rule in words with its citation and its cases. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from services.console.rulebook.style import STYLE
from services.console.rulebook.timeline import OLDER, Line, anchor, drawing, lines_of
from services.decision.policy.coverage import Case
from services.decision.policy.dates import change_dates
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Instrument
from services.decision.policy.shown import EVERYWHERE, all_instruments, instrument_shown

#: The cases that a rule decides, by policy and rule.
Decided = Mapping[tuple[str, str], Sequence[Case]]
#: The drawings end so many years after the last change that is known.
_YEARS_AFTER = 2


def site(book: Rulebook, cases: Iterable[Case] = ()) -> dict[str, str]:
    """Give the files of the rulebook by name; the same rulebook and cases give the same bytes."""
    pages = {name: _page(title, parts) for name, (title, parts) in bodies(book, cases).items()}
    return {"style.css": STYLE, **pages}


def bodies(book: Rulebook, cases: Iterable[Case] = ()) -> dict[str, tuple[str, list[str]]]:
    """Give each page's title and its markup part by part, to stand in a page of somebody else's as well."""
    laws: dict[str, list[Instrument]] = {}
    for place, law in all_instruments(book):
        laws.setdefault(place, []).append(law)
    decided = _decided(book, cases)
    until = _until(book)
    found = {"index.html": _index(book, laws, until)}
    for place, instruments in laws.items():
        found[_file(place)] = _place(book, place, instruments, decided, until)
    return found


def _decided(book: Rulebook, cases: Iterable[Case]) -> dict[tuple[str, str], list[Case]]:
    """Sort the cases by the rule that decides them; a rule that holds everywhere has those of every place."""
    found: dict[tuple[str, str], list[Case]] = {}
    everywhere = {rule.name for policy, rule in book.rules() if policy == book.order.silent.policy}
    for case in cases:
        finding = book.evaluate(case.jurisdiction, case.day, case.facts)
        policy = book.order.silent.policy if finding.rule in everywhere else finding.policy
        found.setdefault((policy, finding.rule), []).append(case)
    return found


def _until(book: Rulebook) -> date:
    """Give the day on which the drawings end: it follows from the rulebook, not from the day of building."""
    last = max(day for place in book.jurisdictions() for day in change_dates(book, place))
    return date(last.year + _YEARS_AFTER, 1, 1)


def _file(place: str) -> str:
    return f"{place.lower()}.html"


def _name(book: Rulebook, place: str) -> str:
    """Name a place with its code; markup already."""
    return escape(f"{book.title(place)} ({place})")


def _index(book: Rulebook, laws: Mapping[str, Sequence[Instrument]], until: date) -> tuple[str, list[str]]:
    """Give the first page: every place with its time line."""
    about = (
        f"Version {book.version}, {escape(book.digest)}. What was in force when, for each kind of agency; a bar leads "
        "to its instrument. Its colour says how sure the law behind it is: "
        f"{_tag('solid')} {_tag('fair')} {_tag('shaky')}. {OLDER} marks what began before the drawing."
    )
    everywhere = f'<a href="{_file(EVERYWHERE)}">The tests that hold everywhere</a>'
    parts = [
        "<h1>Rulebook</h1>",
        f'<p class="about">{about}</p>',
        f"<p>{everywhere} come before any of these, or turn what they say.</p>",
    ]
    for place in book.jurisdictions():
        parts.append(f'<h2 id="{escape(place)}"><a href="{_file(place)}">{_name(book, place)}</a></h2>')
        title = f"What was in force when in {place}"
        parts.append(drawing(lines_of(book, place), laws[place], title=title, page=_file(place), until=until))
    return "Rulebook", parts


def _place(
    book: Rulebook, place: str, laws: Sequence[Instrument], decided: Decided, until: date
) -> tuple[str, list[str]]:
    """Give the page of one place: its time lines, the same as a table, and every instrument."""
    head = "The tests that hold everywhere" if place == EVERYWHERE else _name(book, place)
    parts = ['<nav><a href="index.html">Rulebook</a></nav>', f"<h1>{head}</h1>"]
    if place != EVERYWHERE:
        lines = lines_of(book, place)
        title = f"What was in force when in {place}"
        parts += [drawing(lines, laws, title=title, page="", until=until), _when(lines)]
    for law in laws:
        parts += _instrument(instrument_shown(book, place, law), law.title, decided)
    return f"{head}, rulebook", parts


def _when(lines: Sequence[Line]) -> str:
    """Say the drawing as a table."""
    rows = [
        [escape(line.whom), str(each.first), str(each.last or "no end found"), _link(each.policy)]
        for line in lines
        for each in line.stretches
    ]
    return _table("What was in force when", ("agencies", "from", "to", "instrument"), rows)


def _link(policy: str) -> str:
    return f'<a href="#{anchor(policy)}">{escape(policy)}</a>'


def _instrument(shown: Mapping[str, Any], title: str, decided: Decided) -> list[str]:
    """Write one instrument as a lawyer would sign it."""
    policy = shown["policy"]
    head = [
        f"<tr><th scope=row>{escape(name)}</th><td>{_said(name, said)}</td></tr>"
        for name, said in shown["head"].items()
        if said and name != "rulebook"
    ]
    binds = [
        [
            escape(str(each))
            for each in (span["from"], span["to"] or "no end found", span["agencies"], span["because"] or "")
        ]
        for span in shown["binds"]
    ]
    rules = [_rule(rule, decided.get((policy, rule["rule"]), ())) for rule in shown["rules"]]
    columns = ("rule", "when", "outcome", "citation", "confidence", "cases")
    return [
        f'<h2 id="{anchor(policy)}">{escape(title)}<small>{escape(policy)}</small></h2>',
        f'<div class="table" role="group" aria-label="{escape(title)}" tabindex="0">',
        f"<table>{''.join(head)}</table></div>",
        _table("Whom it binds", ("from", "to", "agencies", "because"), binds) if binds else "",
        _table("Rules, in order; the first that is true decides", columns, rules),
    ]


def _said(name: str, said: Any) -> str:
    """Write one part of the head; what rests on little says so."""
    if name == "confidence":
        return _tag(said)
    return escape(said if isinstance(said, str) else "; ".join(said))


def _rule(rule: Mapping[str, str], cases: Sequence[Case]) -> list[str]:
    """Give the cells of one rule."""
    told = "".join(f"<li>{escape(f'{each.jurisdiction}, {each.day}: {each.name}')}</li>" for each in cases)
    listed = f"<details><summary>{len(cases)}</summary><ul>{told}</ul></details>" if cases else "none"
    plain = [escape(rule[name]) for name in ("rule", "when", "outcome", "citation")]
    return [*plain, _tag(rule["confidence"]), listed]


def _tag(confidence: str) -> str:
    return f'<span class="tag {escape(confidence)}">{escape(confidence)}</span>'


def _table(caption: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; its cells are markup already."""
    kinds = {"rule": ' class="name"', "outcome": ' class="outcome"', "cases": ' class="cases"'}
    head = "".join(f"<th scope=col>{escape(name)}</th>" for name in columns)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{kinds.get(name, '')}>{cell}</td>" for name, cell in zip(columns, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="table" role="group" aria-label="{escape(caption)}" tabindex="0">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _page(title: str, parts: Iterable[str]) -> str:
    """Wrap the parts; nothing on the page needs a script or another host."""
    body = "\n".join(part for part in parts if part)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{title}</title>\n<link rel="stylesheet" href="style.css">\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )
