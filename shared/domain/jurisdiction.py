"""Whose law, calendar and clock apply: the register's entry for one facility."""

from dataclasses import dataclass
from enum import StrEnum

from shared.domain.ids import Ori


class Agency(StrEnum):
    """The kind of agency that holds the person; it selects the row of the rulebook."""

    COUNTY_SHERIFF = "county_sheriff"
    CITY_POLICE = "city_police"
    CITY_CORRECTIONS = "city_corrections"
    STATE_CORRECTIONS = "state_corrections"
    STATE_POLICE = "state_police"
    PROBATION = "probation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A jail as registered: its law, its agency type and its clock come from here, never from a sender."""

    ori: Ori
    name: str
    jurisdiction: str
    agency: Agency
    #: IANA name, such as ``America/New_York``.
    time_zone: str
