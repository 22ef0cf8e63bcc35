"""The table at the end of a play: what became of everything, and the work it took."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from services.console.cli.say import printer, table
from services.console.play.model import Play
from shared.domain.decision import Outcome

_MOST_VIOLATIONS = 50
_MOST_ASIDE = 10
_TITLES = {
    "events": "events",
    "rows_not_played": "rows of the file that cannot be played",
    "refused": "refused at the door",
    "set_aside": "set aside for a person",
    "waiting": "waiting for a booking",
    "cases": "cases",
    "detainers": "detainers on known bookings",
    "standing_decisions": "standing decisions",
    "by_rule": "by policy and rule",
    "reviews": "reviews",
    "windows": "hold windows ended by",
    "late": "notices late",
    "picked_up_after_closing": "picked up after the hold had closed",
}


def print_end(play: Play, end: Mapping[str, Any]) -> None:
    """Print verdict, work, and what was broken."""
    out = printer()
    out.print(_two_columns(f"Verdict on {play.name}", _verdict_rows(end["verdict"])))
    if by_place := end["verdict"].get("by_place"):
        out.print(_beside(by_place))
    share = end["verdict"].get("pick_ups")
    if share and share["share"] is not None:
        out.print(
            f"pick-ups within the hold window, by dates: {share['inside']:,} of {share['of']:,} inside"
            f" = {share['share']:.2f} %"
        )
    out.print(_two_columns("The work it took", _rows_of(end["work"])))
    for note in play.notes:
        out.print(f"note: {note}")
    for aside in play.set_aside[:_MOST_ASIDE]:
        out.print(f"row {aside.row} ({aside.what}) was not played: {aside.reason}")
    if len(play.set_aside) > _MOST_ASIDE:
        out.print(f"... and {len(play.set_aside) - _MOST_ASIDE:,} rows more that were not played")
    broken = end["violations"]
    if not broken:
        out.print(Text("All ended as promised.", style="green"))
        return
    out.print(Text(f"{len(broken):,} promises were broken:", style="bold red"))
    for line in broken[:_MOST_VIOLATIONS]:
        out.print(Text(f"  {line}"))
    if len(broken) > _MOST_VIOLATIONS:
        out.print(f"  ... and {len(broken) - _MOST_VIOLATIONS:,} more; --json has them all")


def _beside(by_place: Mapping[str, Mapping[str, Mapping[str, int]]]) -> Any:
    """Set what was decided beside what the records say happened, place by place."""
    rows = [
        (place, said, *(outcomes.get(name) for name in Outcome))
        for place, recorded in by_place.items()
        for said, outcomes in recorded.items()
    ]
    return table("Decided, beside what the records say", ("place", "the record says", *Outcome), rows)


def _verdict_rows(made: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, value in made.items():
        if name in ("pick_ups", "by_place"):
            continue
        title = _TITLES.get(name, name)
        if not isinstance(value, Mapping):
            yield title, "", value
            continue
        for place, (kind, count) in enumerate(value.items()):
            yield title if place == 0 else "", kind.replace("_", " "), count


def _rows_of(work: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    for name, value in work.items():
        title = name.replace("_", " ")
        if not isinstance(value, Mapping):
            yield title, "", value
            continue
        for place, (kind, count) in enumerate(value.items()):
            yield title if place == 0 else "", kind, count


def _two_columns(title: str, rows: Iterator[tuple[str, str, Any]]) -> Table:
    made = Table(title=title, title_justify="left", show_header=False)
    made.add_column("what", style="bold")
    made.add_column("kind")
    made.add_column("count", justify="right")
    for what, kind, count in rows:
        made.add_row(what, Text(kind), f"{count:,}" if isinstance(count, int | float) else str(count))
    return made
