"""The nearest date on which the same facts would have had another outcome."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.decision.policy.evaluate import Rulebook
from services.decision.policy.model import Instrument
from services.decision.policy.trees import Tree
from services.decision.policy.vocabulary import LISTS
from shared.domain.decision import Outcome

#: So many days are tried on each side, the nearest first; a record of thousands of convictions must not hold up others.
MOST_DAYS = 512
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDate:
    """A day with another outcome, and what gives it then."""

    day: date
    outcome: Outcome
    policy: str
    rule: str
    citation: str
    #: From the day of the decision to this one; below 0 in the past.
    days_away: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDates:
    """The last day before and the first day after with another outcome; None: there is none."""

    before: OtherDate | None
    after: OtherDate | None

    @property
    def nearest(self) -> OtherDate | None:
        """The nearer of the two; of two equally near, the one to come."""
        both = [each for each in (self.after, self.before) if each is not None]
        return min(both, key=lambda each: abs(each.days_away), default=None)


def other_dates(book: Rulebook, jurisdiction: str, as_of: date, facts: Mapping[str, Any]) -> OtherDates:
    """Walk the days on which an answer can turn, forth and back, until the outcome is another.

    They are the days on which the law of the page changes, those that its conditions name, and those on which a
    term of years since a charge or conviction runs out. Days that no instrument covers have no law to compare with.
    A form whose day of issue is not among the facts counts as issued on the day that is asked about.
    """
    here = book.evaluate(jurisdiction, as_of, facts).outcome
    turns = sorted(set(_turns(book, jurisdiction, facts)))
    later = [day for day in turns if day > as_of]
    earlier = [day - _ONE_DAY for day in reversed(turns) if day <= as_of]

    def first(days: Iterable[date]) -> OtherDate | None:
        for day in days:
            then = book.evaluate(jurisdiction, day, facts)
            if then.outcome is not here and then.policy != book.order.silent.policy:
                return OtherDate(
                    day=day,
                    outcome=then.outcome,
                    policy=then.policy,
                    rule=then.rule,
                    citation=then.citation,
                    days_away=(day - as_of).days,
                )
        return None

    return OtherDates(before=first(earlier[:MOST_DAYS]), after=first(later[:MOST_DAYS]))


def change_dates(book: Rulebook, jurisdiction: str) -> tuple[date, ...]:
    """Give every day on which the law of a page changes, in order."""
    days: list[date] = []
    day = book.next_date(jurisdiction, date.min)
    while day is not None:
        days.append(day)
        day = book.next_date(jurisdiction, day)
    return tuple(days)


def _turns(book: Rulebook, jurisdiction: str, facts: Mapping[str, Any]) -> Iterator[date]:
    """Walk the days from which on the answer may be another than on the day before."""
    yield from change_dates(book, jurisdiction)
    leaves = list(_leaves(book, book.instruments(jurisdiction)))
    for leaf in leaves:
        for form in ("before", "from"):
            if form in leaf:
                yield leaf[form]
    years = {leaf["within_years"] for leaf in leaves if "within_years" in leaf}
    for day in _days_of(facts):
        for each in years:
            ends = _years_on(day, each)
            # Whether the anniversary itself is still within the term is the rules' business: both days are tried.
            yield from (ends, ends + _ONE_DAY) if ends is not None else ()


def _leaves(book: Rulebook, instruments: Iterable[Instrument]) -> Iterator[Tree]:
    """Walk every comparison of the rules that can decide here."""
    order = book.order
    rules = [*order.first, *order.turns, *(rule for law in instruments for rule in (*law.rules, law.default))]
    for rule in rules:
        if rule.tree is not None:
            yield from _within(rule.tree)


def _within(tree: Tree) -> Iterator[Tree]:
    """Walk the comparisons of one condition."""
    for several in ("any", "all"):
        for part in tree.get(several, ()):
            yield from _within(part)
    for single in ("not", "where"):
        if single in tree:
            yield from _within(tree[single])
    if "fact" in tree:
        yield tree


def _days_of(facts: Mapping[str, Any]) -> Iterator[date]:
    """Walk the days of the charges and convictions; what is no day turns nothing."""
    for name in LISTS:
        elements = facts.get(name)
        for element in elements if isinstance(elements, list | tuple) else ():
            for value in element.values() if isinstance(element, Mapping) else ():
                day = _day(value)
                if day is not None:
                    yield day


def _day(value: Any) -> date | None:
    """Read a day."""
    if isinstance(value, date):
        return value.date() if isinstance(value, datetime) else value
    try:
        return datetime.fromisoformat(value).date() if isinstance(value, str) else None
    except ValueError:
        return None


def _years_on(day: date, years: int) -> date | None:
    """Go calendar years on, from a leap day to the first of March where there is none; None past the calendar."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1) if day.year + years < date.max.year else None
