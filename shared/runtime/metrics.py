"""What is measured: each metric with its meaning, and what to do when it looks wrong."""

from prometheus_client import Gauge

#: How long until the nearest notice that has not left yet is due, in the clock's time; +Inf when none waits.
#: Below zero, someone should have been told and was not: look at the alarms and at notify's timers.
UNSENT_DUE_SECONDS = Gauge(
    "countersign_unsent_notice_due_seconds", "Seconds until the nearest notice that has not left yet is due."
)
