"""What every page shows around its own: the nearest deadline, what is at risk, and a count beside each way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.console.heartbeat import Heartbeat
from services.console.queries.deadlines import Deadline, deadlines, is_cut
from services.console.queries.places import Places, places
from shared.db.session import ReadSession


def _sum(table: str, only: str) -> str:
    each = (f"(SELECT count(*) FROM {schema}.{table} WHERE {only})" for schema in ("intake", "decision", "notify"))
    return f"({' + '.join(each)})"


_PARKED = _sum("parked", "state = 'parked'")
_ALARMS = _sum("alarms", "cleared_at IS NULL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand, in the few figures that every page needs."""

    where: Places
    deadlines: Sequence[Deadline]
    heartbeat: Heartbeat

    @property
    def nearest(self) -> Deadline | None:
        """Give the nearest deadline that has not passed."""
        return next((one for one in self.deadlines if not one.is_late), None)

    @property
    def at_risk(self) -> list[Deadline]:
        """Give those whose way is broken, blocked or unproven."""
        return [one for one in self.deadlines if one.risk and not one.is_late]

    @property
    def late(self) -> list[Deadline]:
        """Give those that have passed."""
        return [one for one in self.deadlines if one.is_late]

    @property
    def or_more(self) -> str:
        """Give what stands behind a count where not everything was read."""
        return " or more" if is_cut(self.deadlines) else ""

    def cases(self, some: Sequence[Deadline]) -> int:
        """Count the cases of some deadlines; a detainer that waits for its booking counts as one."""
        return len({one.case_id or one.detainer_id for one in some})


async def standing(session: ReadSession, now: datetime, heartbeat: Heartbeat) -> Standing:
    """Read how things stand."""
    where = await places(session)
    return Standing(where=where, deadlines=await deadlines(session, where, now), heartbeat=heartbeat)


async def shell(session: ReadSession, stands: Standing) -> dict[str, Mapping[str, Any]]:
    """Give the values of the shell's live parts."""
    counts = await session.one(
        "SELECT (SELECT count(*) FROM decision.reviews WHERE state IN ('open', 'claimed')) AS reviews,"
        f" {_PARKED} AS parked, {_ALARMS} AS alarms,"
        " (SELECT count(*) FROM intake.waiting) AS waiting,"
        " (SELECT count(*) FROM notify.endpoints WHERE state = 'suspended') AS suspended"
    )
    return {
        "watch": {"stands": stands},
        "nav": {"stands": stands, "counts": counts, "pulses": stands.heartbeat.all()},
        "when": {"zone": stands.where.common_zone},
    }
