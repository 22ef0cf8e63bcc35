"""Which jail, law and clock a row of the detainer release stands for, and what had to be assumed for that."""

from collections.abc import Mapping

from shared.domain.ids import Ori
from shared.domain.jurisdiction import Agency, Facility

_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = (
    f"America/{city}" for city in ("New_York", "Chicago", "Denver", "Los_Angeles")
)
#: The zone in which most of a state's people live, and its page; a state without a page of its own is US-FED.
STATES: Mapping[str, tuple[str, str]] = {
    "CA": ("CA", _PACIFIC),
    "CO": ("CO", _MOUNTAIN),
    "CT": ("CT", _EASTERN),
    "FL": ("FL", _EASTERN),
    "GA": ("GA", _EASTERN),
    "IL": ("IL", _CENTRAL),
    "MA": ("MA", _EASTERN),
    "MD": ("MD", _EASTERN),
    "ME": ("US-FED", _EASTERN),
    "MN": ("US-FED", _CENTRAL),
    "NC": ("NC", _EASTERN),
    "NH": ("US-FED", _EASTERN),
    "NJ": ("NJ", _EASTERN),
    "NY": ("NY", _EASTERN),
    "OR": ("OR", _PACIFIC),
    "RI": ("US-FED", _EASTERN),
    "TX": ("TX", _CENTRAL),
    "VT": ("VT", _EASTERN),
    "WA": ("WA", _PACIFIC),
}
#: Their jails are the State's own.
_UNIFIED = frozenset({"CT", "RI", "VT"})
_AGENCIES = {
    "local_jail": Agency.COUNTY_SHERIFF,
    "police_lockup": Agency.CITY_POLICE,
    "state_prison": Agency.STATE_CORRECTIONS,
}
#: In federal hands already: no law of the rulebook binds them.
FEDERAL = frozenset({"federal_or_contract_prison", "us_marshals", "ice_or_cbp"})
#: Words of a jail's name that put it under a page of city or county: state, words, page, agency.
_LOCAL = (
    ("NY", ("RIKERS",), "NYC-DOC", Agency.CITY_CORRECTIONS),
    ("NY", ("CENTRAL BOOKING", "NYC POLICE"), "NYC-NYPD", Agency.CITY_POLICE),
    ("IL", ("COOK COUNTY",), "IL-COOK", Agency.COUNTY_SHERIFF),
)


def facility_of(state: str, category: str, name: str) -> tuple[Facility, tuple[str, ...]]:
    """Give the facility that stands for all jails of a kind in a state, and what was assumed of it."""
    page, zone = STATES[state]
    agency = _AGENCIES.get(category, Agency.COUNTY_SHERIFF)
    assumed = () if category in _AGENCIES else ("kind of agency",)
    if state in _UNIFIED and agency is Agency.COUNTY_SHERIFF:
        agency = Agency.STATE_CORRECTIONS
    for at, words, of, by in _LOCAL:
        if state == at and any(word in name.upper() for word in words):
            page, agency, assumed = of, by, ()
    kinds = list(Agency)
    local = int(page not in (state, "US-FED"))
    return (
        Facility(
            ori=Ori(f"{state}FY15{local}{kinds.index(agency)}0"),
            name=f"{agency.replace('_', ' ')} jails, {page if local else state}",
            jurisdiction=page,
            agency=agency,
            time_zone=zone,
        ),
        assumed,
    )
