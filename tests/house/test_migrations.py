"""Migrations are numbered, follow one another in one line, and go both ways."""

import ast
import re
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations

_HERE = Path(migrations.__file__).parent
_FILES = sorted(path for path in (_HERE / "versions").glob("*.py") if path.name != "__init__.py")


def test_migrations_are_numbered_without_a_gap() -> None:
    """0001, 0002 and so on, each with a name that says what it does."""
    assert [path.name[:4] for path in _FILES] == [f"{number:04d}" for number in range(1, len(_FILES) + 1)]
    assert all(re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+\.py", path.name) for path in _FILES)


def test_migrations_stand_in_one_line() -> None:
    """Each builds on the one before, and there is one end."""
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    scripts = ScriptDirectory.from_config(config)
    line = [script.revision for script in scripts.walk_revisions()][::-1]
    assert line == [path.name[:4] for path in _FILES]
    assert scripts.get_heads() == [line[-1]]


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_migration_gives_its_reason_and_both_ways(path: Path) -> None:
    """A docstring with the reason, a way up and a way down, and no waiting for locks."""
    tree = ast.parse(path.read_text())
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert ast.get_docstring(tree)
    assert {"upgrade", "downgrade"} <= set(functions)
    assert "lock_timeout" in ast.unparse(functions["upgrade"])
