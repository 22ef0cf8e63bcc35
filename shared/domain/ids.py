"""Names for the identifiers that travel between the parts."""

from typing import NewType
from uuid import UUID

CaseId = NewType("CaseId", UUID)
DecisionId = NewType("DecisionId", UUID)
DetainerId = NewType("DetainerId", str)
#: Nine characters, upper case: state, county, agency (NCIC Originating Agency Identifier).
Ori = NewType("Ori", str)
#: Unique within one jail only; always used together with the ORI.
BookingNumber = NewType("BookingNumber", str)
