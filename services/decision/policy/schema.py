"""The form of a page as a JSON Schema, made of the same words that the loader reads by."""

from collections.abc import Iterable, Mapping
from typing import Any

from services.decision.policy.rules import CONFIDENCE, TRAITS
from services.decision.policy.trees import REFERENCE_DAYS
from services.decision.policy.vocabulary import LISTS, WORDS, Kind, Word
from shared.domain.decision import Outcome
from shared.domain.jurisdiction import Agency
from shared.domain.window import ClockRule

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "pattern": r"\S"}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_DAY: Schema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
_WHOLE: Schema = {"type": "integer", "minimum": 1}
_CLOCK: Schema = {"enum": [None, *(str(each) for each in ClockRule)]}


def page_schema() -> Schema:
    """Give the schema of a page; dates are taken as YAML writes them, such as 2012-02-22."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A page of the Countersign rulebook",
        **_object(
            {
                "jurisdiction": _TEXT,
                "title": _TEXT,
                "instruments": _list("instrument"),
                "baseline": _list("baseline"),
                "order": _ref("order"),
                "forms": {"type": "object", "additionalProperties": _CLOCK},
            },
            needed=("jurisdiction", "title", "instruments"),
        ),
        "$defs": {
            **_instruments(),
            **_rules(),
            "condition": {"oneOf": [*_joined("condition"), _ANSWERED, *_some(), *_facts(WORDS)]},
            **{name: {"oneOf": [*_joined(name), *_facts(words)]} for name, words in LISTS.items()},
        },
    }


def _instruments() -> Schema:
    """Describe instruments, baseline entries, and whom they bind and when."""
    head = {"id": _TEXT, "revision": _WHOLE, "title": _TEXT, "citation": _TEXT}
    head |= {"confidence": {"enum": list(CONFIDENCE)}, "binds": _list("span")}
    body = {
        **head,
        "sources": {**_TEXTS, "minItems": 1},
        "rules": _list("rule"),
        "default": _ref("default"),
        "clocks": _object({"regulation": _CLOCK, "form": {"type": "boolean"}, "state": _CLOCK}),
    }
    more = {
        "review_office": _TEXT,
        "ice_answer": {"enum": ["full", "outcome", "none"]},
        "duties": _TEXTS,
        "traits": _some_of(TRAITS),
        "second_person": _some_of(("HOLD", "RELEASE")),
    }
    agencies = _some_of(str(each) for each in Agency)
    return {
        "instrument": _object(body | more, needed=body),
        "baseline": _object(head, needed=head),
        "span": _object({"from": _DAY, "to": _DAY, "agencies": agencies, "because": _TEXT}, needed=("from",)),
    }


def _rules() -> Schema:
    """Describe rules: of a row, where none of them fires, and those that hold everywhere."""
    plain = {"name": _TEXT, "outcome": {"enum": [str(each) for each in Outcome]}}
    more = plain | {"citation": _TEXT, "confidence": {"enum": list(CONFIDENCE)}, "clock": _CLOCK}
    row = more | {"when": _ref("condition"), "other_custody": {"type": "boolean"}}
    turn = row | {"of": _some_of(str(each) for each in Outcome), "spares": _some_of(TRAITS)}
    reviews = ("unknown_facts", "not_understood", "no_governing_policy")
    order = {"id": _TEXT, "revision": _WHOLE, "title": _TEXT, "citation": _TEXT}
    order |= {"first": _list("rule"), "turns": _list("turn"), **dict.fromkeys(reviews, _ref("default"))}
    return {
        "default": _object(more, needed=plain),
        "rule": _object(row, needed=(*plain, "when")),
        "turn": _object(turn, needed=(*plain, "when", "of")),
        "order": _object(order, needed=order),
    }


def _joined(name: str) -> list[Schema]:
    """Give the forms that put conditions together."""
    several = {**_list(name), "minItems": 1}
    return [
        _object({"any": several}, needed=("any",)),
        _object({"all": several}, needed=("all",)),
        _object({"not": _ref(name)}, needed=("not",)),
    ]


def _some() -> list[Schema]:
    """Give the form that looks into a list, whose words are its own."""
    return [_object({"some": {"const": name}, "where": _ref(name)}, needed=("some", "where")) for name in LISTS]


def _facts(words: Mapping[str, Word]) -> list[Schema]:
    """Give every comparison that fits a word."""
    return [
        _object({"fact": {"const": name}, **comparison}, needed=("fact", *needed))
        for name, word in words.items()
        for comparison, needed in _comparisons(word)
    ]


def _comparisons(word: Word) -> list[tuple[Schema, tuple[str, ...]]]:
    """Give the comparisons of one kind of word, with the keys they need."""
    match word.kind:
        case Kind.FLAG:
            return [({}, ())]
        case Kind.NUMBER:
            return [({"at_least": {"type": "integer"}}, ("at_least",))]
        case Kind.DAY:
            back = {"within_years": _WHOLE, "of": {"enum": list(REFERENCE_DAYS)}, "from_release": {"type": "boolean"}}
            return [({"before": _DAY}, ("before",)), ({"from": _DAY}, ("from",)), (back, ("within_years",))]
        case Kind.TEXT:
            value = _TEXT
        case Kind.CODE | Kind.PAPER:
            value = {"enum": list(word.codes)}
    return [({"is": value}, ("is",)), ({"in": {"type": "array", "items": value, "minItems": 1}}, ("in",))]


def _object(properties: Mapping[str, Schema], needed: Iterable[str] = ()) -> Schema:
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return {**made, "required": list(needed)} if needed else made


def _list(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _some_of(values: Iterable[str]) -> Schema:
    return {"type": "array", "items": {"enum": sorted(values)}}


#: The answer of the instrument's review office; only a case has one, and no charge or conviction of it.
_ANSWERED = _object({"answered": {"enum": ["honor", "decline"]}}, needed=("answered",))
