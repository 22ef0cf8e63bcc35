"""The whole system in its own processes: a story played to its end, twice, shuffled, and through a kill -9."""

import os
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.story import a_story, written
from tests.e2e.up import asked, ended, is_alive, part, parts, played, ready, started, until


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Play the story once; give its data directory and how it ended."""
    folder = tmp_path_factory.mktemp("story")
    code, end = played(folder / "d", written(a_story(), folder))
    assert (code, end["violations"]) == (0, [])
    return folder, end


def test_a_story_ends_as_promised(first: tuple[Path, dict[str, Any]]) -> None:
    """Each event has one fate, each detainer one standing decision, each window its end."""
    made = first[1]["verdict"]
    assert first[1]["ended_as_promised"]
    assert {name: made["events"][name] for name in ("waiting", "set_aside", "discarded", "refused")} == {
        "waiting": 1,
        "set_aside": 1,
        "discarded": 1,
        "refused": 0,
    }
    assert first[1]["work"]["played"]["parked, retry"] == 2
    assert made["waiting"] == {"operator_told": 1, "operator_not_told": 0}
    assert made["standing_decisions"] == {"HOLD": 5, "RELEASE": 4}
    assert made["windows"] == {"clock": 1, "pick_up": 4, "retracted": 1}
    assert made["late"] == 0


def test_a_second_telling_changes_nothing(first: tuple[Path, dict[str, Any]]) -> None:
    """On the same data directory every event is a duplicate, and the verdict is the same."""
    folder, end = first
    code, again = played(folder / "d", folder / "story.jsonl")
    assert code == 0
    assert again["verdict"] == end["verdict"]
    assert again["work"]["decisions"] == end["work"]["decisions"]
    assert again["work"]["duplicates_at_the_door"] > 0


def test_order_repetition_and_a_kill_change_nothing(first: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    """Doubled, shuffled, and decision killed in the middle: the same verdict."""
    words = ["--play", str(written(a_story(seed=7), tmp_path)), "--speed", "max", "--until-done"]
    with started(tmp_path / "d", *words) as up:
        log = tmp_path / "d" / "logs" / "decision.log"
        until(up, lambda: log.exists() and "case.decided" in log.read_text())
        os.kill(until(up, lambda: part(up, "serve decision")), signal.SIGKILL)
        code, end = ended(up)
    assert (code, end["violations"]) == (0, [])
    assert end["verdict"] == first[1]["verdict"]
    assert end["work"]["restarts"]["decision"] >= 1


def test_up_is_tried_by_hand_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Killed itself, it leaves no part running and can be started again; SIGTERM ends all of it."""
    folder = tmp_path / "d"
    with started(folder) as up:
        before = ready(up, folder)
        children = parts(up)
        assert asked("facility", "list", "--data-dir", str(folder))[1][0]["jurisdiction"] == "CT"
        assert asked("up", "--data-dir", str(folder))[0] == 2
        up.kill()
        up.wait()
    until(up, lambda: not any(is_alive(pid) for pid in children.values()))
    with started(folder) as up:
        after = ready(up, folder)
        assert after["keys"] == before["keys"]
        assert asked("alarm", "list", "--data-dir", str(folder)) == (0, [])
        up.send_signal(signal.SIGTERM)
        assert up.wait() == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{after['urls']['intake']}/healthz")


def test_a_directory_keeps_the_clock_it_was_made_with(first: tuple[Path, dict[str, Any]]) -> None:
    """Data that lived in stepped time is not opened in the machine's."""
    folder, _ = first
    with started(folder / "d", "--play", str(folder / "story.jsonl")) as up:
        _, err = up.communicate(timeout=60)
    assert up.returncode == 2
    assert "stepped time" in err
