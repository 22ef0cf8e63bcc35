"""The register of facilities, as pages need it: names and clocks."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.db.session import ReadSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A facility."""

    ori: str
    name: str
    zone: str
    jurisdiction: str
    agency: str


@dataclass(frozen=True, slots=True)
class Places:
    """All facilities, by ORI; one that is not registered is named by its ORI and lives in UTC."""

    by_ori: Mapping[str, Place]

    def of(self, ori: str | None) -> Place:
        """Give a facility."""
        known = self.by_ori.get(ori or "")
        return known or Place(ori=ori or "", name=ori or "no facility", zone="UTC", jurisdiction="", agency="")

    @property
    def common_zone(self) -> str:
        """Give the zone that most facilities live in, for what belongs to none of them."""
        zones = [place.zone for place in self.by_ori.values()]
        return max(sorted(set(zones)), key=zones.count) if zones else "UTC"


async def places(session: ReadSession) -> Places:
    """Read the register."""
    rows = await session.all("SELECT ori, name, time_zone, jurisdiction, agency FROM intake.facilities ORDER BY ori")
    found = [
        Place(ori=row.ori, name=row.name, zone=row.time_zone, jurisdiction=row.jurisdiction, agency=row.agency)
        for row in rows
    ]
    return Places({place.ori: place for place in found})
