"""The played people: jails and ICE read, sign and ask, reviewers answer, operators link and mend."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

import httpx

from services.console.play.model import PersonLine
from shared.domain.errors import CountersignError

#: As many as the service gives at a time if asked to; fewer mean that the end was reached.
_WHOLE_PAGE = 500
_GONE = (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT)
_TRIES, _PAUSE_S = 600, 0.2


class NotPlayed(CountersignError):
    """A played person was sent away by the service."""


class Played:
    """Does over HTTP what people would do, each with a key of their own."""

    def __init__(self, clients: Mapping[str, httpx.AsyncClient], keys: Mapping[str, str]) -> None:
        self._clients = clients
        self._keys = keys
        #: Where each recipient goes on reading, and the last place it has seen given out.
        self._after: dict[str, str | None] = {}
        self._seen: dict[str, int] = {}
        self._signing: set[asyncio.Task[httpx.Response]] = set()
        self._trouble: BaseException | None = None
        #: What was done and what came too late.
        self.did: Counter[str] = Counter()

    async def read_feeds(self, feeds: Mapping[str, int]) -> bool:
        """Let every recipient with news read and sign; tell whether anyone had any, or is still signing.

        Receipts are signed while others go on: a place counts as read once the feed was read to its end.
        """
        news = {name: last for name, last in feeds.items() if last > self._seen.get(name, 0) and name in self._keys}
        if self._trouble is not None:
            raise self._trouble
        is_signing = bool(self._signing)
        await asyncio.gather(*(self._read(name) for name in news))
        self._seen.update(news)
        return bool(news) or is_signing

    async def act(self, line: PersonLine) -> None:
        """Do what a line of the play says; what comes too late is counted, and no error."""
        match line.act:
            case "play.review_answer":
                await self._answer(line.what)
            case "play.waiting_link":
                await self._link(line.what)
            case "play.release_check":
                await self._ask_release(line.what)
            case "play.parked_retry" | "play.parked_discard":
                await self._settle_parked(line.act.removeprefix("play.parked_"), line.what)
            case "play.facility_add":
                await self._add_facility(line.what)
            case _:
                self.did[f"{line.act} is unknown"] += 1

    async def _read(self, recipient: str) -> None:
        path = "/v1/ice/responses" if recipient == "ice" else f"/v1/jails/{recipient.removeprefix('jail:')}/notices"
        receipts = "/v1/ice/receipts" if recipient == "ice" else path.replace("/notices", "/receipts")
        while True:
            after = self._after.get(recipient)
            params = {"limit": str(_WHOLE_PAGE), **({"after": after} if after else {})}
            found = (await self._ask(recipient, "notify", "GET", path, params=params)).json()
            ids = [item["id"] for item in found["items"]]
            if ids:
                self._sign(recipient, receipts, ids)
                await self._hand_over(recipient, found["items"])
            self._after[recipient] = found["next"] or after
            if len(ids) < _WHOLE_PAGE:
                # What comes in after this has a place beyond the one that was seen, and is read then.
                return

    async def _hand_over(self, recipient: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Print the copies that the law owes, hand them over, and say so."""
        for item in items:
            if item.get("kind") == "person_copy":
                body = {"served_at": item["sent_at"], "served_by": "played desk", "language": "en"}
                path = item["person_copy"]["served"]
                await self._ask(recipient, "notify", "POST", path, json=body | {"manner": "in_person"})
                self.did["copies handed over"] += 1

    def _sign(self, recipient: str, path: str, ids: list[str]) -> None:
        body = {"ids": ids, "signed_by": "played " + recipient.partition(":")[0]}
        signing = asyncio.create_task(self._ask(recipient, "notify", "POST", path, json=body))
        self._signing.add(signing)
        signing.add_done_callback(self._signed)
        self.did["notices read"] += len(ids)

    def _signed(self, signing: asyncio.Task[httpx.Response]) -> None:
        self._signing.discard(signing)
        if not signing.cancelled() and (error := signing.exception()) is not None:
            self._trouble = error

    async def _answer(self, what: Mapping[str, Any]) -> None:
        review = await self._open_review(str(what.get("detainer_id")))
        if review is None:
            self.did["answers too late"] += 1
            return
        body = {name: what.get(name) for name in ("outcome", "reason_code", "rationale")}
        for step, sent in (("claim", None), ("answer", body)):
            answer = await self._ask(
                "reviewer", "decision", "POST", f"/v1/reviews/{review}/{step}", json=sent, allowed=_GONE
            )
            if answer.is_error:
                self.did["answers too late"] += 1
                return
        self.did["answers"] += 1

    async def _open_review(self, detainer_id: str) -> str | None:
        params = {"detainer_id": detainer_id}
        found = (await self._ask("reviewer", "decision", "GET", "/v1/reviews", params=params)).json()
        return next((str(review["id"]) for review in found["items"]), None)

    async def _link(self, what: Mapping[str, Any]) -> None:
        body = {"source": what.get("source"), "booking": what.get("booking")}
        path = f"/v1/waiting/{quote(str(what.get('id')), safe='')}/link"
        answer = await self._ask("operator", "intake", "POST", path, json=body, allowed=_GONE)
        self.did["links too late" if answer.is_error else "links"] += 1

    async def _ask_release(self, what: Mapping[str, Any]) -> None:
        ori, number = str(what.get("facility_ori")), quote(str(what.get("booking_number")), safe="")
        path = f"/v1/jails/{ori}/bookings/{number}/release-check"
        told = (await self._ask(f"jail:{ori}", "notify", "GET", path)).json()
        # Only a hold has an end; a hold before release was reported also tells the jail to report it.
        asks = ", release to be reported" if told["post_release_due"] else ""
        self.did[f"release checks: {told['answer']}{asks}"] += 1

    async def _settle_parked(self, step: str, what: Mapping[str, Any]) -> None:
        parked = await self._parked(what.get("source"), what.get("id"))
        body = {"reason": what.get("reason")}
        path = f"/v1/parked/{parked}/{step}"
        if parked is None or (await self._ask("operator", "intake", "POST", path, json=body, allowed=_GONE)).is_error:
            self.did[f"{step} of nothing set aside"] += 1
        else:
            self.did[f"parked, {step}"] += 1

    async def _parked(self, source: object, event_id: object) -> str | None:
        """Find what is set aside under an event's name."""
        after = None
        while True:
            params = {"after": after} if after else None
            found = (await self._ask("operator", "intake", "GET", "/v1/parked", params=params)).json()
            for one in found["items"]:
                if (one["source"], one["event_id"]) == (source, event_id):
                    return str(one["id"])
            after = found["next"]
            if after is None:
                return None

    async def _add_facility(self, what: Mapping[str, Any]) -> None:
        form = {name: value for name, value in what.items() if name != "ori"}
        await self._ask("operator", "intake", "PUT", f"/v1/facilities/{what.get('ori')}", json=form)
        self.did["facilities added"] += 1

    async def _ask(
        self,
        who: str,
        service: str,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        allowed: tuple[int, ...] = (),
    ) -> httpx.Response:
        """Ask as ``who``; a service that is being started again is waited for. Raises NotPlayed."""
        trouble = ""
        for _ in range(_TRIES):
            try:
                answer = await self._clients[service].request(
                    method, path, json=json, params=params, headers={"Authorization": f"Bearer {self._key(who)}"}
                )
            except httpx.TransportError as error:
                trouble = type(error).__name__
            else:
                if not answer.is_error or answer.status_code in allowed:
                    return answer
                if not answer.is_server_error and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                    raise NotPlayed(f"{service} sent {who} away at {path}: {answer.status_code} {answer.text[:300]}")
                trouble = str(answer.status_code)
            await asyncio.sleep(_PAUSE_S)
        raise NotPlayed(f"{service} does not serve {who} at {path}: {trouble}")

    def _key(self, who: str) -> str:
        """Give the key of a played person; raises NotPlayed where nobody has issued one."""
        if who not in self._keys:
            raise NotPlayed(f"there is no key for {who}")
        return self._keys[who]
