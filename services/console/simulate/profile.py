"""Pure: what a load looks like: where, how many are matched and detained, how long people stay, what goes wrong.

Shares and quantiles are counted from public records: Travis County's bookings with a detainer (2009-2011: stay,
pick-up, withdrawal), Pierce County's (2013-2017: hours of the day), Harris County's (2017: weekdays, holidays, how
far counts of a day scatter) and ICE's detainer release of fiscal year 2015 (states).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A jail that takes part: its law, agency and clock, and its part of all bookings."""

    ori: str
    name: str
    jurisdiction: str
    agency: Agency
    time_zone: str
    weight: float

    @property
    def facility(self) -> Facility:
        """Give the place as intake's register keeps it."""
        return Facility(
            ori=Ori(self.ori),
            name=self.name,
            jurisdiction=self.jurisdiction,
            agency=self.agency,
            time_zone=self.time_zone,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the lives of bookings look like; shares are of bookings unless they say otherwise."""

    name: str
    places: tuple[Where, ...]
    #: Prints that are known to DHS; the others are answered by no match.
    matched: float
    #: Detainers, of the matched.
    detained: float
    #: Days from booking to local clearance: quantiles at equal steps from 0 to 1.
    stay: tuple[timedelta, ...]
    #: From the match to the detainer, quantiles.
    lodged_after: tuple[timedelta, ...]
    #: From clearance to ICE's pick-up, quantiles; of detainers that nothing else ended.
    picked_up_after: tuple[timedelta, ...]
    #: Of detainers: cancelled before clearance, and those for whom ICE comes where the jail waits.
    cancelled: float = 0.042
    picked_up: float = 0.868
    #: A copy of the detainer is served on the person.
    served: float = 0.9
    #: Charges or facts become known after booking.
    amended: float = 0.12
    #: Of events: told a second time, heard late, and by how much at most.
    repeated: float = 0.02
    late: float = 0.01
    late_by: timedelta = 6 * _HOUR
    #: How much busier than its share each hour of the local day and each weekday (Monday first) is.
    hours: tuple[float, ...] = (1.0,) * 24
    weekdays: tuple[float, ...] = (1.0,) * 7
    #: A federal holiday's part of an ordinary weekday.
    holiday: float = 1.0
    #: Variance over mean of a day's bookings: 1 is pure chance, more comes in bursts.
    scatter: float = 1.0

    @property
    def events_per_booking(self) -> float:
        """Give about how many events a booking brings, repetitions aside."""
        ends = 2.0
        of_detainer = 1 + self.served + self.cancelled
        return 2 + self.amended + ends + self.matched * self.detained * of_detainer


#: Pierce County, bookings by hour of the day, times 24.
HOURS = tuple(
    24 * share
    for share in (
        *(0.0380, 0.0385, 0.0305, 0.0300, 0.0227, 0.0119, 0.0105, 0.0207, 0.0414, 0.0689, 0.0650, 0.0741),
        *(0.0704, 0.0509, 0.0533, 0.0658, 0.0670, 0.0509, 0.0334, 0.0297, 0.0202, 0.0312, 0.0385, 0.0365),
    )
)
#: Harris County, bookings by weekday from Monday, times 7.
WEEKDAYS = tuple(7 * share for share in (0.1352, 0.1544, 0.1551, 0.1558, 0.1695, 0.1218, 0.1081))
#: Harris County, weekdays that are federal holidays against others; variance over mean of ordinary weekdays.
HOLIDAY, SCATTER = 0.76, 2.8
#: Travis County: days to clearance at 1, 5, 10, 25, 50, 75, 90, 95 and 99 %, brought to steps of an eighth.
STAY = tuple(_DAY * days for days in (0.05, 0.5, 4, 6, 9, 19, 37, 90, 310))
#: Travis County: 0 to 5 calendar days, median 2.
PICKED_UP_AFTER = tuple(_HOUR * hours for hours in (2, 8, 20, 26, 40, 44, 46, 47, 48))
#: The records do not say how long ICE takes to answer a match: most within a day is assumed.
LODGED_AFTER = tuple(_HOUR * hours for hours in (0.25, 0.5, 1, 2, 4, 8, 16, 24, 48))

_CT = Where(
    ori="CT0009300",
    name="New Haven Correctional Center",
    jurisdiction="CT",
    agency=Agency.STATE_CORRECTIONS,
    time_zone="America/New_York",
    weight=0.2,
)
_TRAVIS = Where(
    ori="TX2270000",
    name="Travis County Jail",
    jurisdiction="TX",
    agency=Agency.COUNTY_SHERIFF,
    time_zone="America/Chicago",
    weight=0.5,
)
_COOK = Where(
    ori="IL0160000",
    name="Cook County Jail",
    jurisdiction="IL-COOK",
    agency=Agency.COUNTY_SHERIFF,
    time_zone="America/Chicago",
    weight=0.3,
)

#: Three counties under three laws; one booking in twenty is matched, two thirds of those detained.
COUNTY = Profile(
    name="county",
    places=(_CT, _TRAVIS, _COOK),
    matched=0.05,
    detained=0.67,
    stay=STAY,
    lodged_after=LODGED_AFTER,
    picked_up_after=PICKED_UP_AFTER,
    hours=HOURS,
    weekdays=WEEKDAYS,
    holiday=HOLIDAY,
    scatter=SCATTER,
)
#: The same with a detainer on every booking: the most work that an event can make.
DETAINED = Profile(
    name="detained",
    places=(_CT, _TRAVIS, _COOK),
    matched=1.0,
    detained=1.0,
    stay=STAY,
    lodged_after=LODGED_AFTER,
    picked_up_after=PICKED_UP_AFTER,
    hours=HOURS,
    weekdays=WEEKDAYS,
    holiday=HOLIDAY,
    scatter=SCATTER,
)
#: No detainer at all: what most of a jail's events are.
UNDETAINED = Profile(
    name="undetained",
    places=(_CT, _TRAVIS, _COOK),
    matched=0.05,
    detained=0.0,
    stay=STAY,
    lodged_after=LODGED_AFTER,
    picked_up_after=PICKED_UP_AFTER,
    hours=HOURS,
    weekdays=WEEKDAYS,
    holiday=HOLIDAY,
    scatter=SCATTER,
)
PROFILES: Mapping[str, Profile] = MappingProxyType({p.name: p for p in (COUNTY, DETAINED, UNDETAINED)})
