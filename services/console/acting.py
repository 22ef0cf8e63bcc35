"""Act through the services as the person signed in: a token of a minute for each call, and what they answer."""

from collections.abc import Mapping
from typing import Any, Self

import httpx

from services.console.accounts.person import Person
from shared.http.problems import Problem
from shared.http.tokens import SigningKey
from shared.runtime.clock import machine_now

_TIMEOUT_S = 15.0


class Services:
    """HTTP to the services."""

    def __init__(self, urls: Mapping[str, str], key: SigningKey) -> None:
        self._key = key
        self._clients = {name: httpx.AsyncClient(base_url=url, timeout=_TIMEOUT_S) for name, url in urls.items()}

    async def __aenter__(self) -> Self:
        """Open the connections when they are needed."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close them."""
        for client in self._clients.values():
            await client.aclose()

    async def ask(self, person: Person, method: str, service: str, path: str, body: Any = None, **query: str) -> Any:
        """Ask a service as a person; raises the Problem that it tells of, or one that says it cannot be reached."""
        answer = await self._answer(person, method, service, path, body, query)
        return answer.json() if answer.content else None

    async def _answer(
        self, person: Person, method: str, service: str, path: str, body: Any, query: Mapping[str, str]
    ) -> httpx.Response:
        token = self._key.token(person.key_id, service, int(machine_now().timestamp()))
        try:
            answer = await self._clients[service].request(
                method, path, json=body, params=query, headers={"Authorization": f"Bearer {token}"}
            )
        except httpx.TransportError as error:
            raise Problem(
                503,
                "service_away",
                f"{service.capitalize()} cannot be reached, so it is not known whether this was done."
                " Look at the page again before you repeat it.",
            ) from error
        if answer.is_error:
            raise _told(answer)
        return answer

    async def fetch(self, person: Person, service: str, path: str, **query: str) -> bytes:
        """Fetch a document from a service as a person."""
        return (await self._answer(person, "GET", service, path, None, query)).content


def _told(answer: httpx.Response) -> Problem:
    try:
        told = answer.json()
    except ValueError:
        told = {}
    told = told if isinstance(told, dict) else {}
    code = str(told.get("type", "")).rpartition(":")[2] or "refused"
    detail = str(told.get("detail") or f"The service answered {answer.status_code}.")
    return Problem(answer.status_code, code, detail, told=told)
