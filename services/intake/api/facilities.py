"""The register of facilities: whose law, agency and clock a jail goes by."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from services.intake.api.shapes import Facilities, FacilitySet
from shared.domain.jurisdiction import Agency
from shared.http.access import Caller, Role, allowing
from shared.http.body import read_model, takes
from shared.http.paging import MOST, cursor, page, place_of, plain
from shared.http.problems import Problem
from shared.outbox.parts import Parts

router = APIRouter(tags=["facilities"])

Looking = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Caller, Depends(allowing(Role.OPERATOR, Role.ADMINISTRATOR))]

_ORI = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")


class FacilityForm(BaseModel):
    """A facility as an operator registers it."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    #: A code of the rulebook, such as CT; US-FED where a place has no section of its own.
    jurisdiction: str = Field(pattern=r"^[A-Z][A-Z-]{1,19}$")
    agency: Agency
    #: IANA name.
    time_zone: str
    #: Whom to tell when something about this facility needs a person.
    contact: str = Field(default="operator", min_length=1, max_length=200)

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("no IANA time zone; write it as America/New_York") from error
        return name


@router.get("/v1/facilities", response_model=Facilities)
async def list_facilities(request: Request, caller: Looking, after: str | None = None) -> dict[str, Any]:
    """List the register by ORI."""
    place = place_of(after, plain)
    parts: Parts = request.app.state.parts
    async with parts.requests.reading(**caller.scope) as session:
        rows = await session.all(
            "SELECT ori, name, jurisdiction, agency, time_zone, contact, registered_at, changed_at"
            " FROM intake.facilities WHERE ori > :after ORDER BY ori LIMIT :most",
            after=place[0] if place else "",
            most=MOST,
        )
    items = [dict(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public mapping
    return page(items, cursor(rows[-1].ori) if len(rows) == MOST else None)


@router.put("/v1/facilities/{ori}", openapi_extra=takes(FacilityForm), response_model=FacilitySet)
async def put_facility(request: Request, ori: str, caller: Acting) -> dict[str, Any]:
    """Register a facility, or change what is registered; a change counts for what is decided from now on."""
    if not _ORI.fullmatch(ori):
        raise Problem(422, "invalid_ori", "An ORI has nine characters: two letters, then seven letters or digits.")
    form = await read_model(request, FacilityForm)
    parts: Parts = request.app.state.parts
    async with parts.requests.transaction(**caller.scope) as session:
        now = parts.clock.now()
        await session.run(
            "INSERT INTO intake.facilities (ori, name, jurisdiction, agency, time_zone, contact, registered_at,"
            " changed_at) VALUES (:ori, :name, :jurisdiction, :agency, :zone, :contact, :now, :now)"
            " ON CONFLICT (ori) DO UPDATE SET name = excluded.name, jurisdiction = excluded.jurisdiction,"
            " agency = excluded.agency,"
            " time_zone = excluded.time_zone, contact = excluded.contact, changed_at = excluded.changed_at",
            ori=ori,
            name=form.name,
            jurisdiction=form.jurisdiction,
            agency=form.agency.value,
            zone=form.time_zone,
            contact=form.contact,
            now=now,
        )
    return {"ori": ori, **form.model_dump(mode="json")}
