"""Where each fact stands that one instrument can ask about, and how a case's facts become such a reading."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.decision.policy.readers import FEWER, LONGER_AGO, Least, Reader, Years, bands, reader
from services.decision.policy.vocabulary import LISTS, WORDS, Kind, Mark, Value, Word

#: The facts that matter to an instrument, normalised, each at its place.
Reading = tuple[Value, ...]
#: Where a single fact stands in a reading: a slot, or slot, element and attribute.
Place = tuple[int] | tuple[int, int, int]
#: For each word asked about, the values compared; for a list, the same for each attribute.
Asked = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Slot:
    """One word of a layout, with the values the rules tell apart."""

    name: str
    word: Word
    compared: tuple[Any, ...]

    def domain(self) -> tuple[Value, ...]:
        """Give one value for each way in which the rules can tell this fact apart."""
        if any(isinstance(each, Years | Least) for each in self.compared):
            last = LONGER_AGO if self.word.kind is Kind.DAY else FEWER
            return (*(each.label for each in sorted(self.compared)), last)
        match self.word.kind:
            case Kind.FLAG:
                return (True, False)
            case Kind.DAY:
                return bands(self.compared)
            case Kind.TEXT:
                return (*self.compared, "")
            case Kind.CODE | Kind.PAPER | Kind.NUMBER:
                other = [code for code in self.word.codes if code not in self.compared]
                return (*(code for code in self.word.codes if code in self.compared), *other[:1])


class Layout:
    """The facts that one instrument can ask about, each at its place in a reading."""

    def __init__(self, asked: Asked) -> None:
        self.slots = tuple(_slot(name, asked[name]) for name in sorted(asked) if name not in LISTS)
        self.lists = {
            name: tuple(_slot(at, asked[name][at], LISTS[name]) for at in sorted(asked[name]))
            for name in sorted(asked)
            if name in LISTS
        }
        self.names = (*(slot.name for slot in self.slots), *self.lists)
        self.index = {name: at for at, name in enumerate(self.names)}
        self._readers = (
            *(reader(slot.name, slot.word, slot.compared) for slot in self.slots),
            *(_list_reader(name, slots) for name, slots in self.lists.items()),
        )

    def read(self, facts: Mapping[str, Any], as_of: date) -> Reading:
        """Read the facts on a date; what no rule asks about does not enter, in whatever order they come."""
        dated = {**facts, "as_of": as_of}
        if dated.get("detainer_issued_at") is None:
            dated["detainer_issued_at"] = as_of
        return tuple([read(dated, dated) for read in self._readers])

    def places(self, reading: Reading) -> Iterator[tuple[Place, Slot, Value]]:
        """Walk every single fact of a reading, the attributes of lists too."""
        for at, slot in enumerate(self.slots):
            yield (at,), slot, reading[at]
        for name, slots in self.lists.items():
            at = self.index[name]
            elements = reading[at]
            if isinstance(elements, tuple):
                for nth, element in enumerate(elements):
                    for inner, slot in enumerate(slots):
                        yield (at, nth, inner), slot, element[inner]

    def name_of(self, place: Place) -> str:
        """Name a fact as a person would: ``convictions[0].level``."""
        if len(place) == 1:
            return self.names[place[0]]
        name = self.names[place[0]]
        return f"{name}[{place[1]}].{self.lists[name][place[2]].name}"


def replaced(reading: Reading, place: Place, value: Value) -> Reading:
    """Give the same reading with one fact changed."""
    if len(place) == 1:
        return (*reading[: place[0]], value, *reading[place[0] + 1 :])
    at, nth, inner = place
    elements = reading[at]
    if not isinstance(elements, tuple):
        raise TypeError("only a list has attributes to replace")
    element = elements[nth]
    changed = (*element[:inner], value, *element[inner + 1 :])
    return (*reading[:at], (*elements[:nth], changed, *elements[nth + 1 :]), *reading[at + 1 :])


def _list_reader(name: str, slots: Sequence[Slot]) -> Reader:
    """Make the function that reads a list of charges or convictions."""
    readers = tuple(reader(slot.name, slot.word, slot.compared) for slot in slots)

    def read(facts: Mapping[str, Any], _: Mapping[str, Any]) -> Value:
        raw = facts.get(name)
        if raw is None:
            return ()
        if not isinstance(raw, list | tuple) or not all(isinstance(each, Mapping) for each in raw):
            return Mark.ODD
        return tuple([tuple([take(each, facts) for take in readers]) for each in raw])

    return read


def _slot(name: str, compared: Mapping[Any, None], words: Mapping[str, Word] = WORDS) -> Slot:
    """Put a word and what is asked of it together."""
    return Slot(name, words[name], tuple(compared))
