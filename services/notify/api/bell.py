"""Wake the readers who wait for news of a feed, and lose none between looking and waiting.

What is put into a feed is called out by the database as it commits, so that a reader hears at once whichever
instance sent it, and nobody else is woken. Whoever cannot hear that asks often instead.
"""

import asyncio

#: Without the database's calls: another instance may have put something into the feed.
_OFTEN_S = 0.5
#: With them: a connection that broke without a word is noticed late.
_SELDOM_S = 5.0


class Bell:
    """Rings for all who hold a ticket of a recipient's feed that was given out before."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        self._hears = False

    @property
    def look_again_s(self) -> float:
        """Give how long a reader may wait without looking, machine seconds."""
        return _SELDOM_S if self._hears else _OFTEN_S

    def hears(self) -> None:
        """Rely on the database's calls from now on; what was called out before is unknown, so all look."""
        self._hears = True
        self.ring()

    def is_deaf(self) -> None:
        """Rely on them no more."""
        self._hears = False
        self.ring()

    def ring(self, names: str = "") -> None:
        """Wake all who wait for these feeds, named as they are called out."""
        for recipient in names.split() or list(self._waiting):
            rung = self._waiting.pop(recipient, None)
            if rung is not None:
                rung.set()

    def sent_here(self) -> None:
        """Wake everybody for what this process has sent, unless its call is heard in any case."""
        if not self._hears:
            self.ring()

    def ticket(self, recipient: str) -> asyncio.Event:
        """Give what the next ring will wake; take it before looking, so that nothing is missed."""
        return self._waiting.setdefault(recipient, asyncio.Event())

    @staticmethod
    async def wait(ticket: asyncio.Event, seconds: float) -> None:
        """Wait for the ring, or for the machine's seconds to pass."""
        try:
            async with asyncio.timeout(seconds):
                await ticket.wait()
        except TimeoutError:
            pass
