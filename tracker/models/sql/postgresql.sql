-- What the constraints of the models cannot say, on PostgreSQL. Statements are parted by a line that holds only --;;
-- Dropping and making again is safe to repeat; every trigger's name starts with tracker_.
--;;
CREATE EXTENSION IF NOT EXISTS btree_gist;
--;;
CREATE OR REPLACE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$;
--;;
DROP TRIGGER IF EXISTS tracker_episodefact_no_update ON tracker_episodefact;
--;;
CREATE TRIGGER tracker_episodefact_no_update BEFORE UPDATE ON tracker_episodefact
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('episodefact rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_episodefact_no_delete ON tracker_episodefact;
--;;
CREATE TRIGGER tracker_episodefact_no_delete BEFORE DELETE ON tracker_episodefact
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('episodefact rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_factwithdrawal_no_update ON tracker_factwithdrawal;
--;;
CREATE TRIGGER tracker_factwithdrawal_no_update BEFORE UPDATE ON tracker_factwithdrawal
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('factwithdrawal rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_factwithdrawal_no_delete ON tracker_factwithdrawal;
--;;
CREATE TRIGGER tracker_factwithdrawal_no_delete BEFORE DELETE ON tracker_factwithdrawal
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('factwithdrawal rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_signature_no_update ON tracker_signature;
--;;
CREATE TRIGGER tracker_signature_no_update BEFORE UPDATE ON tracker_signature
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('signature rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_signature_no_delete ON tracker_signature;
--;;
CREATE TRIGGER tracker_signature_no_delete BEFORE DELETE ON tracker_signature
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('signature rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_acknowledgement_no_update ON tracker_acknowledgement;
--;;
CREATE TRIGGER tracker_acknowledgement_no_update BEFORE UPDATE ON tracker_acknowledgement
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('acknowledgement rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_acknowledgement_no_delete ON tracker_acknowledgement;
--;;
CREATE TRIGGER tracker_acknowledgement_no_delete BEFORE DELETE ON tracker_acknowledgement
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('acknowledgement rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_clearance_no_update ON tracker_clearance;
--;;
CREATE TRIGGER tracker_clearance_no_update BEFORE UPDATE ON tracker_clearance
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('clearance rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_clearance_no_delete ON tracker_clearance;
--;;
CREATE TRIGGER tracker_clearance_no_delete BEFORE DELETE ON tracker_clearance
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('clearance rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_hold_no_update ON tracker_hold;
--;;
CREATE TRIGGER tracker_hold_no_update BEFORE UPDATE ON tracker_hold
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('hold rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_hold_no_delete ON tracker_hold;
--;;
CREATE TRIGGER tracker_hold_no_delete BEFORE DELETE ON tracker_hold
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('hold rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_holdrelease_no_update ON tracker_holdrelease;
--;;
CREATE TRIGGER tracker_holdrelease_no_update BEFORE UPDATE ON tracker_holdrelease
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('holdrelease rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_holdrelease_no_delete ON tracker_holdrelease;
--;;
CREATE TRIGGER tracker_holdrelease_no_delete BEFORE DELETE ON tracker_holdrelease
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('holdrelease rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_checkin_no_update ON tracker_checkin;
--;;
CREATE TRIGGER tracker_checkin_no_update BEFORE UPDATE ON tracker_checkin
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('checkin rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_checkin_no_delete ON tracker_checkin;
--;;
CREATE TRIGGER tracker_checkin_no_delete BEFORE DELETE ON tracker_checkin
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('checkin rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_measurement_no_update ON tracker_measurement;
--;;
CREATE TRIGGER tracker_measurement_no_update BEFORE UPDATE ON tracker_measurement
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('measurement rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_measurement_no_delete ON tracker_measurement;
--;;
CREATE TRIGGER tracker_measurement_no_delete BEFORE DELETE ON tracker_measurement
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('measurement rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_milestonerecord_no_update ON tracker_milestonerecord;
--;;
CREATE TRIGGER tracker_milestonerecord_no_update BEFORE UPDATE ON tracker_milestonerecord
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('milestonerecord rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_milestonerecord_no_delete ON tracker_milestonerecord;
--;;
CREATE TRIGGER tracker_milestonerecord_no_delete BEFORE DELETE ON tracker_milestonerecord
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('milestonerecord rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_milestoneevent_no_update ON tracker_milestoneevent;
--;;
CREATE TRIGGER tracker_milestoneevent_no_update BEFORE UPDATE ON tracker_milestoneevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('milestoneevent rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_milestoneevent_no_delete ON tracker_milestoneevent;
--;;
CREATE TRIGGER tracker_milestoneevent_no_delete BEFORE DELETE ON tracker_milestoneevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('milestoneevent rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_alert_no_update ON tracker_alert;
--;;
CREATE TRIGGER tracker_alert_no_update BEFORE UPDATE ON tracker_alert
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('alert rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_alert_no_delete ON tracker_alert;
--;;
CREATE TRIGGER tracker_alert_no_delete BEFORE DELETE ON tracker_alert
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('alert rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_alertevent_no_update ON tracker_alertevent;
--;;
CREATE TRIGGER tracker_alertevent_no_update BEFORE UPDATE ON tracker_alertevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('alertevent rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_alertevent_no_delete ON tracker_alertevent;
--;;
CREATE TRIGGER tracker_alertevent_no_delete BEFORE DELETE ON tracker_alertevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('alertevent rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_auditevent_no_update ON tracker_auditevent;
--;;
CREATE TRIGGER tracker_auditevent_no_update BEFORE UPDATE ON tracker_auditevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('auditevent rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_auditevent_no_delete ON tracker_auditevent;
--;;
CREATE TRIGGER tracker_auditevent_no_delete BEFORE DELETE ON tracker_auditevent
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('auditevent rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_auditseal_no_update ON tracker_auditseal;
--;;
CREATE TRIGGER tracker_auditseal_no_update BEFORE UPDATE ON tracker_auditseal
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('auditseal rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_auditseal_no_delete ON tracker_auditseal;
--;;
CREATE TRIGGER tracker_auditseal_no_delete BEFORE DELETE ON tracker_auditseal
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('auditseal rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_erasure_no_update ON tracker_erasure;
--;;
CREATE TRIGGER tracker_erasure_no_update BEFORE UPDATE ON tracker_erasure
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('erasure rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_erasure_no_delete ON tracker_erasure;
--;;
CREATE TRIGGER tracker_erasure_no_delete BEFORE DELETE ON tracker_erasure
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('erasure rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_restriction_only_supersede ON tracker_restriction;
--;;
CREATE TRIGGER tracker_restriction_only_supersede BEFORE UPDATE ON tracker_restriction
FOR EACH ROW WHEN (OLD.superseded_by_id IS NOT NULL OR NEW.superseded_by_id IS NULL
      OR NEW."id" IS DISTINCT FROM OLD."id"
      OR NEW."episode_id" IS DISTINCT FROM OLD."episode_id"
      OR NEW."signature_id" IS DISTINCT FROM OLD."signature_id"
      OR NEW."loading" IS DISTINCT FROM OLD."loading"
      OR NEW."term" IS DISTINCT FROM OLD."term"
      OR NEW."max_percent" IS DISTINCT FROM OLD."max_percent"
      OR NEW."cap_kg" IS DISTINCT FROM OLD."cap_kg"
      OR NEW."full" IS DISTINCT FROM OLD."full"
      OR NEW."max_kg" IS DISTINCT FROM OLD."max_kg"
      OR NEW."aids" IS DISTINCT FROM OLD."aids"
      OR NEW."brace_min" IS DISTINCT FROM OLD."brace_min"
      OR NEW."brace_max" IS DISTINCT FROM OLD."brace_max"
      OR NEW."starts_on" IS DISTINCT FROM OLD."starts_on"
      OR NEW."ends_on" IS DISTINCT FROM OLD."ends_on"
      OR NEW."source" IS DISTINCT FROM OLD."source"
      OR NEW."gate" IS DISTINCT FROM OLD."gate"
      OR NEW."origin_id" IS DISTINCT FROM OLD."origin_id"
      OR NEW."recorded_at" IS DISTINCT FROM OLD."recorded_at")
EXECUTE FUNCTION tracker_refuse('restriction rows are only ever superseded, once');
--;;
DROP TRIGGER IF EXISTS tracker_restriction_no_delete ON tracker_restriction;
--;;
CREATE TRIGGER tracker_restriction_no_delete BEFORE DELETE ON tracker_restriction
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('restriction rows are never deleted');
--;;
ALTER TABLE tracker_restriction DROP CONSTRAINT IF EXISTS tracker_restriction_no_overlap;
--;;
ALTER TABLE tracker_restriction ADD CONSTRAINT tracker_restriction_no_overlap
EXCLUDE USING gist (episode_id WITH =, daterange(starts_on, ends_on, '[)') WITH &&) WHERE (superseded_by_id IS NULL);
--;;
CREATE OR REPLACE FUNCTION tracker_restriction_check_contiguous() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM (
      SELECT ends_on, lead(starts_on) OVER (ORDER BY starts_on) AS next_start
      FROM tracker_restriction WHERE episode_id = NEW.episode_id AND superseded_by_id IS NULL) standing
    WHERE ends_on IS DISTINCT FROM next_start)
  OR NOT EXISTS (SELECT 1 FROM tracker_restriction WHERE episode_id = NEW.episode_id AND superseded_by_id IS NULL) THEN
    RAISE EXCEPTION 'standing restrictions of an episode may not overlap or leave a gap'
      USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NULL;
END $$;
--;;
DROP TRIGGER IF EXISTS tracker_restriction_contiguous ON tracker_restriction;
--;;
CREATE CONSTRAINT TRIGGER tracker_restriction_contiguous AFTER INSERT OR UPDATE ON tracker_restriction
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tracker_restriction_check_contiguous();
--;;
CREATE OR REPLACE FUNCTION tracker_milestonerecord_check_standing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM tracker_milestonerecord r WHERE r.episode_id = NEW.episode_id AND r.key = NEW.key
      AND NOT EXISTS (SELECT 1 FROM tracker_milestoneevent e WHERE e.record_id = r.id AND e.kind = 'withdrawn')) THEN
    RAISE EXCEPTION 'this milestone already stands: withdraw it first' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
--;;
DROP TRIGGER IF EXISTS tracker_milestonerecord_one_standing ON tracker_milestonerecord;
--;;
CREATE TRIGGER tracker_milestonerecord_one_standing BEFORE INSERT ON tracker_milestonerecord
FOR EACH ROW EXECUTE FUNCTION tracker_milestonerecord_check_standing();
--;;
DROP TRIGGER IF EXISTS tracker_protocol_approved_no_update ON tracker_protocol;
--;;
CREATE TRIGGER tracker_protocol_approved_no_update BEFORE UPDATE ON tracker_protocol
FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION tracker_refuse('an approved protocol never changes: make a new version');
--;;
DROP TRIGGER IF EXISTS tracker_protocol_approved_no_delete ON tracker_protocol;
--;;
CREATE TRIGGER tracker_protocol_approved_no_delete BEFORE DELETE ON tracker_protocol
FOR EACH ROW WHEN (OLD.approved_at IS NOT NULL) EXECUTE FUNCTION tracker_refuse('an approved protocol is never deleted');
--;;
