"""What the rulebook is made of, and what it finds."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from services.decision.policy.conditions import Condition
from services.decision.policy.layout import Layout
from services.decision.policy.trees import Tree
from shared.domain.decision import Outcome
from shared.domain.window import ClockRule


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One condition with its outcome; a rule is itself, and equal to no other."""

    name: str
    outcome: Outcome
    #: Where the law says so; None: where the instrument stands.
    citation: str | None
    tree: Tree | None = None
    #: The outcomes of a row that this rule may turn into its own.
    of: frozenset[Outcome] = frozenset()
    #: Instruments of these traits are not turned by the rule.
    spares: frozenset[str] = frozenset()
    #: Custody rests on a judge's criminal warrant: no clock, no window of ours.
    other_custody: bool = False
    #: How sure the law behind this rule is; None: as sure as the instrument.
    confidence: str | None = None
    #: A clock of the State's own for a HOLD by this rule alone.
    clock: ClockRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when (both days inside; no ``last``: no end found) which agencies are bound."""

    first: date
    last: date | None
    #: None: every agency.
    agencies: frozenset[str] | None
    #: Which act or court began or ended it, where the citation does not say.
    because: str | None = None

    def covers(self, day: date) -> bool:
        """Say whether the day is inside."""
        return self.first <= day and (self.last is None or day <= self.last)

    def dates(self) -> tuple[date, ...]:
        """Give the days on which the law changes because of this span."""
        return (self.first,) if self.last is None else (self.first, self.last + timedelta(days=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """Which clocks a HOLD under an instrument runs on; the earliest decides."""

    regulation: ClockRule | None
    form: bool
    state: ClockRule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One dated instrument: whom it binds and when, its rules in order, and what it says when none fires."""

    id: str
    revision: int
    title: str
    citation: str
    sources: tuple[str, ...]
    confidence: str
    binds: tuple[Span, ...]
    rules: tuple[Rule, ...]
    default: Rule
    clocks: Clocks
    #: The office whose answer settles a review; None: the law names nobody.
    review_office: str | None
    #: ``full``, ``outcome`` or ``none``: how much of the answer ICE may have.
    ice_answer: str
    duties: tuple[str, ...]
    #: ``mandate``: no local policy undoes it. ``civil-by-rules``: its rules say what a judge's civil warrant
    #: is worth. ``own-citations``: what holds everywhere is cited from the rule itself (the federal page).
    #: ``notice-limited``: telling ICE is barred or in doubt, so no local policy can open it.
    traits: frozenset[str]
    #: Answers of the review office that count only once a second person of it has approved them.
    second_person: frozenset[Outcome] = frozenset()

    @property
    def policy(self) -> str:
        """The name that decisions carry."""
        return f"{self.id}@{self.revision}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What a law owes with a decision; instruments name it by its word."""

    name: str
    owed_to: str
    what: str
    source: str
    #: Not owed before this day, though the instrument may be older; None: as old as the instrument.
    since: date | None

    def is_owed_on(self, day: date) -> bool:
        """Say whether it is owed on a day on which its instrument binds."""
        return self.since is None or self.since <= day


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A jurisdiction's instruments; those of ``baseline`` govern only where no other binds."""

    jurisdiction: str
    title: str
    instruments: tuple[Instrument, ...]
    baseline: tuple[Instrument, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What holds in every jurisdiction: the tests before a row, and what may turn its outcome."""

    first: tuple[Rule, ...]
    turns: tuple[Rule, ...]
    unknown_facts: Rule
    not_understood: Rule
    #: Stands in where no instrument binds.
    silent: Instrument
    forms: dict[str, ClockRule | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """A rule that one changed fact would have made decisive."""

    rule: str
    outcome: Outcome
    fact: str
    #: The fact as it is (a day: None), and one value that would do.
    now: Any
    then: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule considered: true, false or (None) unknown."""

    rule: str
    truth: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the law in force makes of the facts, and why."""

    outcome: Outcome
    policy: str
    rule: str
    citation: str
    confidence: str
    #: Of a HOLD with a window of ours; the earliest ends it. Otherwise empty.
    clocks: tuple[ClockRule, ...]
    other_custody: bool
    decider: str | None
    #: Facts that matter and are unknown or could not be read, such as ``convictions[0].level``.
    unknown: tuple[str, ...]
    near_misses: tuple[NearMiss, ...]
    trace: tuple[Step, ...]
    counterfactual: NearMiss | None
    ice_answer: str
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A rule with its condition compiled for one plan."""

    rule: Rule
    when: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An instrument made ready: its layout, and every rule in the order of the tests."""

    instrument: Instrument
    order: Order
    layout: Layout
    first: tuple[Tested, ...]
    rows: tuple[Tested, ...]
    turns: tuple[Tested, ...]


def finding_as_json(finding: Finding) -> dict[str, Any]:
    """Give the finding as plain builtins, for storing; the same finding gives the same bytes."""
    plain: dict[str, Any] = _plain(asdict(finding))
    return plain


def _plain(value: Any) -> Any:
    """Turn enums, dates and tuples into what JSON has."""
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case date():
            return value.isoformat()
        case str():
            return str(value)
        case _:
            return value
