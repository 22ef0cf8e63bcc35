"""Wake every reader who waits for news, and lose none between looking and waiting."""

import asyncio


class Bell:
    """Rings for all who hold a ticket that was given out before."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait."""
        self._rung.set()
        self._rung = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Give what the next ring will wake; take it before looking, so that nothing is missed."""
        return self._rung

    @staticmethod
    async def wait(ticket: asyncio.Event, seconds: float) -> None:
        """Wait for the ring, or for the machine's seconds to pass."""
        try:
            async with asyncio.timeout(seconds):
                await ticket.wait()
        except TimeoutError:
            pass
