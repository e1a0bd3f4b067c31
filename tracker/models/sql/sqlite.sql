-- What the constraints of the models cannot say, on SQLite. One statement a trigger; each starts with CREATE TRIGGER.
-- SQLite drops a table's triggers when it rebuilds the table, so these are put back after every migration.
-- It has no deferred triggers: contiguity is enforced as each row comes in, in the order of starts_on.

CREATE TRIGGER tracker_episodefact_no_update BEFORE UPDATE ON tracker_episodefact
BEGIN SELECT RAISE(ABORT, 'episodefact rows are never edited'); END;

CREATE TRIGGER tracker_episodefact_no_delete BEFORE DELETE ON tracker_episodefact
BEGIN SELECT RAISE(ABORT, 'episodefact rows are never deleted'); END;

CREATE TRIGGER tracker_factwithdrawal_no_update BEFORE UPDATE ON tracker_factwithdrawal
BEGIN SELECT RAISE(ABORT, 'factwithdrawal rows are never edited'); END;

CREATE TRIGGER tracker_factwithdrawal_no_delete BEFORE DELETE ON tracker_factwithdrawal
BEGIN SELECT RAISE(ABORT, 'factwithdrawal rows are never deleted'); END;

CREATE TRIGGER tracker_signature_no_update BEFORE UPDATE ON tracker_signature
BEGIN SELECT RAISE(ABORT, 'signature rows are never edited'); END;

CREATE TRIGGER tracker_signature_no_delete BEFORE DELETE ON tracker_signature
BEGIN SELECT RAISE(ABORT, 'signature rows are never deleted'); END;

CREATE TRIGGER tracker_acknowledgement_no_update BEFORE UPDATE ON tracker_acknowledgement
BEGIN SELECT RAISE(ABORT, 'acknowledgement rows are never edited'); END;

CREATE TRIGGER tracker_acknowledgement_no_delete BEFORE DELETE ON tracker_acknowledgement
BEGIN SELECT RAISE(ABORT, 'acknowledgement rows are never deleted'); END;

CREATE TRIGGER tracker_clearance_no_update BEFORE UPDATE ON tracker_clearance
BEGIN SELECT RAISE(ABORT, 'clearance rows are never edited'); END;

CREATE TRIGGER tracker_clearance_no_delete BEFORE DELETE ON tracker_clearance
BEGIN SELECT RAISE(ABORT, 'clearance rows are never deleted'); END;

CREATE TRIGGER tracker_hold_no_update BEFORE UPDATE ON tracker_hold
BEGIN SELECT RAISE(ABORT, 'hold rows are never edited'); END;

CREATE TRIGGER tracker_hold_no_delete BEFORE DELETE ON tracker_hold
BEGIN SELECT RAISE(ABORT, 'hold rows are never deleted'); END;

CREATE TRIGGER tracker_holdrelease_no_update BEFORE UPDATE ON tracker_holdrelease
BEGIN SELECT RAISE(ABORT, 'holdrelease rows are never edited'); END;

CREATE TRIGGER tracker_holdrelease_no_delete BEFORE DELETE ON tracker_holdrelease
BEGIN SELECT RAISE(ABORT, 'holdrelease rows are never deleted'); END;

CREATE TRIGGER tracker_closing_no_update BEFORE UPDATE ON tracker_closing
BEGIN SELECT RAISE(ABORT, 'closing rows are never edited'); END;

CREATE TRIGGER tracker_closing_no_delete BEFORE DELETE ON tracker_closing
BEGIN SELECT RAISE(ABORT, 'closing rows are never deleted'); END;

CREATE TRIGGER tracker_reopening_no_update BEFORE UPDATE ON tracker_reopening
BEGIN SELECT RAISE(ABORT, 'reopening rows are never edited'); END;

CREATE TRIGGER tracker_reopening_no_delete BEFORE DELETE ON tracker_reopening
BEGIN SELECT RAISE(ABORT, 'reopening rows are never deleted'); END;

CREATE TRIGGER tracker_checkin_no_update BEFORE UPDATE ON tracker_checkin
BEGIN SELECT RAISE(ABORT, 'checkin rows are never edited'); END;

CREATE TRIGGER tracker_checkin_no_delete BEFORE DELETE ON tracker_checkin
BEGIN SELECT RAISE(ABORT, 'checkin rows are never deleted'); END;

CREATE TRIGGER tracker_measurement_no_update BEFORE UPDATE ON tracker_measurement
BEGIN SELECT RAISE(ABORT, 'measurement rows are never edited'); END;

CREATE TRIGGER tracker_measurement_no_delete BEFORE DELETE ON tracker_measurement
BEGIN SELECT RAISE(ABORT, 'measurement rows are never deleted'); END;

CREATE TRIGGER tracker_milestonerecord_no_update BEFORE UPDATE ON tracker_milestonerecord
BEGIN SELECT RAISE(ABORT, 'milestonerecord rows are never edited'); END;

CREATE TRIGGER tracker_milestonerecord_no_delete BEFORE DELETE ON tracker_milestonerecord
BEGIN SELECT RAISE(ABORT, 'milestonerecord rows are never deleted'); END;

CREATE TRIGGER tracker_milestoneevent_no_update BEFORE UPDATE ON tracker_milestoneevent
BEGIN SELECT RAISE(ABORT, 'milestoneevent rows are never edited'); END;

CREATE TRIGGER tracker_milestoneevent_no_delete BEFORE DELETE ON tracker_milestoneevent
BEGIN SELECT RAISE(ABORT, 'milestoneevent rows are never deleted'); END;

CREATE TRIGGER tracker_alert_no_update BEFORE UPDATE ON tracker_alert
BEGIN SELECT RAISE(ABORT, 'alert rows are never edited'); END;

CREATE TRIGGER tracker_alert_no_delete BEFORE DELETE ON tracker_alert
BEGIN SELECT RAISE(ABORT, 'alert rows are never deleted'); END;

CREATE TRIGGER tracker_alertevent_no_update BEFORE UPDATE ON tracker_alertevent
BEGIN SELECT RAISE(ABORT, 'alertevent rows are never edited'); END;

CREATE TRIGGER tracker_alertevent_no_delete BEFORE DELETE ON tracker_alertevent
BEGIN SELECT RAISE(ABORT, 'alertevent rows are never deleted'); END;

CREATE TRIGGER tracker_auditseal_no_update BEFORE UPDATE ON tracker_auditseal
BEGIN SELECT RAISE(ABORT, 'auditseal rows are never edited'); END;
CREATE TRIGGER tracker_auditseal_no_delete BEFORE DELETE ON tracker_auditseal
BEGIN SELECT RAISE(ABORT, 'auditseal rows are never deleted'); END;
CREATE TRIGGER tracker_erasure_no_update BEFORE UPDATE ON tracker_erasure
BEGIN SELECT RAISE(ABORT, 'erasure rows are never edited'); END;
CREATE TRIGGER tracker_erasure_no_delete BEFORE DELETE ON tracker_erasure
BEGIN SELECT RAISE(ABORT, 'erasure rows are never deleted'); END;
CREATE TRIGGER tracker_auditevent_no_update BEFORE UPDATE ON tracker_auditevent
BEGIN SELECT RAISE(ABORT, 'auditevent rows are never edited'); END;

CREATE TRIGGER tracker_auditevent_no_delete BEFORE DELETE ON tracker_auditevent
BEGIN SELECT RAISE(ABORT, 'auditevent rows are never deleted'); END;

CREATE TRIGGER tracker_restriction_only_supersede BEFORE UPDATE ON tracker_restriction
WHEN OLD.superseded_by_id IS NOT NULL OR NEW.superseded_by_id IS NULL
     OR NEW.id IS NOT OLD.id
     OR NEW.episode_id IS NOT OLD.episode_id
     OR NEW.signature_id IS NOT OLD.signature_id
     OR NEW.loading IS NOT OLD.loading
     OR NEW.term IS NOT OLD.term
     OR NEW.max_percent IS NOT OLD.max_percent
     OR NEW.cap_kg IS NOT OLD.cap_kg
     OR NEW."full" IS NOT OLD."full"
     OR NEW.max_kg IS NOT OLD.max_kg
     OR NEW.aids IS NOT OLD.aids
     OR NEW.brace_min IS NOT OLD.brace_min
     OR NEW.brace_max IS NOT OLD.brace_max
     OR NEW.starts_on IS NOT OLD.starts_on
     OR NEW.ends_on IS NOT OLD.ends_on
     OR NEW.source IS NOT OLD.source
     OR NEW.gate IS NOT OLD.gate
     OR NEW.origin_id IS NOT OLD.origin_id
     OR NEW.recorded_at IS NOT OLD.recorded_at
BEGIN SELECT RAISE(ABORT, 'restriction rows are only ever superseded, once'); END;

CREATE TRIGGER tracker_restriction_no_delete BEFORE DELETE ON tracker_restriction
BEGIN SELECT RAISE(ABORT, 'restriction rows are never deleted'); END;

CREATE TRIGGER tracker_restriction_contiguous BEFORE INSERT ON tracker_restriction
WHEN NEW.superseded_by_id IS NULL AND EXISTS (
    SELECT 1 FROM tracker_restriction WHERE episode_id = NEW.episode_id AND superseded_by_id IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'standing restrictions of an episode may not overlap or leave a gap')
    WHERE EXISTS (SELECT 1 FROM tracker_restriction
                  WHERE episode_id = NEW.episode_id AND superseded_by_id IS NULL AND ends_on IS NULL)
       OR NEW.starts_on <> (SELECT MAX(ends_on) FROM tracker_restriction
                            WHERE episode_id = NEW.episode_id AND superseded_by_id IS NULL);
END;

CREATE TRIGGER tracker_milestonerecord_one_standing BEFORE INSERT ON tracker_milestonerecord
WHEN EXISTS (SELECT 1 FROM tracker_milestonerecord r WHERE r.episode_id = NEW.episode_id AND r.key = NEW.key
             AND NOT EXISTS (SELECT 1 FROM tracker_milestoneevent e WHERE e.record_id = r.id AND e.kind = 'withdrawn'))
BEGIN SELECT RAISE(ABORT, 'this milestone already stands: withdraw it first'); END;

CREATE TRIGGER tracker_protocol_approved_no_update BEFORE UPDATE ON tracker_protocol
WHEN OLD.approved_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an approved protocol never changes: make a new version'); END;

CREATE TRIGGER tracker_protocol_approved_no_delete BEFORE DELETE ON tracker_protocol
WHEN OLD.approved_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'an approved protocol is never deleted'); END;
