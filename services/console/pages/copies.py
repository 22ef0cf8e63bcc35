"""The person's copy of a case: print it in the person's language, and write down that it was handed over."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.acting import Services
from services.console.queries.places import places
from shared.http.access import Role
from shared.http.problems import Problem

router = APIRouter()

Looking = Annotated[Person, Depends(people(Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR))]
Acting = Annotated[Act, Depends(acting(Role.OPERATOR))]
Language = Annotated[Literal["en", "es"], Query()]


@router.get("/cases/{case_id}/copies/{ori}/{notice_id}")
async def printed(
    request: Request, person: Looking, case_id: UUID, ori: str, notice_id: UUID, language: Language = "en"
) -> Response:
    """Give a copy to be printed; it says what its notice said when it was sent."""
    services: Services = request.app.state.services
    path = f"/v1/jails/{ori}/notices/{notice_id}/copy"
    pdf = await services.fetch(person, "notify", path, language=language, format="pdf")
    name = f'inline; filename="copy-{str(case_id)[-8:]}-{language}.pdf"'
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": name})


@router.post("/cases/{case_id}/copies/{ori}/{notice_id}")
async def handed_over(request: Request, act: Acting, case_id: UUID, ori: str, notice_id: UUID) -> Response:
    """Write down that a copy was handed over: when, by whom, in which language and how."""
    services: Services = request.app.state.services
    async with request.app.state.requests.reading(**act.person.scope) as session:
        zone = (await places(session)).of(ori).zone
    body = {
        "served_at": _instant(act.text("served_at", most=40), zone),
        "served_by": act.text("served_by", most=200),
        "language": act.text("language", most=2),
        "manner": act.text("manner", most=20),
    }
    if not body["served_by"]:
        raise Problem(422, "incomplete", "Say who handed it over: a desk or a badge number, no name.")
    await services.ask(act.person, "POST", "notify", f"/v1/jails/{ori}/notices/{notice_id}/served", body)
    return RedirectResponse(f"/cases/{case_id}#copies", status_code=303)


def _instant(text: str, zone: str) -> str:
    """Read what the form says as the facility's own time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).isoformat()
    except ValueError:
        raise Problem(422, "incomplete", "Say when it was handed over, by the facility's clock.") from None
