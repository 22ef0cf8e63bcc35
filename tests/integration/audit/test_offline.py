"""The records of a data directory can be checked while no service runs on it."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from services.console.up.database import owner_url, prepare
from services.console.up.place import Place
from shared.runtime.clock import ClockSetting
from tests.support.database import BEGINS


async def command(*words: str) -> tuple[int, str, str]:
    """Run a command as a person would: a process of its own; give its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.console.cli",
        *words,
        env={name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, noted = await process.communicate()
    return process.returncode or 0, said.decode(), noted.decode()


async def test_the_database_is_started_for_as_long_as_it_takes(tmp_path: Path) -> None:
    """Each command starts it, finds nothing wrong with nothing, prints one line of JSON, and leaves it stopped."""
    place = Place(tmp_path / "data")
    place.make()
    async with owner_url(place, 0) as url:
        await prepare(url, ClockSetting("stepped", BEGINS))
    expected: tuple[tuple[tuple[str, str], dict[str, Any]], ...] = (
        (("audit", "verify"), {"fits": True}),
        (("audit", "sweep"), {"violations": []}),
        (("decision", "replay"), {"decisions": 0}),
    )
    for words, said in expected:
        code, out, _ = await command(*words, "--json", "--data-dir", str(place.root))
        told: dict[str, Any] = json.loads(out)
        assert code == 0
        assert said.items() <= told.items()
        assert not (place.postgres / "postmaster.pid").exists()


@pytest.mark.parametrize("words", [("audit", "verify"), ("decision", "replay")])
async def test_where_there_is_nothing_it_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    """A folder without a database is a mistake of the one who typed, and nothing is made there."""
    code, out, noted = await command(*words, "--data-dir", str(tmp_path / "nothing"))
    assert (code, out) == (2, "")
    assert "nothing runs on" in noted
    assert not (tmp_path / "nothing").exists()
