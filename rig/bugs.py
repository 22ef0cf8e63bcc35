"""Known bugs, each a small change of the product's text, and the level of testing that is expected to find it."""

from dataclasses import dataclass
from typing import Literal

#: laws: pure properties and tables; suite: tests of one part over a real database; story: one story through all
#: services and the questions; model: the stateful model; sim: a simulated seed.
Level = Literal["laws", "suite", "story", "model", "sim"]


@dataclass(frozen=True, slots=True)
class Bug:
    """A change, what a person would suffer by it, and who finds it."""

    name: str
    module: str
    old: str
    new: str
    level: Level
    #: Which tests, for laws and suite.
    where: str = ""


_DELIVERY = "tests/integration/delivery"
_INTAKE = "tests/integration/intake"
_DOMAIN = "tests/unit/domain"
_NOTIFY = "tests/unit/notify"

BUGS = (
    # ---- delivery: lost, doubled, out of order
    Bug(
        "a zombie's offsets count",
        "shared.outbox.offsets",
        " AND o.part = s.part AND o.position = s.start",
        " AND o.part = s.part",
        "suite",
        f"{_DELIVERY}/test_offsets.py {_DELIVERY}/test_once.py",
    ),
    Bug(
        "a stale consumer goes on where it was",
        "shared.outbox.inbox",
        '        log.warning("batch.stale", consumer=name)\n        await source.rewind()\n',
        '        log.warning("batch.stale", consumer=name)\n',
        "sim",
    ),
    Bug(
        "letters are published before their commit",
        "shared.outbox.outbox",
        "        session.afterwards(lambda: self._hand_over(letters))",
        "        self._hand_over(letters)",
        "sim",
    ),
    Bug(
        "what the broker did not confirm is ticked off",
        "shared.outbox.relay",
        "strict=True) if error is None]",
        "strict=True)]",
        "sim",
    ),
    Bug(
        "what a crash left in the outbox stays there",
        "shared.outbox.relay",
        "                    letters += await self._left_behind()\n",
        "                    await asyncio.sleep(0)\n",
        "sim",
    ),
    Bug(
        "a failed savepoint's letters are published",
        "shared.db.session",
        "            del self._afterwards[before:]\n",
        "            assert before >= 0\n",
        "suite",
        f"{_DELIVERY}/test_once.py {_DELIVERY}/test_relay.py {_DELIVERY}/test_heard_again.py",
    ),
    Bug(
        "an event heard again is taken again",
        "services.intake.handlers",
        "        return {name: event for name, event in first.items() if name not in known or not known[name][1]}",
        "        return dict(first)",
        "model",
    ),
    Bug(
        "the same name with another body is a duplicate",
        "services.intake.handlers",
        "        if any(digest != first[name].digest for name, (digest, _) in known.items()):\n"
        "            raise acceptance.reused()\n",
        "",
        "suite",
        f"{_INTAKE}/test_heard.py",
    ),
    Bug(
        "202 without the broker's word",
        "services.intake.api.events",
        "    confirmed = [error is None for error in results]",
        "    confirmed = [True for error in results]",
        "suite",
        f"{_INTAKE}/test_door.py",
    ),
    # ---- what is set aside
    Bug(
        "an event is set aside and nobody is told",
        "shared.outbox.parked",
        "            for p in parked\n        ],\n    )\n\n\ndef with_case",
        "            for p in parked[:0]\n        ],\n    )\n\n\ndef with_case",
        "sim",
    ),
    Bug(
        "a case does not wait for its unread event",
        "services.intake.handlers",
        "        work.parked_events += 1\n",
        "        work.parked_events += 0\n",
        "sim",
    ),
    Bug(
        "what queued behind an unread event stays queued",
        "services.intake.desk",
        "        queued = await waiting_list.queued_on(self._session, case_id)\n",
        "        queued = (await waiting_list.queued_on(self._session, case_id))[:0]\n",
        "suite",
        f"{_INTAKE}/test_parking_whole.py",
    ),
    Bug(
        "a cancellation queues like any other event",
        "services.intake.desk",
        "            if self.works[case_id].parked_events and not ends_hold(item.event):",
        "            if self.works[case_id].parked_events:",
        "suite",
        f"{_INTAKE}/test_parking_whole.py {_INTAKE}/test_parked.py",
    ),
    # ---- the fold
    Bug(
        "the last to arrive wins",
        "shared.domain.hearing",
        "    return (event.time, _rank(event.sequence)",
        "    return (event.heard_at, _rank(event.sequence)",
        "laws",
        f"{_DOMAIN}/test_fold_laws.py {_DOMAIN}/test_fold.py",
    ),
    Bug(
        "a cancellation before its detainer is forgotten",
        "shared.domain.detainer_fold",
        "            self.cancelled.setdefault(detainer_id, (event.time, event.heard_at))",
        "            if detainer_id in self.lodged:\n"
        "                self.cancelled.setdefault(detainer_id, (event.time, event.heard_at))",
        "laws",
        f"{_DOMAIN}/test_fold_laws.py {_DOMAIN}/test_fold_detainers.py",
    ),
    Bug(
        "of two at one instant the hold goes on",
        "shared.domain.hearing",
        "ends_hold(event), event.source",
        "not ends_hold(event), event.source",
        "laws",
        f"{_DOMAIN}/test_fold.py {_DOMAIN}/test_fold_detainers.py {_DOMAIN}/test_fold_laws.py",
    ),
    Bug(
        "who has left is still detained",
        "shared.domain.detainer_fold",
        "            return DetainerStatus.OVER, left.gone.at, left.heard_at",
        "            return DetainerStatus.ACTIVE, None, None",
        "laws",
        f"{_DOMAIN}/test_fold_laws.py",
    ),
    # ---- time
    Bug(
        "a weekend counts",
        "shared.domain.window",
        "day.weekday() > _FRIDAY:",
        "day.weekday() > _FRIDAY + 1:",
        "laws",
        f"{_DOMAIN}/test_window.py {_DOMAIN}/test_second_count.py",
    ),
    Bug(
        "a clock starts when it is heard of",
        "services.decision.judge",
        "    opens_at = _due_at(matter.case)\n    if finding.outcome is not Outcome.HOLD",
        "    opens_at = matter.detainer.heard_at\n    if finding.outcome is not Outcome.HOLD",
        "laws",
        "tests/unit/decision",
    ),
    # ---- deciding
    Bug(
        "a review goes on after release is due",
        "services.decision.judge",
        "    return case.gone is not None or (due_at is not None and due_at <= now)",
        "    return case.gone is not None",
        "model",
    ),
    Bug(
        "a decision supersedes nothing",
        "services.decision.handlers",
        "            supersedes=kept.decision.id if kept else None,",
        "            supersedes=None,",
        "story",
    ),
    Bug(
        "a changed case is not looked at again",
        "services.decision.handlers",
        "        cases = {one.message.data.case_id for one in new if one.message.data is not None}",
        "        cases = {m.case_id for one in new if (m := one.message.data) is not None and m.version == 1}",
        "story",
    ),
    Bug(
        "a hold before the law of the day",
        "services.decision.judge",
        "    if finding.outcome is not Outcome.HOLD:\n        window = None\n",
        "",
        "laws",
        "tests/unit/decision",
    ),
    Bug(
        "what falls due is not decided",
        "services.decision.record",
        "[each.wake_at for each in looked_at]",
        "[None for each in looked_at]",
        "model",
    ),
    # ---- windows and their ends
    Bug(
        "a window may close later",
        "services.notify.hold",
        "    window = replace(window, closes_at=min(window.closes_at, told.closes_at))",
        "    window = replace(window, closes_at=told.closes_at)",
        "laws",
        f"{_NOTIFY}/test_plan_windows.py",
    ),
    Bug(
        "a hold without the notice of its end",
        "services.notify.hold",
        "    for opening in openings:\n        yield notice(Kind.HOLD_ENDED,",
        "    for opening in openings[1:]:\n        yield notice(Kind.HOLD_ENDED,",
        "story",
    ),
    Bug(
        "a hold that ends early is told at its old end",
        "services.notify.hold",
        "        return replace(notice, send_at=moment.now, due_by=moment.grace_ends_at)",
        "        return replace(notice, stage=Stage.REPLACED)",
        "model",
    ),
    Bug(
        "the end of a hold is told an hour after it",
        "services.notify.hold",
        "    return max(window.opens_at, window.closes_at - moment.margins.ended_told)",
        "    return window.closes_at + 4 * moment.margins.ended_told",
        "story",
    ),
    Bug(
        "windows stay open",
        "services.notify.watch",
        "        jobs = (self._open, self._close,",
        "        jobs = (self._open,",
        "story",
    ),
    # ---- telling
    Bug(
        "a changed answer is not corrected",
        "services.notify.plan",
        "        return _News(Kind.CORRECTION, answers[-1].id)\n    span",
        "        return None\n    span",
        "story",
    ),
    Bug(
        "an older decision overtakes a newer one",
        "services.notify.plan",
        "    if decision.number <= dossier.number:\n        return dossier\n",
        "",
        "laws",
        f"{_NOTIFY}/test_plan_answers.py {_NOTIFY}/test_plan_windows.py",
    ),
    Bug(
        "the jail of before is told",
        "services.notify.plan",
        "    due = {jail(decision.facility_ori): decision.due_by}",
        '    due = {jail("CT0000000"): decision.due_by}',
        "story",
    ),
    Bug(
        "a feed skips a place",
        "services.notify.feed",
        "        last[recipient] += 1\n",
        "        last[recipient] += 2\n",
        "story",
    ),
    Bug(
        "ICE is not told that nobody is known",
        "services.notify.watch",
        "self._close, self._unmatched, self._let_pass,",
        "self._close, self._let_pass,",
        "model",
    ),
    Bug(
        "a late notice is noted and nobody called",
        "services.notify.calls",
        "        await raise_all(self.session, SCHEMA, self.ids, alarms)\n\n\ndef",
        "        await raise_all(self.session, SCHEMA, self.ids, alarms[:0])\n\n\ndef",
        "suite",
        "tests/integration/notify/test_watch.py",
    ),
    Bug(
        "a webhook is tried again after its correction",
        "services.notify.latest",
        "    if is_replaced or (not told_end and _was_moved(notice, window)):\n        return False\n",
        "",
        "laws",
        f"{_NOTIFY}/test_latest.py",
    ),
    Bug(
        "any success counts as delivered",
        "services.notify.channels.answer",
        "        return Answer(Result.CONFIRMED if _echoes(body, message_id) else Result.UNCONFIRMED, status)",
        "        return Answer(Result.CONFIRMED, status)",
        "laws",
        f"{_NOTIFY}/channels/test_answer.py",
    ),
)
