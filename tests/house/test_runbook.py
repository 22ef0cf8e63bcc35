"""Whatever calls a person stands in the runbook, with what it means and what to do."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import services
import shared
from shared.outbox.invariants import invariants

_ROOTS = [Path(package.__file__ or "").parent for package in (services, shared)]
_RUNBOOK = (_ROOTS[0].parent / "docs" / "runbook.md").read_text()


def _constants(node: ast.expr) -> list[str] | None:
    """Give the texts an expression may be; None when it is not told here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        either, other = _constants(node.body), _constants(node.orelse)
        return None if either is None or other is None else either + other
    return None


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _passed(tree: ast.AST, function: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[str] | None:
    """Give the texts that a module's own calls pass to a function under this name."""
    names = [arg.arg for arg in function.args.args if arg.arg not in {"self", "cls"}]
    found = []
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and _called(call.func) == function.name:
            given = dict(zip(names, call.args, strict=False)) | {kw.arg: kw.value for kw in call.keywords if kw.arg}
            found += _constants(given[name]) or [] if name in given else []
    return found or None


def _kinds(source: str) -> Iterator[str]:
    """Find the kind of every alarm that a module makes; a kind that cannot be read off fails the test."""
    tree = ast.parse(source)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and _called(call.func) == "Alarm"):
            continue
        kind = next(keyword.value for keyword in call.keywords if keyword.arg == "kind")
        told = _constants(kind)
        if told is None and isinstance(kind, ast.Name):
            around = [one for one in functions if call in ast.walk(one)]
            told = _passed(tree, around[-1], kind.id)
        assert told is not None, f"{ast.unparse(kind)}: write an alarm's kind where it can be read"
        yield from told


def _in_code() -> set[str]:
    files = [path for root in _ROOTS for path in root.rglob("*.py")]
    return {kind for path in files for kind in _kinds(path.read_text())}


def _sections() -> dict[str, str]:
    """Give the runbook's text for each alarm."""
    _, _, alarms = _RUNBOOK.partition("\n## Alarms\n")
    parts = re.split(r"^### ", alarms.partition("\n## ")[0], flags=re.MULTILINE)[1:]
    return {name.strip(): words for name, _, words in (part.partition("\n") for part in parts)}


def test_every_alarm_stands_in_the_runbook_and_the_other_way_round() -> None:
    """Nobody is called for something unexplained, and nothing is explained that nobody is called for."""
    assert set(_sections()) == _in_code()


@pytest.mark.parametrize("kind", _sections())
def test_an_alarm_is_explained(kind: str) -> None:
    """Its section says what it means and what to do."""
    assert "**Means.**" in _sections()[kind]
    assert "**Do.**" in _sections()[kind]


def test_every_question_stands_in_the_runbook_and_the_other_way_round() -> None:
    """Whichever question finds something, the table of ``promise_broken`` says what to do."""
    table = [line.split("|")[1] for line in _sections()["promise_broken"].splitlines() if line.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", " ".join(table))) == sorted(one.name for one in invariants())


def test_the_sections_are_in_order() -> None:
    """Alphabetical, so that one finds it at night."""
    assert list(_sections()) == sorted(_sections())


@pytest.mark.parametrize(
    "source",
    [
        "Alarm(kind='one')",
        "x.Alarm(kind='one' if late else 'one')",
        "def call(kind): return Alarm(kind=kind)\ncall('one')",
        "class A:\n  async def call(self, kind, more): return Alarm(kind=kind)\n  def f(self): self.call('one', 2)",
    ],
)
def test_the_check_reads_every_way_to_say_a_kind(source: str) -> None:
    """A text, one of two, or one handed to the function that makes the alarm."""
    assert set(_kinds(source)) == {"one"}


def test_a_kind_that_is_put_together_is_refused() -> None:
    """What cannot be searched for cannot be explained."""
    with pytest.raises(AssertionError, match="where it can be read"):
        list(_kinds("Alarm(kind=f'{a}_late')"))
