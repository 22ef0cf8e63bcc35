"""Ask an endpoint whether it speaks for its owner: a signed test message whose id it must answer with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.notify import endpoints, message
from services.notify.channels import signature
from services.notify.channels.answer import Answer, Result
from services.notify.channels.webhook import Line
from services.notify.endpoints import Attempted, EndpointState
from shared.db.session import Sessions
from shared.runtime.clock import machine_now
from shared.runtime.ids import Ids


@dataclass(frozen=True, slots=True)
class Prover:
    """Sends test messages on the pipeline's role, since requests cannot read secrets."""

    sessions: Sessions
    ids: Ids
    lines: Callable[[str], Line]

    async def prove(self, endpoint_id: UUID, *, activating: Sequence[EndpointState]) -> Answer:
        """Send a test message; an endpoint in one of the states named becomes active if it answers as it must."""
        async with self.sessions.transaction() as session:
            endpoint = await endpoints.locked(session, endpoint_id)
            keys = await endpoints.keys_of(session, endpoint_id)
        message_id = self.ids.new()
        body = message.of_test(str(message_id), self.sessions.clock.now().isoformat())
        line = self.lines(endpoint.url)
        try:
            headers = signature.headers(str(message_id), machine_now(), body, keys, endpoint.signature)
            answer = await line.send(str(message_id), headers, body)
        finally:
            await line.aclose()
        async with self.sessions.transaction() as session:
            now = self.sessions.clock.now()
            tried = Attempted(message_id, endpoint.facility_ori, "webhook_test", answer)
            await endpoints.write_attempts(session, self.ids, endpoint, [tried], now)
            if answer.result is Result.CONFIRMED:
                await endpoints.activate(session, self.ids, endpoint, now, was=activating)
        return answer
