"""Heard once, told for sure: inbox, outbox, relay, parked events, alarms, the journal."""
