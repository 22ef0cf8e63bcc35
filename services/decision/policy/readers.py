"""How the raw value of each word becomes what the rules can tell apart, and nothing finer."""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import isnan
from typing import Any, NamedTuple

from services.decision.policy.vocabulary import Kind, Mark, Value, Word

_MISSING = object()
_PAPERS = {
    "criminal_arrest_warrant": "criminal",
    "judge_signed_civil_detention_warrant": "civil",
    "claimed": "unverified",
}
#: What a day counted in years reads as when it lies further back than every period asked about.
LONGER_AGO = "longer ago"
#: What a number reads as when it is below every threshold asked about.
FEWER = "fewer"

#: Reads one word of what carries it: the case itself, or a charge or conviction of the case (given second).
Reader = Callable[[Mapping[str, Any], Mapping[str, Any]], Value]


class Years(NamedTuple):
    """A period counted in calendar years back from a reference day; the day exactly so far back is inside."""

    years: int
    #: The fact that bears the reference day; where it is absent, the day of the decision.
    of: str
    #: Counted from the release, where a prison term was served.
    from_release: bool

    @property
    def label(self) -> str:
        """Say the period as a finding shows it."""
        return f"within {self.years} years"


class Least(NamedTuple):
    """A number from which on something holds."""

    number: int

    @property
    def label(self) -> str:
        """Say the threshold as a finding shows it."""
        return f"{self.number} or more"


def reader(name: str, word: Word, compared: Sequence[Any]) -> Reader:
    """Make the function that reads one word; ``compared`` are the values that the rules ask about.

    Free text, numbers and days are read only as finely as the rules can tell them apart.
    """
    if any(isinstance(each, Years) for each in compared):
        return _years(name, word, sorted(compared))
    match word.kind:
        case Kind.FLAG:
            return _flags(name, word)
        case Kind.CODE:
            return _codes(name, word)
        case _:
            return _taken(name, word, _taker(word, compared))


def _of_null(word: Word) -> Value:
    """Give what a null of this word means: unknown where the word says so, else what is absent."""
    return word.absent if word.null is None else word.null


# Most words of a case are flags and codes, and a case is read anew each time: these two are kept short.
def _flags(name: str, word: Word) -> Reader:
    """Read a flag."""
    absent, of_null = word.absent, _of_null(word)

    def read(holder: Mapping[str, Any], _: Mapping[str, Any]) -> Value:
        raw = holder.get(name, absent)
        if raw is False or raw is True:
            return raw
        return of_null if raw is None else Mark.ODD

    return read


def _codes(name: str, word: Word) -> Reader:
    """Read one of the codes of a word; 1 is no True, and True no 1."""
    codes = frozenset(code for code in word.codes if code is not None)
    kinds = frozenset(code.__class__ for code in codes)
    absent, of_null = word.absent, _of_null(word)

    def read(holder: Mapping[str, Any], _: Mapping[str, Any]) -> Value:
        raw = holder.get(name, _MISSING)
        if raw.__class__ in kinds:
            return raw if raw in codes else Mark.ODD
        if raw is _MISSING:
            return absent
        return of_null if raw is None else Mark.ODD

    return read


def _taken(name: str, word: Word, take: Callable[[Any], Value]) -> Reader:
    """Read a word of any other kind; ``take`` gets what is neither absent nor null."""
    absent, of_null = word.absent, _of_null(word)

    def read(holder: Mapping[str, Any], _: Mapping[str, Any]) -> Value:
        raw = holder.get(name, _MISSING)
        if raw is _MISSING:
            return absent
        return of_null if raw is None else take(raw)

    return read


def _taker(word: Word, compared: Sequence[Any]) -> Callable[[Any], Value]:
    """Pick how the raw value of such a word is taken."""
    match word.kind:
        case Kind.TEXT:
            asked = frozenset(compared)
            return lambda raw: (raw if raw in asked else "") if raw.__class__ is str else Mark.ODD
        case Kind.DAY:
            return _days(bands(compared))
        case Kind.NUMBER:
            return _numbers(sorted(compared, reverse=True))
        case _:
            return _paper


def bands(boundaries: Sequence[date]) -> tuple[date, ...]:
    """Give one day for each stretch of time that the rules can tell apart, the earliest first."""
    edges = sorted(set(boundaries))
    return (edges[0] - timedelta(days=1), *edges) if edges else (date.min,)


def _days(stretches: tuple[date, ...]) -> Callable[[Any], Value]:
    """Read a day, given as a date or in ISO 8601, as the stretch it falls in."""

    def take(raw: Any) -> Value:
        day = _day(raw)
        return Mark.ODD if day is None else stretches[max(0, bisect_right(stretches, day) - 1)]

    return take


def _years(name: str, word: Word, periods: Sequence[Years]) -> Reader:
    """Read a day as the shortest of the periods that it lies in; they all count from one reference day."""
    of, from_release = periods[0].of, periods[0].from_release

    def read(holder: Mapping[str, Any], case: Mapping[str, Any]) -> Value:
        raw = (_release(holder) if from_release else None) or holder.get(name, _MISSING)
        if raw is None or raw is _MISSING:
            return word.null if raw is None else word.absent
        day, reference = _day(raw), _day(case["as_of"] if case.get(of) is None else case[of])
        if day is None or reference is None:
            return Mark.ODD
        return next((each.label for each in periods if day >= years_before(reference, each.years)), LONGER_AGO)

    return read


def _release(holder: Mapping[str, Any]) -> Any:
    """Give the end of the prison term served for a conviction; None if there was none."""
    return None if holder.get("incarcerated") is False else holder.get("incarceration_end")


def years_before(day: date, years: int) -> date:
    """Go calendar years back; from a leap day, where there is none, to the first of March: the shorter period."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date.min if day.year <= years else date(day.year - years, 3, 1)


def _numbers(thresholds: Sequence[Least]) -> Callable[[Any], Value]:
    """Read a number as the highest threshold it reaches."""

    def take(raw: Any) -> Value:
        if raw.__class__ not in (int, float) or isnan(raw):
            return Mark.ODD
        return next((each.label for each in thresholds if raw >= each.number), FEWER)

    return take


def _day(raw: Any) -> date | None:
    """Take a calendar day; None if it is none."""
    if raw.__class__ is date:
        return raw
    if not isinstance(raw, str):
        return None
    try:
        return datetime.fromisoformat(raw).date()
    except ValueError:
        return None


def _paper(raw: Any) -> Value:
    """Tell what a paper called a warrant is worth: nothing counts that nobody verified."""
    if not isinstance(raw, Mapping):
        return Mark.ODD
    kind, verified = raw.get("type"), raw.get("verified")
    if kind.__class__ is not str or kind not in _PAPERS or verified not in (None, False, True):
        return Mark.ODD
    return _PAPERS[kind] if verified is True else "unverified"
