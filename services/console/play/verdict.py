"""How a play ended: the same for the same input, whatever the batches, crashes and order. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.console.play.model import Play, Recorded
from services.console.play.records import Aside, Case, Records, Window
from services.console.play.travis import pick_up_share

Refused = Mapping[tuple[str, str], str]


def verdict(records: Records, play: Play, refused: Refused) -> dict[str, Any]:
    """Count what became of everything; each event counts once, by its source and id."""
    aside = set_aside(records)
    told = {one.name: one.is_told for one in records.waiting}
    states = Counter(event.state for event in records.events)
    known = [case for case in records.cases if case.custody != "awaited"]
    made: dict[str, Any] = {
        "events": {
            "applied": states["applied"],
            "waiting": states["waiting"],
            "set_aside": len([one for one in aside if one.service == "intake"]),
            "discarded": states["discarded"],
            "refused": len(refused),
        },
        "rows_not_played": len(play.set_aside),
        "refused": _sorted(refused.values()),
        "set_aside": _sorted(one.code if one.service == "intake" else f"{one.service}: {one.code}" for one in aside),
        "waiting": {"operator_told": sum(told.values()), "operator_not_told": len(told) - sum(told.values())},
        "cases": _sorted(case.custody for case in records.cases),
        "detainers": _sorted(status for case in known for status in case.detainers.values()),
        "standing_decisions": _sorted(one.outcome for one in records.standings if one.number),
        "by_rule": _sorted(f"{one.policy} {one.rule}" for one in records.standings if one.number),
        "reviews": _sorted(records.reviews),
        "windows": _sorted(window.ended_by or "not closed" for window in records.windows if has_run(window)),
        "late": len(records.late),
        "picked_up_after_closing": _after_closing(records),
    }
    if play.precision == "day":
        made["pick_ups"] = _pick_ups(records)
    if play.recorded:
        made["by_place"] = beside_records(
            ((one.detainer_id, one.outcome) for one in records.standings if one.number), play.recorded
        )
    return made


def beside_records(
    decided: Iterable[tuple[str, str | None]], recorded: Mapping[str, Recorded]
) -> dict[str, dict[str, dict[str, int]]]:
    """Count, for each place and each of the record's own words, what was decided; without a record nothing counts."""
    found: dict[tuple[str, str], list[str]] = {}
    for detainer_id, outcome in decided:
        if (one := recorded.get(detainer_id)) is not None:
            found.setdefault((one.place, one.said), []).append(str(outcome))
    made: dict[str, dict[str, dict[str, int]]] = {}
    for (place, said), outcomes in sorted(found.items()):
        made.setdefault(place, {})[said] = _sorted(outcomes)
    return made


def set_aside(records: Records) -> list[Aside]:
    """Give what is set aside, each event once however often it came."""
    parked = {event.name for event in records.events if event.state == "parked"}
    once: dict[Any, Aside] = {}
    for one in records.aside:
        # The same source and id with other bytes is another thing to look at; the same bytes again are not.
        key = (one.service, one.name) if one.name in parked else (one.service, one.name, one.digest)
        once.setdefault(key, one)
    return list(once.values())


def has_run(window: Window) -> bool:
    """Tell whether a window counts: one taken back before it opened never held anybody."""
    if window.ended_at is None or window.ended_by in ("pick_up", "release"):
        return True
    return window.ended_at > window.opens_at


def _after_closing(records: Records) -> int:
    """Count the persons whom ICE took only after the last of their windows had closed."""
    closed = {case_id: closes_at for case_id, (_, closes_at) in _spans(records).items()}
    return sum(case.gone_at > closed[case.id] for case in _picked_up(records) if case.id in closed and case.gone_at)


def _pick_ups(records: Records) -> dict[str, Any]:
    """Give the share of pick-ups inside the hold window, by local dates (DESIGN section 15)."""
    spans = _spans(records)
    inside = over = 0
    zones: dict[str, list[Case]] = {}
    for case in _picked_up(records):
        zones.setdefault(case.time_zone, []).append(case)
    for zone, cases in zones.items():
        rows = [(*spans[case.id], case.gone_at) for case in cases if case.id in spans and case.gone_at]
        here = pick_up_share(rows, ZoneInfo(zone))
        inside, over = inside + here[0], over + here[1]
    share = round(100 * inside / (inside + over), 2) if inside + over else None
    return {"inside": inside, "of": inside + over, "share": share}


def _picked_up(records: Records) -> list[Case]:
    return [case for case in records.cases if case.gone_how == "pick_up"]


def _spans(records: Records) -> dict[Any, tuple[Any, Any]]:
    """Give each case's hold as one span: all its windows count from the same instant."""
    spans: dict[Any, tuple[Any, Any]] = {}
    for window in records.windows:
        if window.ended_by == "retracted":
            continue
        opens_at, closes_at = spans.get(window.case_id, (window.opens_at, window.closes_at))
        spans[window.case_id] = (min(opens_at, window.opens_at), max(closes_at, window.closes_at))
    return spans


def _sorted(values: Iterable[Any]) -> dict[str, int]:
    """Count values, in the order of their names, so that two verdicts can be compared as they are printed."""
    return dict(sorted(Counter(str(value) for value in values).items()))
