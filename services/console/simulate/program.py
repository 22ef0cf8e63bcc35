"""Secure Communities' life, October 2008 to November 2014, invented person by person at its real numbers.

**Detainers**: ICE's own counts for each month, all programmes together (FOIA 15-87693, as published by NPR):
1,544,463. **Matches**: the programme's total of some 2.3 million, laid over the months as the detainers lie; so 67
of 100 matched bookings bring a detainer. Bookings whose prints matched nobody (some 46 million) are left out, since
nothing is decided of them. **Places**: one jail for each state of ICE's release of 2014-15, weighed by its
detainers there. Stay, pick-up, withdrawal, hours, weekdays, holidays and scatter are those of the other profiles.
"""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from services.console.play.foia_places import STATES
from services.console.play.model import EventLine, Play
from services.console.simulate import rhythm
from services.console.simulate.profile import COUNTY, Where
from services.console.simulate.stream import Load, told
from shared.domain.errors import NotAPlay
from shared.domain.jurisdiction import Agency

NAME = "secure-communities"
FIRST, LAST = date(2008, 10, 1), date(2014, 11, 30)
MATCHES = 2_300_000
#: Instants fall on quarter-hours, so that a stepped clock has some 200,000 of them to stop at and not millions.
GRAIN = timedelta(minutes=15)
_SEED = 2008
#: More lives than these are more than a player keeps in mind at a time.
MOST = 100_000

#: Detainers prepared in each month from October 2008 on.
DETAINERS = (
    *(19669, 17690, 17436, 18612, 19074, 21466, 20320, 21612, 22441, 23700, 23480, 22772),
    *(22091, 20799, 20580, 22313, 21532, 25418, 25246, 26210, 26246, 28129, 26683, 25057),
    *(25434, 24853, 23998, 25243, 24822, 28475, 26829, 27666, 27826, 27376, 28717, 26108),
    *(25625, 23633, 22646, 24606, 24208, 24855, 24469, 24550, 22862, 24003, 23496, 21577),
    *(21821, 18780, 17651, 17820, 16155, 18257, 18716, 18510, 16996, 17564, 17674, 16786),
    *(17140, 14975, 13622, 13893, 13374, 14488, 13601, 13162, 12538, 12766, 12877, 11750),
    *(11437, 9657),
)
#: Each state's part of the detainers whose place is known, October 2014 to March 2015.
_SHARES = {
    "TX": 0.42403,
    "CA": 0.33205,
    "NY": 0.06806,
    "GA": 0.06742,
    "IL": 0.03367,
    "NJ": 0.02242,
    "MN": 0.01481,
    "WA": 0.01125,
    "OR": 0.0102,
    "MA": 0.00829,
    "CT": 0.00409,
    "NH": 0.00251,
    "RI": 0.00064,
    "ME": 0.00037,
    "VT": 0.00019,
}
_STATE_JAILS = frozenset({"CT", "RI", "VT"})


def _where(state: str, share: float) -> Where:
    page, zone = STATES[state]
    is_states_own = state in _STATE_JAILS
    return Where(
        ori=f"{state}SC20080",
        name=f"the jails of {state}",
        jurisdiction=page,
        agency=Agency.STATE_CORRECTIONS if is_states_own else Agency.COUNTY_SHERIFF,
        time_zone=zone,
        weight=share,
    )


PROGRAM = replace(
    COUNTY,
    name=NAME,
    places=tuple(_where(state, share) for state, share in _SHARES.items()),
    matched=1.0,
    detained=sum(DETAINERS) / MATCHES,
)


def per_day(day: date) -> float:
    """Give the matched bookings to expect on an ordinary day of a month."""
    month = (day.year - FIRST.year) * 12 + day.month - FIRST.month
    if not 0 <= month < len(DETAINERS):
        return 0.0
    return DETAINERS[month] / PROGRAM.detained / monthrange(day.year, day.month)[1]


def play(what: str, limit: int | None) -> Play:
    """Give the lives of so many bookings, one after the other at the country's rate; raises NotAPlay.

    ``what`` is the name, or the name and a month to begin with: ``secure-communities:2012-02``.
    """
    begins = _begins(what)
    wanted = limit or MOST
    if wanted > MOST:
        raise NotAPlay(
            f"{NAME} is played in parts of at most {MOST:,} bookings: give --limit, and a month to begin with"
        )
    start = datetime(begins.year, begins.month, 1, tzinfo=UTC)
    end = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) + timedelta(days=1)
    born = islice(rhythm.by_the_hour(PROGRAM, start, end, per_day, _SEED), wanted)
    load = Load(profile=PROGRAM, seed=_SEED, grain=GRAIN)
    lines = tuple(EventLine(at=one.at, event=one.event) for one in told(load, born))
    return Play(
        name=what,
        facilities=tuple(where.facility for where in PROGRAM.places),
        lines=lines,
        starts_at=start,
        notes=(f"{wanted:,} matched bookings from {begins:%B %Y} on, invented at the programme's real numbers",),
    )


def _begins(what: str) -> date:
    _, _, month = what.partition(":")
    try:
        begins = date.fromisoformat(f"{month}-01") if month else FIRST
    except ValueError as error:
        raise NotAPlay(f"{month!r} is no month: say {NAME}:2012-02") from error
    if not FIRST <= begins <= LAST:
        raise NotAPlay(f"{NAME} lived from {FIRST:%Y-%m} to {LAST:%Y-%m}, and {month} is not in it")
    return begins
