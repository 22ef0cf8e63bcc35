"""Intake over HTTP: events in, their status, the waiting list, the register of facilities."""

from services.intake.api.events import router as events
from services.intake.api.facilities import router as facilities
from services.intake.api.waiting import router as waiting

ROUTERS = (events, waiting, facilities)
