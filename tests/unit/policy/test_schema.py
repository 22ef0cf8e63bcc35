"""The published schema of a page: what the loader takes it takes, and what it refuses is refused for good reason."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.decision.policy.load import RULEBOOK_DIR
from services.decision.policy.schema import page_schema
from tests.unit.policy.test_commands import lines, run

SCHEMA = page_schema()
PAGES = sorted(page for page in RULEBOOK_DIR.glob("*.yaml") if page.name != "rulebook.yaml")
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def fits(value: Any, schema: dict[str, Any]) -> bool:
    """Apply the few keywords of JSON Schema that ours uses."""
    if "$ref" in schema:
        return fits(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "oneOf" in schema:
        return sum(fits(value, each) for each in schema["oneOf"]) == 1
    return not (
        ("type" in schema and not isinstance(value, TYPES[schema["type"]]))
        or ("const" in schema and value != schema["const"])
        or ("enum" in schema and value not in schema["enum"])
        or ("minimum" in schema and value < schema["minimum"])
        or ("pattern" in schema and not re.search(schema["pattern"], value))
        or (isinstance(value, list) and not _items_fit(value, schema))
        or (isinstance(value, dict) and not _keys_fit(value, schema))
    )


def _items_fit(value: list[Any], schema: dict[str, Any]) -> bool:
    return len(value) >= schema.get("minItems", 0) and all(fits(each, schema.get("items", {})) for each in value)


def _keys_fit(value: dict[str, Any], schema: dict[str, Any]) -> bool:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    return set(schema.get("required", ())) <= value.keys() and all(
        fits(each, known[key]) if key in known else others is not False and fits(each, {} if others is True else others)
        for key, each in value.items()
    )


def plain(value: Any) -> Any:
    """Write dates as JSON has them."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def read(page: Path, old: str = "", new: str = "") -> Any:
    """Read a page, with one text changed."""
    text = page.read_text(encoding="utf-8")
    assert old in text
    return plain(yaml.safe_load(text.replace(old, new, 1)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_page_fits(page: Path) -> None:
    """What the loader takes, the schema takes."""
    assert fits(read(page), SCHEMA)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tx", "outcome: HOLD", "outcome: KEEP"),
        ("tx", "revision: 1", "revision: 0"),
        ("tx", "revision: 1", "revison: 1"),
        ("tx", "confidence: solid", "confidence: sure"),
        ("tx", "traits: [mandate", "traits: [mandat"),
        ("tx", "to: 2017-09-24", "to: soon"),
        ("tx", "when: {answered: decline}", "when: {answered: perhaps}"),
        ("tx", "fact: lawful_status_claim", "fact: lawful_status"),
        ("ct", "fact: level, is: felony", "fact: level, is: grave"),
        ("ct", "some: convictions", "some: crimes"),
        ("ct", "any: [{answered: honor},", "any: [] #"),
        ("nj", "within_years: 5", "within_years: 0"),
        ("nj", "in: [1, 2]", "in: [1, 7]"),
        ("nc", "at_least: 48", "is: 48"),
        ("ny", "sources: [nycourts-wells]", "sources: []"),
        ("fl", "{name: must-comply,", "{name: must-comply, when: {fact: gang_database},"),
        ("us-fed", "      of: [HOLD]\n", ""),
        ("us-fed", "I-247D: FLAT_48", "I-247D: FLAT"),
    ],
)
def test_what_the_loader_refuses_does_not_fit(name: str, old: str, new: str) -> None:
    """An editor tells of it before the loader does."""
    assert not fits(read(RULEBOOK_DIR / f"{name}.yaml", old, new), SCHEMA)


def test_the_schema_is_published_by_a_command() -> None:
    """Printed as one JSON document."""
    code, text = run("policy", "schema")
    assert (code, lines(text)) == (0, [SCHEMA])
