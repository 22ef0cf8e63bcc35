"""Intake: hears of bookings, matches, detainers and releases, and keeps the case."""
