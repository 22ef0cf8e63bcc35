"""What is measured: each metric with its meaning, and what to do when it looks wrong.

Labels hold names of ours (services, topics, loops, kinds, routes as templates) and never a case or a person.
Seconds until a deadline are the clock's; ages of our own machinery are the machine's. What is measured where: the
first group in every process; notify's own in notify; all others by the console, which looks at Postgres and Kafka
for everybody. The alerts on them are in ``deploy/prometheus/alerts.yml``, and what to do in ``docs/runbook.md``.
"""

from prometheus_client import CollectorRegistry, Gauge, Histogram

#: What one service alone measures is told by it alone: elsewhere it would stand at 0, and a 0 reads as well.
NOTIFY, CONSOLE = CollectorRegistry(), CollectorRegistry()
ONLY_BY = {"notify": NOTIFY, "console": CONSOLE}

# ---- Every process

#: Seconds since a loop of the process last came round. Above 20 ``/readyz`` is red: the loop is stuck though the
#: process lives. Look at what it waits for (the database, a lock), then restart the process: nothing is lost.
LOOP_AGE_SECONDS = Gauge("countersign_loop_age_seconds", "Seconds since the loop last came round.", ["service", "loop"])
#: 1 for a loop that has stopped on purpose, since only a person can mend what it met; ``/readyz`` says what.
LOOP_STOPPED = Gauge(
    "countersign_loop_stopped", "1 if the loop has stopped until a person has looked.", ["service", "loop"]
)
#: How long a request waited for the beginning of its answer, by route and status. A long poll waits on purpose.
#: Slow everywhere: the database or the CPU. 5xx: look for ``request.failed`` in the log.
HTTP_ANSWER_SECONDS = Histogram(
    "countersign_http_answer_seconds",
    "Seconds from a request to the beginning of its answer.",
    ["service", "method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30),
)

# ---- Notify

#: How long until the nearest notice that has not left yet is due, in the clock's time; +Inf when none waits.
#: Below zero, someone should have been told and was not: look at the alarms and at notify's timers.
UNSENT_DUE_SECONDS = Gauge(
    "countersign_unsent_notice_due_seconds",
    "Seconds until the nearest notice that has not left yet is due.",
    registry=NOTIFY,
)

# ---- The console: deadlines

#: Seconds until the nearest deadline of a kind, +Inf when none runs: ``hold`` (an open window closes), ``answer``
#: (a notice must have arrived), ``review`` (a person must have answered). Negative: it has passed and stands open.
NEAREST_DEADLINE_SECONDS = Gauge(
    "countersign_nearest_deadline_seconds", "Seconds until the nearest deadline.", ["kind"], registry=CONSOLE
)
#: Hold windows that are open now.
HOLDS_OPEN = Gauge("countersign_holds_open", "Hold windows that are open.", registry=CONSOLE)
#: Those of them that close within so many hours. Nothing is wrong with it: it says how much is about to happen.
HOLDS_CLOSING = Gauge(
    "countersign_holds_closing", "Open hold windows that close within so many hours.", ["hours"], registry=CONSOLE
)
#: Reviews that wait for a person. If none answers, each ends in release when release is due.
REVIEWS_OPEN = Gauge("countersign_reviews_open", "Reviews that nobody has answered.", registry=CONSOLE)
#: Notices that did not reach their recipient by the instant they were due and still have not. Telephone.
NOTICES_LATE = Gauge("countersign_notices_late", "Notices that are late and not delivered.", registry=CONSOLE)
#: Notices that nobody has signed for in the time given.
NOTICES_UNACKNOWLEDGED = Gauge(
    "countersign_notices_unacknowledged", "Notices whose receipt is overdue.", registry=CONSOLE
)
#: Hours for which somebody may be held without authority if nobody acts, over all open alarms; each case once.
LIBERTY_AT_RISK_HOURS = Gauge(
    "countersign_liberty_at_risk_hours", "Hours of liberty at risk over all open alarms.", registry=CONSOLE
)

# ---- The console: what waits for a person

#: Alarms that nobody has cleared, by service and kind; the runbook has a section for each kind.
ALARMS_OPEN = Gauge("countersign_alarms_open", "Alarms that nobody has cleared.", ["service", "kind"], registry=CONSOLE)
#: Messages that are set aside. Each case that waits behind one gets no new hold.
PARKED_MESSAGES = Gauge("countersign_parked_messages", "Messages that are set aside.", ["service"], registry=CONSOLE)
#: Cases that wait behind a message that is set aside. Settle those first.
CASES_BEHIND_PARKED = Gauge(
    "countersign_cases_behind_parked", "Cases that wait behind a message set aside.", registry=CONSOLE
)
#: Events that have found no booking. Most find it within the day by themselves.
WAITING_EVENTS = Gauge("countersign_waiting_events", "Events without a booking.", registry=CONSOLE)
#: Endpoints by state; one that is suspended gets no more notices until somebody has mended it.
ENDPOINTS = Gauge("countersign_endpoints", "Webhook endpoints by state.", ["state"], registry=CONSOLE)

# ---- The console: topics

#: The offset that the next record of a partition will get; its rate is what arrives.
LOG_END = Gauge("countersign_log_end", "The end of a partition's log.", ["topic", "partition"], registry=CONSOLE)
#: Where our own row of a group stands; its rate is what is read.
GROUP_POSITION = Gauge(
    "countersign_group_position", "The offset a group has reached.", ["group", "topic", "partition"], registry=CONSOLE
)
#: Offsets between the two. A number alone says little: the status says what it means.
GROUP_WAITING = Gauge(
    "countersign_group_waiting", "Offsets a group has not read yet.", ["group", "topic", "partition"], registry=CONSOLE
)
#: 1 for the word that fits a partition, by progress over ten minutes: stopped (nobody reads: start the service),
#: stalled (the reader is there and does not move: restart it), unknown (we cannot look: mend the console or Kafka),
#: falling behind (add an instance), catching up, moving, quiet.
GROUP_STATUS = Gauge(
    "countersign_group_status",
    "1 for the word that fits the partition.",
    ["group", "topic", "partition", "status"],
    registry=CONSOLE,
)
#: How long the oldest event that a group has not read yet has lain in the log; 0 when none does.
OLDEST_UNREAD_SECONDS = Gauge(
    "countersign_oldest_unread_seconds",
    "Age of the oldest event that is not read yet.",
    ["group", "topic"],
    registry=CONSOLE,
)
#: Messages that are written down and not yet published. Grows while Kafka is away; nothing of it is lost.
OUTBOX_ROWS = Gauge("countersign_outbox_rows", "Messages not yet published.", ["service"], registry=CONSOLE)
#: How long the oldest of them has waited. Above a minute: Kafka is away, or the relay does not run.
OUTBOX_OLDEST_SECONDS = Gauge(
    "countersign_outbox_oldest_seconds", "Age of the oldest message not published.", ["service"], registry=CONSOLE
)
#: Seconds since all of the console's figures were last made. Above a minute they say nothing of now.
FIGURES_AGE_SECONDS = Gauge(
    "countersign_figures_age_seconds", "Seconds since the console last looked at everything.", registry=CONSOLE
)
