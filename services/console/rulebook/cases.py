"""Read the cases written for the rulebook: a folder of pages, or a CSV file in the form of a batch."""

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from services.console.rulebook.facts import read_day, read_facts
from services.decision.policy.coverage import Case

#: The cases written for the built-in rulebook; they lie beside its source and are not installed with it.
OWN_CASES = Path(__file__).resolve().parents[3] / "tests" / "policy"
#: The columns of a batch file, as ``policy evaluate --batch`` takes it.
COLUMNS = frozenset({"id", "jurisdiction", "as_of_date", "facts_json"})


class NotCases(ValueError):
    """A file holds no cases; the text names the file and what is wrong."""


def read_cases(path: Path) -> list[Case]:
    """Read every case of a folder of YAML pages, or of one CSV file. Raises NotCases."""
    try:
        if path.is_dir():
            found = [case for page in sorted(path.glob("*.yaml")) for case in _page(page)]
        else:
            found = list(_batch(path))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise NotCases(f"{path} cannot be read: {error}") from error
    if not found:
        raise NotCases(f"{path} holds no case")
    return found


def _page(file: Path) -> Iterator[Case]:
    """Read one page of cases, each case's facts laid over the page's base set."""
    try:
        page = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        for case in page["cases"]:
            facts = {**page["base"], **case.get("facts", {})}
            yield Case(name=str(case["name"]), jurisdiction=page["jurisdiction"], day=case["date"], facts=facts)
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise NotCases(f"{file} is no page of cases: {error!r}") from error


def _batch(file: Path) -> Iterator[Case]:
    """Read one CSV file, row by row."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = csv.DictReader(text)
        missing = COLUMNS - set(rows.fieldnames or ())
        if missing:
            raise NotCases(f"{file} lacks the columns {', '.join(sorted(missing))}")
        for row in rows:
            yield _row(file, row)


def _row(file: Path, row: Mapping[str, str | None]) -> Case:
    """Read one row."""
    try:
        day, facts = read_day(row["as_of_date"] or ""), read_facts(row["facts_json"] or "")
    except ValueError as error:
        raise NotCases(f"{file}, row {row['id']}: {error}") from error
    return Case(name=str(row["id"]), jurisdiction=row["jurisdiction"] or "", day=day, facts=facts)
