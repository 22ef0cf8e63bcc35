"""What was in force when: the stretches of each agency's time line, and their drawing. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from services.decision.policy.dates import change_dates
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Instrument
from shared.domain.jurisdiction import Agency

#: What began earlier is drawn from here, with a mark that it is older; the laws of a place all came later.
FIRST_DRAWN = date(2010, 1, 1)
#: Stands before what is older than the drawing.
OLDER = "\u2190"
_WIDTH, _LABELS, _BAR, _GAP, _TOP = 1000, 150, 24, 8, 26
#: Width of a letter of the labels, about; a name that does not fit is only in the tooltip and the table.
_LETTER = 6.6
_EVERY_YEARS = 2
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One instrument's time over an agency; both days are inside, ``last`` None: no end found."""

    policy: str
    first: date
    last: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The agencies that always had the same law, and its stretches in order."""

    agencies: tuple[Agency, ...]
    stretches: tuple[Stretch, ...]

    @property
    def whom(self) -> str:
        """Name the agencies."""
        return "every agency" if len(self.agencies) == len(Agency) else ", ".join(self.agencies)


def lines_of(book: Rulebook, place: str) -> tuple[Line, ...]:
    """Give the time lines of a place as the evaluation itself sees them: one for agencies that never differ."""
    same: dict[tuple[Stretch, ...], list[Agency]] = {}
    for agency in Agency:
        same.setdefault(_stretches(book, place, agency), []).append(agency)
    return tuple(Line(agencies=tuple(agencies), stretches=line) for line, agencies in same.items())


def _stretches(book: Rulebook, place: str, agency: Agency) -> tuple[Stretch, ...]:
    """Ask on each day of change which instrument governs; neighbours of one instrument are one stretch."""
    found: list[Stretch] = []
    for day in change_dates(book, place):
        policy = book.evaluate(place, day, {"agency": agency}).policy
        if found and found[-1].policy == policy:
            continue
        if found:
            found[-1] = Stretch(policy=found[-1].policy, first=found[-1].first, last=day - _ONE_DAY)
        found.append(Stretch(policy=policy, first=day, last=None))
    return tuple(each for each in found if each.policy != book.order.silent.policy)


def drawing(lines: Sequence[Line], laws: Sequence[Instrument], *, title: str, page: str, until: date) -> str:
    """Draw time lines as an SVG of its own, each stretch a link to its instrument on ``page``."""
    by_policy = {law.policy: law for law in laws}
    height = _TOP + sum(_height(line) for line in lines)
    parts = [
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {height}" role="group" aria-label="{escape(title)}">',
        *_years(until, height),
    ]
    top = _TOP
    for line in lines:
        names = ["every agency"] if len(line.agencies) == len(Agency) else [*line.agencies]
        for at, name in enumerate(names):
            parts.append(f'<text class="whom" x="0" y="{top + 16 + at * 14}">{escape(name.replace("_", " "))}</text>')
        parts += [_bar(stretch, by_policy[stretch.policy], page, top, until) for stretch in line.stretches]
        top += _height(line)
    return "\n".join([*parts, "</svg>"])


def _height(line: Line) -> int:
    """Give a line room for its bar and for the names of its agencies, one below the other."""
    names = 1 if len(line.agencies) == len(Agency) else len(line.agencies)
    return max(_BAR, names * 14 + 6) + _GAP


def _x(day: date, until: date) -> float:
    """Place a day."""
    days = (min(max(day, FIRST_DRAWN), until) - FIRST_DRAWN).days
    return round(_LABELS + (_WIDTH - _LABELS) * days / (until - FIRST_DRAWN).days, 1)


def _years(until: date, height: int) -> list[str]:
    """Draw a thin line every other year."""
    found = []
    for year in range(FIRST_DRAWN.year, until.year, _EVERY_YEARS):
        x = _x(date(year, 1, 1), until)
        found.append(f'<line class="year" x1="{x}" y1="{_TOP - 8}" x2="{x}" y2="{height}"/>')
        found.append(f'<text class="year" x="{x}" y="12">{year}</text>')
    return found


def _bar(stretch: Stretch, law: Instrument, page: str, top: int, until: date) -> str:
    """Draw one stretch; its name inside where there is room."""
    left = _x(stretch.first, until)
    right = _x(stretch.last + _ONE_DAY, until) if stretch.last else float(_WIDTH)
    width = round(max(right - left, 1.5), 1)
    name = f"{OLDER} {law.id}" if stretch.first < FIRST_DRAWN else law.id
    label = ""
    if len(name) * _LETTER < width - 8:
        label = f'<text class="{law.confidence}" x="{round(left + 5, 1)}" y="{top + 16}">{escape(name)}</text>'
    says = escape(f"{law.policy}: {stretch.first} to {stretch.last or 'no end found'}, {law.confidence}. {law.title}")
    return (
        f'<a href="{escape(page)}#{anchor(law.policy)}"><title>{says}</title>'
        f'<rect class="{law.confidence}" x="{left}" y="{top}" width="{width}" height="{_BAR}"/>{label}</a>'
    )


def anchor(policy: str) -> str:
    """Give the name under which an instrument stands on its page."""
    return escape(policy.replace("@", "-r"))
