"""Who is at a page, and may they: the session's cookie, the role, and the token that ties a form to the session."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from fastapi import Request

from services.console.accounts.door import Door, is_same
from services.console.accounts.person import PEOPLE, Person
from shared.http.access import Role
from shared.http.body import EVENT_BYTES, read_body
from shared.http.problems import Problem

#: What somebody may open whose role demands a second factor that is not set up yet.
_SETTING_UP = frozenset({"/account/second-factor", "/sign-out"})


class SignInFirst(Exception):
    """Nobody is signed in."""


class SetUpFirst(Exception):
    """The role demands a second factor, and there is none yet."""


def cookie_name(request: Request) -> str:
    """Name the session's cookie: bound to this very host where the page came over https."""
    return "__Host-countersign" if request.app.state.is_https else "countersign"


def session_token(request: Request) -> str | None:
    """Give the token of the request's session, if it has one."""
    return request.cookies.get(cookie_name(request))


def people(*roles: Role) -> Callable[[Request], Awaitable[Person]]:
    """Make the dependency of a page that only these roles may open (none named: all people); it gives the person."""
    allowed = frozenset(roles) or PEOPLE

    async def who(request: Request) -> Person:
        door: Door = request.app.state.door
        person = await door.person(session_token(request))
        if person is None:
            raise SignInFirst
        if person.must_set_up and request.url.path not in _SETTING_UP:
            raise SetUpFirst
        if person.role not in allowed:
            raise Problem(403, "not_allowed", f"This is for {_listed(allowed)}; you are signed in as {person.role}.")
        return person

    return who


def _listed(roles: frozenset[Role]) -> str:
    names = sorted(roles)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def acting(*roles: Role) -> Callable[[Request], Awaitable["Act"]]:
    """Make the dependency of a route that changes something: a person of these roles, and a form of this session."""
    who = people(*roles)

    async def act(request: Request) -> Act:
        person = await who(request)
        fields = await read_form(request)
        if not is_same(fields.get("csrf", ""), person.csrf):
            raise Problem(403, "stale_form", "This form belongs to another session: load the page again and repeat it.")
        return Act(person, fields)

    return act


class Act:
    """Something a person does: who, and what the form said."""

    def __init__(self, person: Person, fields: dict[str, str]) -> None:
        self.person = person
        self._fields = fields

    def text(self, name: str, *, most: int = 4000) -> str:
        """Give a field, without blanks around it; empty where it was left out."""
        return self._fields.get(name, "").strip()[:most]

    def chosen(self, prefix: str) -> list[str]:
        """Give what was ticked of several, by the end of each field's name."""
        return [name.removeprefix(prefix) for name in self._fields if name.startswith(prefix)]


async def read_form(request: Request) -> dict[str, str]:
    """Read a small form; of a field given twice, the first. A form from another site is refused before that."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"}:
        raise Problem(403, "other_site", "This form came from another site, and nothing was done.")
    try:
        body = (await read_body(request, EVENT_BYTES)).decode("utf-8")
        fields = parse_qs(body, keep_blank_values=True, strict_parsing=bool(body), max_num_fields=200)
    except ValueError as error:
        raise Problem(400, "invalid_form", "The form could not be read.") from error
    return {name: values[0].replace("\x00", "") for name, values in fields.items()}
