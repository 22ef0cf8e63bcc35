"""Which instrument governs an agency of a jurisdiction on a date."""

from collections.abc import Iterator
from datetime import date

from services.decision.policy.model import Instrument, Page


def governing(page: Page, agency: str, as_of: date) -> Instrument | None:
    """Give the instrument that binds the agency that day.

    The federal baseline comes second, and only where the page itself lets it in; None: nothing governs.
    """
    for instrument in (*page.instruments, *page.baseline):
        for span in instrument.binds:
            if span.covers(as_of) and (span.agencies is None or agency in span.agencies):
                return instrument
    return None


def next_date(page: Page, after: date) -> date | None:
    """Give the next day on which the law of the page changes: a first day, or the day after a last one."""
    return min((day for day in _dates(page) if day > after), default=None)


def _dates(page: Page) -> Iterator[date]:
    """Walk every day on which something of the page begins or has ended."""
    for instrument in (*page.instruments, *page.baseline):
        for span in instrument.binds:
            yield from span.dates()
