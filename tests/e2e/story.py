"""A small play with one of each: held, declined, too late, cancelled, waiting, linked, moved, set aside, mended."""

import random
from dataclasses import replace
from pathlib import Path

from services.console.play.february import local
from services.console.play.lines import open_play, write_jsonl
from services.console.play.model import Play, arrival
from services.console.play.odd_arrivals import ODD_ARRIVALS
from services.console.play.odd_custody import ODD_CUSTODY
from services.console.play.odd_requests import ODD_REQUESTS
from services.console.play.shuffle import shuffled
from services.console.play.stage import Stage
from services.console.play.stories import before_the_commissioner, by_custom, passing_through

_TOLD = {
    "cancelled_before_it_came",
    "tied_to_nobody",
    "tied_by_hand",
    "poison",
    "due_taken_back",
    "poison_mended",
    "moved_to_a_jail_nobody_registered",
}


def a_story(*, seed: int | None = None) -> Play:
    """Give the story; with a seed doubled and shuffled."""
    stage = Stage(random.Random(2012))  # noqa: S311  # a story that can be had again
    for tell in (*ODD_ARRIVALS, *ODD_REQUESTS, *ODD_CUSTODY):
        if tell.__name__ in _TOLD:
            tell(stage)
    by_custom(stage, local(15, "18:00"), "clock")
    before_the_commissioner(stage, local(24, "10:00"), "HOLD", "picked_up")
    before_the_commissioner(stage, local(24, "10:00"), "RELEASE")
    before_the_commissioner(stage, local(27, "13:00"), "late")
    passing_through(stage, local(20, "10:00"), result="no_match")
    play = replace(open_play("sample"), name="story", lines=tuple(sorted(stage.lines, key=arrival)), notes=())
    return play if seed is None else shuffled(play, seed)


def written(play: Play, folder: Path) -> Path:
    """Write a play down, for the command to read."""
    file = folder / "story.jsonl"
    write_jsonl(play, file)
    return file
