"""Time that runs by itself, thousands of times faster than life: a small play comes to its end."""

import random
from dataclasses import replace
from pathlib import Path

from services.console.play.february import local
from services.console.play.lines import open_play
from services.console.play.model import Play, arrival
from services.console.play.stage import Stage
from services.console.play.stories import by_custom, cancelled_before_release, passing_through
from tests.e2e.story import written
from tests.e2e.up import ended, started


def three_days() -> Play:
    """Give a play of three days: held and fetched, held until the clock ran out, cancelled, not asked for."""
    stage = Stage(random.Random(2012))  # noqa: S311  # a story that can be had again
    by_custom(stage, local(15, "18:00"), "picked_up")
    by_custom(stage, local(15, "18:00"), "clock")
    cancelled_before_release(stage, local(16, "15:00"), by_form=False)
    passing_through(stage, local(15, "10:00"), result="no_match")
    return replace(open_play("sample"), name="fast", lines=tuple(sorted(stage.lines, key=arrival)), notes=())


def test_a_play_in_fast_time_comes_to_its_end(tmp_path: Path) -> None:
    """No timer is slept through and none is left; on a slow machine a notice may be late, and nothing else."""
    words = ["--play", str(written(three_days(), tmp_path)), "--speed", "5000", "--until-done"]
    with started(tmp_path / "d", *words) as up:
        code, end = ended(up, within_s=400)
    made = end["verdict"]
    assert (made["events"]["applied"], made["events"]["refused"]) == (23, 0)
    assert made["cases"] == {"gone": 4}
    assert made["detainers"] == {"cancelled": 1, "over": 2}
    assert made["standing_decisions"] == {"HOLD": 2, "RELEASE": 1}
    # At this speed a quarter of an hour is 0.18 s of the machine's, which is not ours to promise.
    assert [broken for broken in end["violations"] if " late" not in broken and "told in time" not in broken] == []
    assert code == (1 if end["violations"] else 0)
