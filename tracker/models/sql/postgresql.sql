-- What the constraints of the models cannot say, on PostgreSQL. Statements are parted by a line that holds only --;;
-- Dropping and making again is safe to repeat; every trigger's name starts with tracker_.
--;;
CREATE EXTENSION IF NOT EXISTS btree_gist;
--;;
CREATE OR REPLACE FUNCTION tracker_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END $$;
--;;
-- Emptying a table fires no trigger of its rows. An empty one may be emptied, as a test's database is.
CREATE OR REPLACE FUNCTION tracker_refuse_emptying() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE any_row boolean;
BEGIN
  EXECUTE format('SELECT EXISTS (SELECT FROM %s)', TG_RELID::regclass) INTO any_row;
  IF any_row THEN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'restrict_violation'; END IF;
  RETURN NULL;
END $$;
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
DROP TRIGGER IF EXISTS tracker_episodefact_no_truncate ON tracker_episodefact;
--;;
CREATE TRIGGER tracker_episodefact_no_truncate BEFORE TRUNCATE ON tracker_episodefact
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('episodefact rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_factwithdrawal_no_truncate ON tracker_factwithdrawal;
--;;
CREATE TRIGGER tracker_factwithdrawal_no_truncate BEFORE TRUNCATE ON tracker_factwithdrawal
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('factwithdrawal rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_signature_no_truncate ON tracker_signature;
--;;
CREATE TRIGGER tracker_signature_no_truncate BEFORE TRUNCATE ON tracker_signature
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('signature rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_acknowledgement_no_truncate ON tracker_acknowledgement;
--;;
CREATE TRIGGER tracker_acknowledgement_no_truncate BEFORE TRUNCATE ON tracker_acknowledgement
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('acknowledgement rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_clearance_no_truncate ON tracker_clearance;
--;;
CREATE TRIGGER tracker_clearance_no_truncate BEFORE TRUNCATE ON tracker_clearance
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('clearance rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_hold_no_truncate ON tracker_hold;
--;;
CREATE TRIGGER tracker_hold_no_truncate BEFORE TRUNCATE ON tracker_hold
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('hold rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_holdrelease_no_truncate ON tracker_holdrelease;
--;;
CREATE TRIGGER tracker_holdrelease_no_truncate BEFORE TRUNCATE ON tracker_holdrelease
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('holdrelease rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_closing_no_update ON tracker_closing;
--;;
CREATE TRIGGER tracker_closing_no_update BEFORE UPDATE ON tracker_closing
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('closing rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_closing_no_delete ON tracker_closing;
--;;
CREATE TRIGGER tracker_closing_no_delete BEFORE DELETE ON tracker_closing
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('closing rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_closing_no_truncate ON tracker_closing;
--;;
CREATE TRIGGER tracker_closing_no_truncate BEFORE TRUNCATE ON tracker_closing
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('closing rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_reopening_no_update ON tracker_reopening;
--;;
CREATE TRIGGER tracker_reopening_no_update BEFORE UPDATE ON tracker_reopening
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('reopening rows are never edited');
--;;
DROP TRIGGER IF EXISTS tracker_reopening_no_delete ON tracker_reopening;
--;;
CREATE TRIGGER tracker_reopening_no_delete BEFORE DELETE ON tracker_reopening
FOR EACH ROW EXECUTE FUNCTION tracker_refuse('reopening rows are never deleted');
--;;
DROP TRIGGER IF EXISTS tracker_reopening_no_truncate ON tracker_reopening;
--;;
CREATE TRIGGER tracker_reopening_no_truncate BEFORE TRUNCATE ON tracker_reopening
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('reopening rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_checkin_no_truncate ON tracker_checkin;
--;;
CREATE TRIGGER tracker_checkin_no_truncate BEFORE TRUNCATE ON tracker_checkin
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('checkin rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_measurement_no_truncate ON tracker_measurement;
--;;
CREATE TRIGGER tracker_measurement_no_truncate BEFORE TRUNCATE ON tracker_measurement
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('measurement rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_milestonerecord_no_truncate ON tracker_milestonerecord;
--;;
CREATE TRIGGER tracker_milestonerecord_no_truncate BEFORE TRUNCATE ON tracker_milestonerecord
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('milestonerecord rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_milestoneevent_no_truncate ON tracker_milestoneevent;
--;;
CREATE TRIGGER tracker_milestoneevent_no_truncate BEFORE TRUNCATE ON tracker_milestoneevent
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('milestoneevent rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_alert_no_truncate ON tracker_alert;
--;;
CREATE TRIGGER tracker_alert_no_truncate BEFORE TRUNCATE ON tracker_alert
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('alert rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_alertevent_no_truncate ON tracker_alertevent;
--;;
CREATE TRIGGER tracker_alertevent_no_truncate BEFORE TRUNCATE ON tracker_alertevent
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('alertevent rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_auditevent_no_truncate ON tracker_auditevent;
--;;
CREATE TRIGGER tracker_auditevent_no_truncate BEFORE TRUNCATE ON tracker_auditevent
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('auditevent rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_auditseal_no_truncate ON tracker_auditseal;
--;;
CREATE TRIGGER tracker_auditseal_no_truncate BEFORE TRUNCATE ON tracker_auditseal
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('auditseal rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_erasure_no_truncate ON tracker_erasure;
--;;
CREATE TRIGGER tracker_erasure_no_truncate BEFORE TRUNCATE ON tracker_erasure
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('erasure rows are never deleted');
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
DROP TRIGGER IF EXISTS tracker_restriction_no_truncate ON tracker_restriction;
--;;
CREATE TRIGGER tracker_restriction_no_truncate BEFORE TRUNCATE ON tracker_restriction
FOR EACH STATEMENT EXECUTE FUNCTION tracker_refuse_emptying('restriction rows are never deleted');
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
-- Row-level security: the second net behind `tracker.access`, for signed-in visitors alone. Their requests take on the
-- role recovery_web and say whom they may see (tracker/models/walls.py). Background work keeps the login role, which owns
-- the tables and sees everything. Where the role cannot be made, nothing happens here, and the system check says so.
--;;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recovery_web') THEN
    CREATE ROLE recovery_web NOLOGIN;
  END IF;
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE format('GRANT recovery_web TO %I', current_user);
  END IF;
-- The role belongs to the whole cluster: another database may be making it at the same instant.
EXCEPTION WHEN duplicate_object OR unique_violation OR insufficient_privilege OR internal_error THEN NULL;
END $$;
--;;
DO $$ DECLARE thing record;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recovery_web') THEN RETURN; END IF;
  FOR thing IN SELECT oid::regclass AS name, relkind FROM pg_class WHERE relnamespace = current_schema()::regnamespace
      AND relkind IN ('r', 'p', 'S') AND pg_get_userbyid(relowner) = current_user
      AND NOT (CASE relkind WHEN 'S' THEN has_sequence_privilege('recovery_web', oid, 'USAGE')
               ELSE has_table_privilege('recovery_web', oid, 'INSERT') END) LOOP
    IF thing.relkind = 'S' THEN EXECUTE format('GRANT USAGE, SELECT ON SEQUENCE %s TO recovery_web', thing.name);
    ELSE EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %s TO recovery_web', thing.name);
    END IF;
  END LOOP;
  -- Tables that are made later, such as that of the cache.
  EXECUTE 'ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO recovery_web';
  EXECUTE 'ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO recovery_web';
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO recovery_web', current_schema());
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$;
--;;
DO $$ DECLARE
  wall record;
  rule text;
  -- Each is read once a statement.
  clinics text := '((SELECT nullif(current_setting(''recovery.clinics'', true), '''')::uuid[])::uuid[])';
  patients text := '((SELECT nullif(current_setting(''recovery.patients'', true), '''')::uuid[])::uuid[])';
  episodes text := '((SELECT nullif(current_setting(''recovery.episodes'', true), '''')::uuid[])::uuid[])';
  visitor text := '(SELECT nullif(current_setting(''recovery.visitor'', true), '''')::uuid)';
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'recovery_web') THEN RETURN; END IF;
  FOR wall IN SELECT * FROM (VALUES
    ('patient', 'clinic_id = ANY CLINICS OR id = ANY PATIENTS OR id IN (SELECT patient_id FROM tracker_episode WHERE id = ANY EPISODES)'),
    ('episode', 'clinic_id = ANY CLINICS OR patient_id = ANY PATIENTS OR id = ANY EPISODES'),
    ('note', '@patient.patient'),
    ('reminderplan', '@patient.patient'),
    ('reach', '@patient.patient'),
    ('consent', '@patient.patient'),
    ('erasure', '@patient.patient'),
    ('caregiverlink', 'user_id = VISITOR OR @patient.patient'),
    ('invite', 'clinic_id = ANY CLINICS OR @patient.patient'),
    ('transfer', 'from_clinic_id = ANY CLINICS OR to_clinic_id = ANY CLINICS OR @patient.patient'),
    ('occurrence', 'clinic_id = ANY CLINICS OR @patient.patient'),
    ('outboxmessage', 'clinic_id = ANY CLINICS OR @patient.patient OR (clinic_id IS NULL AND patient_id IS NULL)'),
    ('attempt', '@outboxmessage.message'),
    ('call', '@outboxmessage.message'),
    ('assessment', 'clinic_id = ANY CLINICS OR @episode.episode'),
    ('episodefact', '@episode.episode'),
    ('factwithdrawal', '@episodefact.fact'),
    ('checkin', '@episode.episode'),
    ('measurement', '@episode.episode'),
    ('milestonerecord', '@episode.episode'),
    ('milestoneevent', '@milestonerecord.record'),
    ('alert', '@episode.episode'),
    ('alertevent', '@alert.alert'),
    ('stafflook', '@episode.episode'),
    ('signature', '@episode.episode'),
    ('restriction', '@episode.episode'),
    ('acknowledgement', '@restriction.restriction'),
    ('clearance', '@episode.episode'),
    ('hold', '@episode.episode'),
    ('holdrelease', '@hold.hold'),
    ('closing', '@episode.episode'),
    ('reopening', '@closing.closing'),
    ('review', '@episode.episode'),
    ('proposal', '@episode.episode'),
    ('emergencyaccess', 'user_id = VISITOR OR clinic_id = ANY CLINICS OR @episode.episode'),
    -- What concerns no record and no clinic names no patient.
    ('auditevent', 'clinic_id = ANY CLINICS OR user_id = VISITOR OR (clinic_id IS NULL AND episode_id IS NULL) OR @episode.episode'),
    ('auditseal', '@auditevent.event'),
    ('idempotencykey', 'user_id = VISITOR')
  ) AS walls (name, rule) LOOP
    -- @table.column: whoever sees the row of that table sees this one, by that table's own wall.
    rule := regexp_replace(wall.rule, '@(\w+)\.(\w+)',
      format('EXISTS (SELECT FROM tracker_\1 above WHERE above.id = tracker_%s.\2_id)', wall.name), 'g');
    rule := replace(replace(replace(replace(rule, 'CLINICS', clinics), 'PATIENTS', patients), 'EPISODES', episodes), 'VISITOR', visitor);
    CONTINUE WHEN EXISTS (SELECT FROM pg_policy WHERE polrelid = ('tracker_' || wall.name)::regclass
      AND polname = 'tracker_wall' AND obj_description(oid, 'pg_policy') = md5(rule));
    EXECUTE format('DROP POLICY IF EXISTS tracker_open ON tracker_%s', wall.name);
    EXECUTE format('DROP POLICY IF EXISTS tracker_wall ON tracker_%s', wall.name);
    EXECUTE format('CREATE POLICY tracker_open ON tracker_%s USING (true)', wall.name);
    EXECUTE format('CREATE POLICY tracker_wall ON tracker_%s AS RESTRICTIVE TO recovery_web USING (%s)', wall.name, rule);
    EXECUTE format('COMMENT ON POLICY tracker_wall ON tracker_%s IS %L', wall.name, md5(rule));
    EXECUTE format('ALTER TABLE tracker_%s ENABLE ROW LEVEL SECURITY', wall.name);
  END LOOP;
END $$;
--;;
