"""The rulebook: what law applied on that day, whom it bound, and what it makes of facts one tries on it."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from markupsafe import Markup

from services.console import show
from services.console.access import Act, acting, people
from services.console.accounts.person import Person
from services.console.explain import Explainer
from services.console.rulebook.site import bodies
from services.decision.policy.evaluate import Rulebook
from services.decision.policy.explain import Explanation, explained
from shared.http.body import strict_json
from shared.http.problems import Problem, not_found

router = APIRouter()

Looking = Annotated[Person, Depends(people())]
Trying = Annotated[Act, Depends(acting())]
_EXAMPLE = '{"agency": "state_corrections", "detainer_form": "I-247", "us_citizen_claim": "none"}'


class Site:
    """The rulebook's pages, made when the first one is asked for: the rulebook of a process never changes."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._pages: dict[str, tuple[str, Markup]] | None = None

    def page(self, name: str) -> tuple[str, Markup]:
        """Give a page's title and markup; 404 for one that is not there."""
        if self._pages is None:
            # The words come from the rulebook, and the site escapes each of them.
            made = bodies(self.book).items()
            self._pages = {name: (title, Markup("\n".join(parts))) for name, (title, parts) in made}  # noqa: S704
        if name not in self._pages:
            raise not_found()
        return self._pages[name]


@router.get("/rulebook")
async def first(_: Looking) -> Response:
    """Go to the first page."""
    return RedirectResponse("/rulebook/index.html", status_code=303)


@router.get("/rulebook/try")
async def ask(request: Request, person: Looking) -> Response:
    """Ask for facts to try."""
    return await _try(request, person, place="", day="", facts=_EXAMPLE)


@router.post("/rulebook/try")
async def tried(request: Request, act: Trying) -> Response:
    """Apply the law of a place and date to facts; nothing is recorded."""
    explainer: Explainer = request.app.state.explainer
    typed = {"place": act.text("place", most=40), "day": act.text("day", most=10), "facts": act.text("facts")}
    try:
        why = _applied(explainer.book, **typed)
    except (Problem, ValueError) as error:
        return await _try(request, act.person, trouble=str(error), status=422, **typed)
    return await _try(request, act.person, why=why, **typed)


def _applied(book: Rulebook, place: str, day: str, facts: str) -> Explanation:
    if place not in book.jurisdictions():
        raise ValueError("Choose a place that the rulebook has.")
    try:
        on = date.fromisoformat(day)
    except ValueError as error:
        raise ValueError("Write the day as 2012-02-22.") from error
    read = strict_json(facts.encode())
    if not isinstance(read, dict):
        raise ValueError("Write the facts as one JSON object.")  # noqa: TRY004 - what was typed is wrong, not a type
    return explained(book, place, on, read)


async def _try(request: Request, person: Person, **values: Any) -> Response:
    explainer: Explainer = request.app.state.explainer
    more = {"why": None, "trouble": None, "places": explainer.book.jurisdictions(), **values}
    return await show.page(
        request, person, "rulebook_try.html", show.nothing, stream="/rulebook/index.html/stream", **more
    )


@router.get("/rulebook/{name}")
async def place(request: Request, person: Looking, name: str) -> Response:
    """Show a page of the rulebook."""
    site: Site = request.app.state.rulebook
    title, body = site.page(name)
    return await show.page(request, person, "rulebook.html", show.nothing, law_title=title, law=body)


@router.get("/rulebook/{name}/stream")
async def follow(request: Request, person: Looking, name: str) -> Response:
    """Keep what stands around the page true."""
    site: Site = request.app.state.rulebook
    site.page(name)
    return await show.stream(request, person, show.nothing)
