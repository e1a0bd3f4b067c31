"""The database itself refuses what the record must never hold, whoever asks and by whatever way."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests import scenes
from tracker import clock as clocks
from tracker.clinical.terms import Ending
from tracker.models import (
    Alert,
    CheckIn,
    Clinic,
    Episode,
    Erasure,
    Hold,
    IdempotencyKey,
    Measurement,
    Membership,
    MilestoneRecord,
    Occurrence,
    OutboxMessage,
    Patient,
    Protocol,
    Restriction,
    Signature,
    triggers,
)
from tracker.services import clearances, closings, episodes, measurements, milestones, restrictions, seals, triage

pytestmark = pytest.mark.django_db

APPEND_ONLY = [
    "episodefact",
    "factwithdrawal",
    "signature",
    "acknowledgement",
    "clearance",
    "hold",
    "holdrelease",
    "closing",
    "reopening",
    "checkin",
    "measurement",
    "milestonerecord",
    "milestoneevent",
    "alert",
    "alertevent",
    "auditevent",
    "auditseal",
    "erasure",
]


@pytest.fixture
def knee(clock: clocks.StoppedClock) -> Episode:
    """A knee with at least one row in every append-only table."""
    staff = scenes.clinic()
    episode = scenes.knee(staff, day=45)
    scenes.check_in(episode, pain_load=3, symptoms=["calf_sore"], note="left calf")
    fact = episodes.record_fact(episode=episode, by=staff.surgeon, kind="modifier", value="smoker", reason="told us")
    clock.advance(minutes=1)
    episodes.withdraw_fact(fact=fact, by=staff.surgeon, reason="wrong patient", second=staff.physiotherapist)
    alert = Alert.objects.get(episode=episode, code="calf_sore")
    triage.acknowledge(alert=alert, by=staff.physiotherapist, note="calling")
    triage.close(alert=alert, by=staff.physiotherapist, outcome="seen", note="scan clear")
    clearances.release(hold=Hold.objects.get(episode=episode), by=staff.surgeon, basis="scan clear")
    today = scenes.today(staff.clinic)
    clearances.decide(
        episode=episode,
        by=staff.surgeon,
        gate="G6",
        decision="cleared",
        basis="film in place",
        decided_on=today,
        second=staff.physiotherapist,
    )
    row = Restriction.objects.filter(episode=episode, superseded_by=None, starts_on__lte=today).latest("starts_on")
    restrictions.acknowledge(restriction=row, by=scenes.patient(episode))
    measurements.record(episode=episode, by=staff.physiotherapist, kind="flexion", value=Decimal(95), measured_on=today)
    milestones.reach(episode=episode, by=staff.physiotherapist, key="FLEX_90", reached_on=today)
    closings.close(episode=episode, by=staff.surgeon, outcome=Ending.MOVED)
    closings.reopen(episode=episode, by=staff.surgeon, reason="came back")
    Erasure.objects.create(patient_id=uuid4(), kind=Erasure.Kind.ERASE, reason=Erasure.Reason.ASKED, at=clock.instant)
    seals.seal(now=clock.instant)
    return episode


def run(sql: str, *params: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_append_only_means_append_only(knee: Episode, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM tracker_{table}")
        (count,) = cursor.fetchone()
        cursor.execute(f"SELECT * FROM tracker_{table} LIMIT 1")
        column = [described[0] for described in cursor.description][-1]
    assert count, "the scene lacks a row, so this test would prove nothing"
    with pytest.raises(DatabaseError, match="never edited"):
        run(f"UPDATE tracker_{table} SET {column} = {column}")
    with pytest.raises(DatabaseError, match="never deleted"):
        run(f"DELETE FROM tracker_{table}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_no_row_is_put_in_the_place_of_another(knee: Episode, table: str) -> None:
    """SQLite's REPLACE takes the old row away without asking the rule against it, unless it is told to."""
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite has REPLACE")
    with pytest.raises(DatabaseError, match=r"never deleted|already stands"):
        run(f"REPLACE INTO tracker_{table} SELECT * FROM tracker_{table}")


@pytest.mark.parametrize("table", [*APPEND_ONLY, "restriction"])
def test_no_table_is_emptied_at_once(knee: Episode, table: str) -> None:
    """TRUNCATE fires no rule of a row."""
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL has TRUNCATE")
    run("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(DatabaseError, match="never deleted"):
        run(f"TRUNCATE tracker_{table} CASCADE")


def test_every_trigger_is_named_in_a_test_of_its_own(knee: Episode) -> None:
    named = {f"tracker_{table}_no_{verb}" for table in APPEND_ONLY for verb in ("update", "delete")}
    others = {
        "tracker_restriction_only_supersede",
        "tracker_restriction_no_delete",
        "tracker_restriction_contiguous",
        "tracker_milestonerecord_one_standing",
        "tracker_protocol_approved_no_update",
        "tracker_protocol_approved_no_delete",
    }
    emptying = {f"tracker_{table}_no_truncate" for table in (*APPEND_ONLY, "restriction")}
    if connection.vendor == "postgresql":
        others |= emptying
    assert triggers.expected() == named | others
    assert triggers.missing() == set()


class TestRestrictions:
    def standing(self, episode: Episode) -> Restriction:
        return Restriction.objects.filter(episode=episode, superseded_by=None).latest("starts_on")

    @pytest.mark.parametrize("column", ["max_percent", "max_kg", "starts_on", "signature_id", "recorded_at", "ends_on"])
    def test_no_column_is_edited(self, knee: Episode, column: str) -> None:
        values = {"max_percent": 100, "max_kg": 99, "starts_on": "2020-01-01", "recorded_at": "2020-01-01 00:00:00"}
        value = values.get(column)
        with pytest.raises(DatabaseError, match="only ever superseded"):
            run(f"UPDATE tracker_restriction SET {column} = %s WHERE superseded_by_id IS NULL", value)

    def test_superseding_happens_once(self, knee: Episode) -> None:
        superseded = Restriction.objects.filter(episode=knee).exclude(superseded_by=None).first()
        assert superseded is not None
        other = Signature.objects.filter(episode=knee).exclude(pk=superseded.superseded_by_id).first()
        for value in (other, None):
            with pytest.raises(DatabaseError, match="only ever superseded"), transaction.atomic():
                Restriction.objects.filter(pk=superseded.pk).update(superseded_by=value)

    def test_none_is_deleted(self, knee: Episode) -> None:
        with pytest.raises(DatabaseError, match="never deleted"):
            run("DELETE FROM tracker_restriction")

    @pytest.mark.parametrize("days", [-3, 3], ids=["overlap", "gap"])
    def test_standing_rows_neither_overlap_nor_leave_a_gap(self, days: int, clock: clocks.StoppedClock) -> None:
        episode = scenes.knee(scenes.clinic())
        row = self.standing(episode)
        cut = row.starts_on + timedelta(days=10)
        with pytest.raises(DatabaseError), transaction.atomic():
            signature = row.signature
            Restriction.objects.filter(pk=row.pk).update(superseded_by=signature)
            self.copy(row, starts_on=row.starts_on, ends_on=cut)
            self.copy(row, starts_on=cut + timedelta(days=days), ends_on=None)
            self.check_deferred()
        assert Restriction.objects.filter(episode=episode, superseded_by=None).get() == row

    def test_a_second_open_end_is_refused(self, clock: clocks.StoppedClock) -> None:
        row = self.standing(scenes.knee(scenes.clinic()))
        with pytest.raises(DatabaseError), transaction.atomic():
            self.copy(row, starts_on=row.starts_on + timedelta(days=5), ends_on=None)
            self.check_deferred()

    def test_it_ends_after_it_starts(self, clock: clocks.StoppedClock) -> None:
        row = self.standing(scenes.knee(scenes.clinic()))
        with pytest.raises(DatabaseError), transaction.atomic():
            Restriction.objects.filter(pk=row.pk).update(superseded_by=row.signature)
            self.copy(row, starts_on=row.starts_on, ends_on=row.starts_on)

    @pytest.mark.parametrize("wrong", [{"max_percent": 101}, {"max_kg": None}, {"loading": "some"}, {"full": True}])
    def test_a_level_that_says_nothing_sure_is_refused(
        self, wrong: dict[str, object], clock: clocks.StoppedClock
    ) -> None:
        row = self.standing(scenes.knee(scenes.clinic()))
        with pytest.raises(IntegrityError), transaction.atomic():
            Restriction.objects.filter(pk=row.pk).update(superseded_by=row.signature)
            self.copy(row, ends_on=None, **wrong)

    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no deferred triggers")
    def test_the_last_row_may_not_be_superseded_by_nothing(self, clock: clocks.StoppedClock) -> None:
        row = self.standing(scenes.knee(scenes.clinic()))
        with pytest.raises(DatabaseError, match="gap"), transaction.atomic():
            Restriction.objects.filter(pk=row.pk).update(superseded_by=row.signature)
            self.check_deferred()

    def copy(self, row: Restriction, **changes: object) -> None:
        fields = {
            field.attname: getattr(row, field.attname)
            for field in Restriction._meta.concrete_fields
            if not field.primary_key
        }
        Restriction.objects.create(**fields | {"superseded_by_id": None} | changes)

    def check_deferred(self) -> None:
        """What a commit would do; a test never gets there."""
        if connection.vendor == "postgresql":
            run("SET CONSTRAINTS ALL IMMEDIATE")


class TestCheckIns:
    @pytest.mark.parametrize("score", ["pain_rest", "pain_load", "pain_worst", "pain_night"])
    @pytest.mark.parametrize("value", [-1, 11])
    def test_pain_stays_between_0_and_10(self, knee: Episode, score: str, value: int) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            self.another(knee, **{score: value})

    def test_a_client_key_makes_one_row(self, knee: Episode) -> None:
        key = knee.pk
        self.another(knee, client_key=key)
        with pytest.raises(IntegrityError), transaction.atomic():
            self.another(knee, client_key=key)

    def another(self, episode: Episode, **fields: object) -> None:
        row = CheckIn.objects.filter(episode=episode)[0]
        CheckIn.objects.create(
            episode=episode,
            date=row.date,
            entered_at=row.entered_at,
            by=row.by,
            role=row.role,
            core_version="1",
            **fields,
        )


def test_one_knee_has_one_open_episode(knee: Episode) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Episode.objects.create(
            clinic=knee.clinic,
            patient=knee.patient,
            procedure=knee.procedure,
            side=knee.side,
            surgeon=knee.surgeon,
            created_at=knee.created_at,
            created_by=knee.created_by,
        )


def test_a_user_has_one_role_in_a_clinic(knee: Episode) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=knee.surgeon, clinic=knee.clinic, role="coordinator")


def test_a_record_number_is_one_patients_in_a_clinic_but_may_be_missing(clock: clocks.StoppedClock) -> None:
    clinic = Clinic.objects.create(name="Here")
    for number in ("", "", "A1"):
        Patient.objects.create(clinic=clinic, record_number=number, birth_date=date(1970, 1, 1), time_zone="UTC")
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.create(clinic=clinic, record_number="A1", birth_date=date(1970, 1, 1), time_zone="UTC")


@pytest.mark.parametrize(("kind", "unit", "value"), [("flexion", "deg", 161), ("flexion", "cm", 90), ("mood", "", 3)])
def test_a_measurement_outside_its_kind_is_refused(knee: Episode, kind: str, unit: str, value: int) -> None:
    row = Measurement.objects.filter(episode=knee)[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Measurement.objects.create(
            episode=knee,
            kind=kind,
            unit=unit,
            value=value,
            measured_on=row.measured_on,
            entered_at=row.entered_at,
            by=row.by,
            role=row.role,
        )


def test_a_milestone_stands_once_until_it_is_withdrawn(knee: Episode) -> None:
    row = MilestoneRecord.objects.get(episode=knee, key="FLEX_90")

    def again() -> MilestoneRecord:
        return MilestoneRecord.objects.create(
            episode=knee, key=row.key, reached_on=row.reached_on, entered_at=row.entered_at, by=row.by, role=row.role
        )

    with pytest.raises(DatabaseError, match="already stands"), transaction.atomic():
        again()
    staff = scenes.clinic("Elsewhere")
    milestones.withdraw(record=row, by=staff.physiotherapist, reason="measured the other knee")
    assert again().pk


def test_the_same_alert_never_opens_twice(knee: Episode) -> None:
    alert = Alert.objects.filter(episode=knee)[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(
            episode=knee, code=alert.code, cause=alert.cause, urgency=alert.urgency, opened_at=alert.opened_at
        )


def test_a_hold_is_released_once(knee: Episode) -> None:
    release = Hold.objects.get(episode=knee).release
    with pytest.raises(IntegrityError), transaction.atomic():
        type(release).objects.create(
            hold=release.hold, released_on=release.released_on, at=release.at, by=release.by, role=release.role
        )


def test_an_approved_protocol_never_changes(knee: Episode) -> None:
    protocol = Protocol.objects.get(key="mowhto_std")
    with pytest.raises(DatabaseError, match="new version"), transaction.atomic():
        Protocol.objects.filter(pk=protocol.pk).update(body={})
    with pytest.raises(DatabaseError, match="never deleted"):
        run("DELETE FROM tracker_protocol WHERE approved_at IS NOT NULL")


def test_the_same_occurrence_and_message_never_exist_twice(knee: Episode, clock: clocks.StoppedClock) -> None:
    today = clocks.today("UTC")

    def occurrence() -> Occurrence:
        return Occurrence.objects.create(
            patient=knee.patient,
            rule="check_in",
            local_date=today,
            slot="x",
            due_at=clock.instant,
            created_at=clock.instant,
        )

    def message(of: Occurrence) -> None:
        OutboxMessage.objects.create(
            dedupe_key="one",
            patient=knee.patient,
            occurrence=of,
            kind="check_in",
            channel="email",
            due_at=clock.instant,
            created_at=clock.instant,
        )

    first = occurrence()
    message(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        occurrence()
    with pytest.raises(IntegrityError), transaction.atomic():
        message(first)


def test_an_idempotency_key_answers_once_for_a_user(knee: Episode, clock: clocks.StoppedClock) -> None:
    def keep() -> None:
        IdempotencyKey.objects.create(
            user=knee.surgeon, key=knee.pk, route="x", body_hash="x", status=200, answer={}, created_at=clock.instant
        )

    keep()
    with pytest.raises(IntegrityError), transaction.atomic():
        keep()


def test_triggers_dropped_by_a_rebuilt_table_are_noticed_and_put_back(db: None) -> None:
    with triggers.lifted():
        assert "tracker_checkin_no_delete" in triggers.missing()
    assert triggers.missing() == set()
