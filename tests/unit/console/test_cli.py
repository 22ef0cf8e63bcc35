"""The command line says what was used wrongly, and with which code."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.console.cli import app
from services.console.play.lines import open_play

RUN = CliRunner()


@pytest.mark.parametrize(
    "words",
    [
        ["up", "--speed", "max"],
        ["up", "--until-done"],
        ["up", "--play", "sample", "--speed", "fast"],
        ["up", "--play", "sample", "--speed", "-1"],
        ["up", "--play", "no such file"],
        ["up", "--port-base", "70000"],
        ["serve", "everything"],
        ["play", "no such file"],
        ["key", "issue", "--role", "jail"],
        ["key", "issue", "--role", "reviewer"],
        ["no-such-command"],
    ],
)
def test_what_is_used_wrongly_exits_with_2(words: list[str], tmp_path: Path) -> None:
    """Nothing is started and nothing is written for a command that makes no sense."""
    where = [] if words[0] in ("serve", "no-such-command") else ["--data-dir", str(tmp_path / "d")]
    assert RUN.invoke(app, [*words, *where]).exit_code == 2
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["case", "show", "x"],
        ["review", "list"],
        ["waiting", "list"],
        ["parked", "list"],
        ["alarm", "list"],
        ["facility", "list"],
    ],
)
def test_looking_where_nothing_runs_says_what_to_start(words: list[str], tmp_path: Path) -> None:
    """The words name the command that would help."""
    done = RUN.invoke(app, [*words, "--data-dir", str(tmp_path)])
    assert done.exit_code == 2
    assert "countersign up" in done.stderr


def test_a_service_without_settings_says_which_are_lacking() -> None:
    """What has no default is named, all of it at once."""
    done = RUN.invoke(app, ["serve", "intake"], env={"COUNTERSIGN_KAFKA": None, "COUNTERSIGN_DATABASE_URL": None})
    assert done.exit_code == 2
    assert "COUNTERSIGN_KAFKA" in done.stderr


def test_migrate_wants_all_passwords_or_none() -> None:
    """Half of a system helps nobody."""
    done = RUN.invoke(app, ["migrate"], env={"COUNTERSIGN_INTAKE_PASSWORD": "x"})
    assert done.exit_code == 2
    assert "COUNTERSIGN_NOTIFY_PASSWORD" in done.stderr.replace("\n", " ")


def test_the_sample_is_written_down_as_it_is_played(tmp_path: Path) -> None:
    """What was written is the same play again."""
    file = tmp_path / "sample.jsonl"
    done = RUN.invoke(app, ["play", "sample", "--write", str(file), "--json"])
    assert done.exit_code == 0
    assert open_play(str(file)).lines == open_play("sample").lines
    assert json.loads(done.stdout)["lines"] == len(open_play("sample").lines)
