-- What must never be, as questions that have to come back empty: the same file is asked by every service each
-- minute, by `countersign audit sweep`, by the simulation and by the fault rig.
--
-- Each question gives subject, case_id, facility_ori and detail: ids and instants, never persons. Its head says
--   keeper    the service whose pipeline may read what it asks, where possible not the one that it asks about
--   scope     minute: cheap enough for every minute, over what is recent (:after) or still under way;
--             whole: over everything, when someone asks for it
--   patience  0: it is wrong at any instant; else a state that passes, and is wrong once it has lasted so many seconds
--   promise   which of the design's promises would be broken
-- :now is the clock's instant, :after the least id that counts as recent, :stale the least id too young to be missed.

-- name: event_unheard
-- keeper: intake  scope: whole  patience: 120  promise: P1
-- means: An event was answered with 202 and has not been heard from its topic.
SELECT source || ' ' || id AS subject, case_id, facility_ori, 'accepted at ' || accepted_at AS detail
FROM intake.inbox WHERE state = 'accepted';

-- name: event_nowhere
-- keeper: intake  scope: whole  patience: 0  promise: P1
-- means: An event counts as applied, waiting or set aside, and is not where it is said to be.
SELECT i.source || ' ' || i.id AS subject, i.case_id, i.facility_ori, i.state || ' ' || coalesce(i.reason, '') AS detail
FROM intake.inbox i
LEFT JOIN intake.cases c ON c.case_id = i.case_id
LEFT JOIN intake.waiting w ON w.source = i.source AND w.id = i.id
WHERE (i.state = 'applied' AND c.case_id IS NULL)
   OR (i.state = 'waiting' AND i.reason IS DISTINCT FROM 'behind_parked' AND w.id IS NULL)
   OR (i.state = 'waiting' AND i.reason = 'behind_parked' AND coalesce(c.parked_events, 0) = 0)
   OR (i.state = 'parked' AND NOT EXISTS (
        SELECT FROM intake.parked p WHERE p.source = i.source AND p.event_id = i.id AND p.state = 'parked'));

-- name: event_waits_unasked
-- keeper: intake  scope: minute  patience: 120  promise: P6
-- means: An event without a booking has waited its time, and no operator was asked.
SELECT source || ' ' || id AS subject, NULL::uuid AS case_id, facility_ori, 'to be asked at ' || ask_at AS detail
FROM intake.waiting WHERE asked_at IS NULL AND ask_at <= :now;

-- name: parked_case_miscounted
-- keeper: intake  scope: whole  patience: 0  promise: P4
-- means: A case counts other than the number of events that are set aside of it: it may get a hold too soon, or never.
SELECT c.case_id::text AS subject, c.case_id, c.facility_ori,
    'counts ' || c.parked_events || ', and ' || coalesce(p.many, 0) || ' are set aside' AS detail
FROM intake.cases c
LEFT JOIN (SELECT case_id, count(*) AS many FROM intake.parked WHERE state = 'parked' AND case_id IS NOT NULL
    GROUP BY case_id) p ON p.case_id = c.case_id
WHERE c.parked_events <> coalesce(p.many, 0);

-- name: parked_untold_by_intake
-- keeper: intake  scope: minute  patience: 0  promise: P1
-- means: An event is set aside, and no operator was told.
SELECT p.id::text AS subject, p.case_id, p.facility_ori, p.code AS detail
FROM intake.parked p WHERE p.state = 'parked' AND NOT EXISTS (
    SELECT FROM intake.alarms a WHERE a.kind = 'event_parked' AND a.subject = p.id::text);

-- name: parked_untold_by_decision
-- keeper: decision  scope: minute  patience: 0  promise: P1
-- means: A message is set aside, and no operator was told.
SELECT p.id::text AS subject, p.case_id, p.facility_ori, p.code AS detail
FROM decision.parked p WHERE p.state = 'parked' AND NOT EXISTS (
    SELECT FROM decision.alarms a WHERE a.kind = 'event_parked' AND a.subject = p.id::text);

-- name: parked_untold_by_notify
-- keeper: notify  scope: minute  patience: 0  promise: P1
-- means: A message is set aside, and no operator was told.
SELECT p.id::text AS subject, p.case_id, p.facility_ori, p.code AS detail
FROM notify.parked p WHERE p.state = 'parked' AND NOT EXISTS (
    SELECT FROM notify.alarms a WHERE a.kind = 'event_parked' AND a.subject = p.id::text);

-- name: case_unrecorded
-- keeper: intake  scope: whole  patience: 0  promise: P10
-- means: A case has another version than there are lines of its changes in intake's journal.
SELECT c.case_id::text AS subject, c.case_id, c.facility_ori,
    'version ' || c.version || ', ' || j.lines || ' lines' AS detail
FROM intake.cases c CROSS JOIN LATERAL (
    SELECT count(*) AS lines FROM intake.journal j WHERE j.case_id = c.case_id AND j.kind = 'case.changed') j
WHERE c.version <> j.lines;

-- name: outbox_stuck_in_intake
-- keeper: intake  scope: minute  patience: 60  promise: P1
-- means: What intake has to tell has not been published.
SELECT count(*) || ' letters' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'oldest ' || min(id::text) AS detail
FROM intake.outbox WHERE id < :stale HAVING count(*) > 0;

-- name: outbox_stuck_in_decision
-- keeper: decision  scope: minute  patience: 60  promise: P6
-- means: What decision has to tell has not been published.
SELECT count(*) || ' letters' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'oldest ' || min(id::text) AS detail
FROM decision.outbox WHERE id < :stale HAVING count(*) > 0;

-- name: outbox_stuck_in_notify
-- keeper: notify  scope: minute  patience: 60  promise: P6
-- means: What notify has to tell has not been published.
SELECT count(*) || ' letters' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'oldest ' || min(id::text) AS detail
FROM notify.outbox WHERE id < :stale HAVING count(*) > 0;

-- name: timer_overdue_in_intake
-- keeper: intake  scope: minute  patience: 120  promise: P6
-- means: One of intake's timers is due and nobody does what it is for.
SELECT 'intake' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'due at ' || due_at AS detail
FROM intake.due WHERE due_at <= :now;

-- name: timer_overdue_in_decision
-- keeper: decision  scope: minute  patience: 120  promise: P8
-- means: One of decision's timers is due and nobody does what it is for.
SELECT 'decision' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'due at ' || due_at AS detail
FROM decision.due WHERE due_at <= :now;

-- name: timer_overdue_in_notify
-- keeper: notify  scope: minute  patience: 120  promise: P5
-- means: One of notify's timers is due and nobody does what it is for.
SELECT 'notify' AS subject, NULL::uuid AS case_id, NULL AS facility_ori, 'due at ' || due_at AS detail
FROM notify.due WHERE due_at <= :now;

-- name: detainer_undecided
-- keeper: decision  scope: minute  patience: 120  promise: P3
-- means: A detainer on a known booking has no standing decision.
SELECT c.case_id || '/' || (t.detainer ->> 'detainer_id') AS subject, c.case_id, c.facility_ori,
    'case version ' || c.version AS detail
FROM intake.cases c, jsonb_array_elements(convert_from(c.folded, 'UTF8')::jsonb -> 'detainers') AS t (detainer)
WHERE c.case_id >= :after AND c.custody <> 'awaited' AND NOT EXISTS (
    SELECT FROM decision.dossiers d WHERE d.case_id = c.case_id
    AND d.detainer_id = t.detainer ->> 'detainer_id' AND d.number > 0);

-- name: decision_behind
-- keeper: decision  scope: minute  patience: 120  promise: P3
-- means: A case has changed, and its detainer was not looked at again.
SELECT c.case_id || '/' || d.detainer_id AS subject, c.case_id, c.facility_ori,
    'case version ' || c.version || ', looked at ' || d.case_version AS detail
FROM intake.cases c JOIN decision.dossiers d ON d.case_id = c.case_id
WHERE c.case_id >= :after AND c.custody <> 'awaited' AND d.case_version < c.version;

-- name: two_standing_decisions
-- keeper: decision  scope: minute  patience: 0  promise: P3
-- means: The decisions on a detainer are not 1, 2, 3 with the last one standing.
SELECT d.case_id || '/' || d.detainer_id AS subject, d.case_id, d.facility_ori,
    'number ' || d.number || ' stands, of ' || n.many || ' up to ' || n.top AS detail
FROM decision.dossiers d
JOIN (SELECT case_id, detainer_id, count(*) AS many, max(number) AS top FROM decision.decisions x
    WHERE (case_id, detainer_id) IN (SELECT case_id, detainer_id FROM decision.decisions WHERE id >= :after)
    GROUP BY case_id, detainer_id) n USING (case_id, detainer_id)
LEFT JOIN decision.decisions s ON s.id = d.decision_id
WHERE n.many <> n.top OR d.number <> n.top OR s.number IS DISTINCT FROM d.number OR s.outcome <> d.outcome;

-- name: decision_supersedes_wrongly
-- keeper: decision  scope: minute  patience: 0  promise: P10
-- means: A decision does not supersede the one before it.
SELECT d.id::text AS subject, d.case_id, d.facility_ori, 'number ' || d.number AS detail
FROM decision.decisions d
LEFT JOIN decision.decisions p ON p.case_id = d.case_id AND p.detainer_id = d.detainer_id AND p.number = d.number - 1
WHERE d.id >= :after AND d.supersedes IS DISTINCT FROM p.id;

-- name: hold_without_authority
-- keeper: decision  scope: minute  patience: 0  promise: P4
-- means: A HOLD names no policy, rule or citation.
SELECT id::text AS subject, case_id, facility_ori, 'number ' || number AS detail
FROM decision.decisions
WHERE id >= :after AND outcome = 'HOLD' AND (btrim(rule) = '' OR btrim(citation) = '' OR btrim(policy) = '');

-- name: hold_without_window
-- keeper: decision  scope: minute  patience: 0  promise: P4
-- means: Somebody is held past the end of state custody, with neither a window that closes nor another authority.
SELECT s.case_id || '/' || s.detainer_id AS subject, s.case_id, s.facility_ori,
    'release due ' || (t.told ->> 'release_due_at') AS detail
FROM decision.dossiers d JOIN decision.decisions s ON s.id = d.decision_id,
    LATERAL (SELECT convert_from(s.told, 'UTF8')::jsonb AS told) t
WHERE s.id >= :after AND s.outcome = 'HOLD' AND s.closes_at IS NULL
    AND (t.told ->> 'release_due_at')::timestamptz <= :now AND t.told ->> 'gone_at' IS NULL
    AND NOT coalesce((t.told ->> 'other_custody')::boolean, false);

-- name: review_without_question
-- keeper: decision  scope: minute  patience: 0  promise: P8
-- means: A person is asked about a detainer on which something else than REVIEW stands.
SELECT r.id::text AS subject, r.case_id, r.facility_ori, coalesce(d.outcome, 'nothing') || ' stands' AS detail
FROM decision.reviews r LEFT JOIN decision.dossiers d ON d.case_id = r.case_id AND d.detainer_id = r.detainer_id
WHERE r.state IN ('open', 'claimed') AND d.outcome IS DISTINCT FROM 'REVIEW';

-- name: review_past_release
-- keeper: decision  scope: minute  patience: 120  promise: P8
-- means: Release is due, and a person is still asked: by then it has to be RELEASE.
SELECT r.id::text AS subject, r.case_id, r.facility_ori, 'release due ' || (t.told ->> 'release_due_at') AS detail
FROM decision.reviews r JOIN decision.dossiers d ON d.case_id = r.case_id AND d.detainer_id = r.detainer_id
JOIN decision.decisions s ON s.id = d.decision_id,
    LATERAL (SELECT convert_from(s.told, 'UTF8')::jsonb AS told) t
WHERE r.state IN ('open', 'claimed') AND (t.told ->> 'release_due_at')::timestamptz <= :now;

-- name: window_without_end
-- keeper: decision  scope: minute  patience: 0  promise: P5
-- means: A hold window is live, and no notice of its end to the jail is on its way that comes before it closes.
SELECT w.id::text AS subject, w.case_id, w.facility_ori, 'closes at ' || w.closes_at AS detail
FROM notify.windows w WHERE w.state <> 'closed' AND NOT EXISTS (
    SELECT FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.case_id = w.case_id AND n.detainer_id = w.detainer_id AND n.window_id = w.id AND n.kind = 'hold_ended'
    AND n.recipient = 'jail:' || w.facility_ori AND d.state <> 'replaced' AND d.due_by <= w.closes_at);

-- name: window_without_basis
-- keeper: decision  scope: minute  patience: 0  promise: P4
-- means: A hold window has no rule, citation, clock or evidence of its closing instant.
SELECT id::text AS subject, case_id, facility_ori, 'opens at ' || opens_at AS detail
FROM notify.windows
WHERE id >= :after AND (btrim(rule) = '' OR btrim(citation) = '' OR btrim(clock) = '' OR length(evidence) < 3);

-- name: window_open_past_closing
-- keeper: decision  scope: minute  patience: 120  promise: P5
-- means: A hold window is past its closing instant and still counts as open.
SELECT id::text AS subject, case_id, facility_ori, 'closed at ' || closes_at AS detail
FROM notify.windows WHERE state = 'open' AND closes_at <= :now;

-- name: hold_end_unsent
-- keeper: decision  scope: minute  patience: 0  promise: P5
-- means: A hold has ended, and the notice of it has not left by the instant it was due.
SELECT n.id::text AS subject, n.case_id, n.facility_ori, 'due by ' || d.due_by AS detail
FROM notify.deliveries d JOIN notify.notices n ON n.id = d.notice_id
WHERE d.state = 'planned' AND d.due_by < :now AND n.kind = 'hold_ended';

-- name: hold_past_closing
-- keeper: decision  scope: whole  patience: 0  promise: P5
-- means: The notice of a hold's end left after the instant it was due, or the window of a hold has none at all.
SELECT w.id::text AS subject, w.case_id, w.facility_ori,
    'closed at ' || w.closes_at || ', told ' || coalesce(d.sent_at::text, 'never') AS detail
FROM notify.windows w
LEFT JOIN notify.notices n ON n.case_id = w.case_id AND n.detainer_id = w.detainer_id AND n.window_id = w.id
    AND n.kind = 'hold_ended' AND n.recipient = 'jail:' || w.facility_ori
LEFT JOIN notify.deliveries d ON d.notice_id = n.id
WHERE w.state = 'closed' AND (d.notice_id IS NULL OR d.state = 'replaced' OR d.sent_at > d.due_by);

-- name: window_stretched
-- keeper: notify  scope: minute  patience: 0  promise: P4
-- means: A hold window closes later than a decision had said for the same opening instant.
SELECT w.id::text AS subject, w.case_id, w.facility_ori,
    'closes at ' || w.closes_at || ', was to close at ' || min(s.closes_at) AS detail
FROM notify.windows w
JOIN notify.dossiers h ON h.case_id = w.case_id AND h.detainer_id = w.detainer_id
JOIN decision.decisions s ON s.case_id = w.case_id AND s.detainer_id = w.detainer_id AND s.opens_at = w.opens_at
JOIN decision.decisions b ON b.id = w.decision_id
WHERE w.id >= :after AND s.number BETWEEN b.number AND h.number
GROUP BY w.id, w.case_id, w.facility_ori, w.closes_at HAVING w.closes_at > min(s.closes_at);

-- name: decision_untold
-- keeper: notify  scope: minute  patience: 120  promise: P6
-- means: A decision was made, and notify has not heard of it.
SELECT s.case_id || '/' || s.detainer_id AS subject, s.case_id, s.facility_ori,
    'number ' || s.number || ', heard ' || coalesce(h.number, 0) AS detail
FROM decision.dossiers d JOIN decision.decisions s ON s.id = d.decision_id
LEFT JOIN notify.dossiers h ON h.case_id = d.case_id AND h.detainer_id = d.detainer_id
WHERE s.id >= :after AND coalesce(h.number, 0) < d.number;

-- name: decided_and_nobody_told
-- keeper: notify  scope: minute  patience: 0  promise: P6
-- means: Notify knows a decision, and has neither told the jail nor is about to.
SELECT h.case_id || '/' || h.detainer_id AS subject, h.case_id, h.facility_ori, 'number ' || h.number AS detail
FROM notify.dossiers h WHERE h.case_id >= :after AND h.number > 0 AND NOT EXISTS (
    SELECT FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.case_id = h.case_id AND n.detainer_id = h.detainer_id AND n.kind IN ('decision', 'correction')
    AND n.recipient = 'jail:' || h.facility_ori AND d.state <> 'replaced');

-- name: last_word_contradicts
-- keeper: notify  scope: minute  patience: 0  promise: P7
-- means: The last answer that a recipient was told is not what stands, and no correction is on its way.
SELECT l.case_id || '/' || l.detainer_id || ' to ' || l.recipient AS subject, l.case_id, l.facility_ori,
    l.outcome || ' was told, ' || h.outcome || ' stands' AS detail
FROM (SELECT DISTINCT ON (n.case_id, n.detainer_id, n.recipient) n.case_id, n.detainer_id, n.recipient,
        n.facility_ori, n.outcome
    FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.kind IN ('decision', 'correction') AND d.position IS NOT NULL AND n.case_id >= :after
    ORDER BY n.case_id, n.detainer_id, n.recipient, d.position DESC) l
JOIN notify.dossiers h ON h.case_id = l.case_id AND h.detainer_id = l.detainer_id
WHERE l.outcome <> h.outcome AND (l.recipient = 'jail:' || h.facility_ori OR (
        l.recipient = 'ice' AND convert_from(h.decision, 'UTF8')::jsonb ->> 'ice_answer' <> 'none'))
    AND NOT EXISTS (SELECT FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
        WHERE n.case_id = l.case_id AND n.detainer_id = l.detainer_id AND n.recipient = l.recipient
        AND n.kind IN ('decision', 'correction') AND d.state = 'planned');

-- name: notice_twice
-- keeper: notify  scope: minute  patience: 0  promise: P2
-- means: One fact was told to one recipient by two notices.
SELECT min(n.id::text) AS subject, n.case_id, min(n.facility_ori) AS facility_ori,
    count(*) || ' notices ' || n.kind || ' to ' || n.recipient AS detail
FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
WHERE n.id >= :after AND d.state <> 'replaced'
GROUP BY n.case_id, n.detainer_id, n.decision_id, n.number, n.window_id, n.kind, n.recipient,
    CASE WHEN n.kind = 'hold_closing' THEN d.send_at END, CASE WHEN n.kind = 'correction' THEN n.replaces END
HAVING count(*) > 1;

-- name: feed_out_of_order
-- keeper: notify  scope: minute  patience: 0  promise: P7
-- means: In a recipient's feed an answer lies behind one that came after it.
SELECT subject, case_id, facility_ori, detail FROM (
    SELECT n.id::text AS subject, n.case_id, n.facility_ori, n.number,
        'number ' || n.number || ' at place ' || d.position AS detail,
        max(n.number) OVER (PARTITION BY d.recipient, n.case_id, n.detainer_id ORDER BY d.position) AS top
    FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.case_id >= :after AND d.position IS NOT NULL AND n.kind IN ('decision', 'correction')) o
WHERE number < top;

-- name: feed_has_gaps
-- keeper: notify  scope: whole  patience: 0  promise: P6
-- means: A feed's places are not 1, 2, 3: a reader may have skipped a notice.
SELECT r.recipient AS subject, NULL::uuid AS case_id, NULL AS facility_ori,
    r.last_position || ' places given out, ' || coalesce(p.many, 0) || ' filled' AS detail
FROM notify.recipients r
LEFT JOIN (SELECT recipient, count(position) AS many FROM notify.deliveries GROUP BY recipient) p
    ON p.recipient = r.recipient
WHERE r.last_position <> coalesce(p.many, 0);

-- name: notice_to_another_jail
-- keeper: notify  scope: minute  patience: 0  promise: P9
-- means: A notice about one facility's person is addressed to another jail.
SELECT id::text AS subject, case_id, facility_ori, kind || ' to ' || recipient AS detail
FROM notify.notices WHERE id >= :after AND recipient <> 'ice' AND recipient <> 'jail:' || facility_ori;

-- name: late_untold
-- keeper: notify  scope: whole  patience: 0  promise: P6
-- means: A notice is known to be late, and nobody was called.
SELECT d.notice_id::text AS subject, NULL::uuid AS case_id, d.facility_ori, 'late since ' || d.late_since AS detail
FROM notify.deliveries d WHERE d.late_since IS NOT NULL AND NOT EXISTS (
    SELECT FROM notify.alarms a WHERE a.kind = 'notice_late' AND a.subject = d.notice_id::text);

-- name: unmatched_untold
-- keeper: notify  scope: minute  patience: 120  promise: P6
-- means: A detainer has found no booking, its two working days are over, and ICE was not told.
SELECT u.detainer_id AS subject, u.case_id, u.facility_ori, 'due by ' || u.due_by AS detail
FROM intake.unmatched u WHERE u.due_by <= :now AND NOT EXISTS (
    SELECT FROM notify.notices n JOIN notify.deliveries d ON d.notice_id = n.id
    WHERE n.kind = 'unmatched' AND n.detainer_id = u.detainer_id AND d.sent_at IS NOT NULL);
