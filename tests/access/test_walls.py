"""The second net: with every filter of the program off, PostgreSQL still shows nobody a stranger's rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, time
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Model
from django.test import Client

from tests import scenes
from tests.access.bodies import CHECK_IN
from tests.access.world import _knee
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.api import today as today_of_the_api
from tracker.models import Clinic, Episode, IdempotencyKey, Patient, Presence, User, walls
from tracker.selectors import worklist
from tracker.services import accounts

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no row-level security")

GUARDED = [model for model in apps.get_app_config("tracker").get_models() if model._meta.db_table in walls.guarded()]


@pytest.fixture
def home(db: None, clock: product_clock.StoppedClock) -> Staff:
    return scenes.clinic("Banksia Road Clinic")


@pytest.fixture
def far(home: Staff) -> Staff:
    return scenes.clinic("Ocelot Street Clinic")


@contextmanager
def eyes_of(user: User, clinic: Clinic | None = None) -> Iterator[None]:
    presence = Presence(at=product_clock.now(), clinic_id=clinic.pk if clinic else None, second_factor=True, walls=True)
    walls.stand(user, presence)
    try:
        yield
    finally:
        walls.fall()


def seen(model: type[Model]) -> set[Any]:
    """Everything that one statement without any filter gives."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {model._meta.pk.column} FROM {model._meta.db_table}")
        return {key for (key,) in cursor.fetchall()}


# --- A row of everything --------------------------------------------------------------------------------------------


class Filler:
    """One row in each guarded table for one knee, whatever the columns: so a new table is covered as it comes."""

    def __init__(self, knee: Episode) -> None:
        self.knee, self.rows = knee, {Episode: knee, Patient: knee.patient, Clinic: knee.clinic}

    def row(self, model: type[Model]) -> Any:
        if model not in self.rows:
            found = next(iter(self._own(model)), None)
            self.rows[model] = found or self._made(model)
        return self.rows[model]

    def _own(self, model: type[Model]) -> Any:
        for field in model._meta.fields:
            if field.related_model in (Episode, Patient):
                return model._default_manager.filter(**{field.name: self.rows[field.related_model]})[:1]
        return []

    def _made(self, model: type[Model]) -> Any:
        values = {field.attname: self._value(field) for field in model._meta.fields if self._needed(field)}
        made = model(**values)
        made.save(force_insert=True)
        return made

    def _needed(self, field: Any) -> bool:
        if field.name == "by":
            return True
        if field.related_model in GUARDED:
            return not field.null or field.related_model in (Episode, Patient)
        return not (field.null or field.has_default() or field.blank or isinstance(field, models.AutoField))

    def _value(self, field: Any) -> Any:
        if field.related_model is User:
            return self.knee.patient.user_id
        if field.name == "to_clinic":
            return Clinic.objects.create(name=f"A third clinic {uuid4().hex}", phone="1").pk
        if field.is_relation:
            return self.row(field.related_model).pk
        if field.name == "patient_id":
            return self.knee.patient_id
        return self._plain(field)

    def _plain(self, field: Any) -> Any:
        if field.choices:
            return field.choices[0][0]
        kinds: list[tuple[type, Any]] = [
            (models.DateTimeField, product_clock.now()),
            (models.DateField, date(2026, 6, 15)),
            (models.TimeField, time(9)),
            (models.UUIDField, uuid4()),
            (models.JSONField, {}),
            (models.TextField, "x"),
            (models.CharField, uuid4().hex[: field.max_length or 8]),
            (models.IntegerField, 1),
            (models.DecimalField, 1),
            (models.BooleanField, False),
        ]
        return next(value for kind, value in kinds if isinstance(field, kind))


def filled(knee: Episode) -> dict[type[Model], Any]:
    filler = Filler(knee)
    with transaction.atomic():
        return {model: filler.row(model).pk for model in GUARDED}


# --- What the walls keep apart ---------------------------------------------------------------------------------------


def test_every_table_with_a_patients_data_has_its_wall(db: None) -> None:
    assert len(GUARDED) >= 30
    assert walls.missing() == set()


def test_a_table_without_its_wall_is_named(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP POLICY tracker_wall ON tracker_checkin")
    assert walls.missing() == {"tracker_checkin"}


def test_staff_see_their_own_clinics_rows_of_every_table_and_none_of_another(home: Staff, far: Staff) -> None:
    ours, theirs = filled(_knee(home, "owner")), filled(_knee(far, "far"))
    with eyes_of(home.physiotherapist.user, home.clinic):
        found = {model: seen(model) for model in GUARDED}
    assert [model.__name__ for model in GUARDED if theirs[model] in found[model]] == []
    assert [model.__name__ for model in GUARDED if ours[model] not in found[model]] in ([], ["IdempotencyKey"])


def test_a_patient_sees_their_own_rows_of_every_table_and_none_of_another_patient(home: Staff) -> None:
    knee = _knee(home, "owner")
    own, others = filled(knee), filled(_knee(home, "mate"))
    with eyes_of(scenes.patient(knee).user):
        found = {model: seen(model) for model in GUARDED}
    assert [model.__name__ for model in GUARDED if others[model] in found[model]] == []
    assert [model.__name__ for model in GUARDED if own[model] not in found[model]] == []


def test_whoever_works_elsewhere_now_or_left_sees_nothing(home: Staff, far: Staff) -> None:
    scenes.knee(home)
    user = home.surgeon.user
    with eyes_of(user, far.clinic):
        assert seen(Episode) == set()
    user.memberships.all().delete()
    with eyes_of(user, home.clinic):
        assert seen(Episode) == set()


def test_nothing_can_be_moved_or_written_beyond_the_walls(home: Staff, far: Staff) -> None:
    ours, theirs = scenes.knee(home), scenes.knee(far)
    with eyes_of(home.surgeon.user, home.clinic):
        assert Episode.objects.filter(pk=theirs.pk).update(plate="ours") == 0
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            Episode.objects.filter(pk=ours.pk).update(clinic=far.clinic, patient=theirs.patient)


def test_one_named_act_may_step_outside_and_comes_back(home: Staff, far: Staff) -> None:
    theirs = scenes.knee(far)
    with eyes_of(home.surgeon.user, home.clinic):
        with walls.outside(walls.Why.TRANSFER):
            assert theirs.pk in seen(Episode)
        assert theirs.pk not in seen(Episode)
        with pytest.raises(DatabaseError), transaction.atomic(), walls.outside(walls.Why.TRANSFER):
            raw("SELECT 1 / 0")
        assert theirs.pk not in seen(Episode)


def raw(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


# --- Requests ----------------------------------------------------------------------------------------------------------


def test_a_page_and_a_program_ask_behind_the_walls_and_leave_nothing_standing(home: Staff, client: Client) -> None:
    knee = scenes.knee(home)
    asked: list[str] = []

    def noting(original: Any) -> Any:
        def with_a_note(*args: Any, **options: Any) -> Any:
            asked.append(raw("SELECT current_user"))
            return original(*args, **options)

        return with_a_note

    client.force_login(home.physiotherapist.user)
    _, secret = accounts.issue_token(user=scenes.patient(knee).user, name="phone")
    with (
        patch.object(worklist, "worklist", noting(worklist.worklist)),
        patch.object(today_of_the_api.access, "episode_for", noting(today_of_the_api.access.episode_for)),
    ):
        assert client.get("/worklist/").status_code == 200
        headers = {"Authorization": f"Bearer {secret}"}
        assert Client(headers=headers).get(f"/api/v1/episodes/{knee.pk}/today/").status_code == 200
    assert asked == [walls.ROLE, walls.ROLE]
    assert raw("SELECT current_user") != walls.ROLE


def test_what_fails_leaves_no_role_behind(home: Staff, client: Client) -> None:
    client.force_login(home.physiotherapist.user)
    client.raise_request_exception = False
    with patch.object(worklist, "worklist", _fails):
        assert client.get("/worklist/").status_code == 500
    assert raw("SELECT current_user") != walls.ROLE


def _fails(*_: Any, **__: Any) -> None:
    raise RuntimeError


def test_a_connection_in_an_aborted_transaction_is_given_up(committed: None, clock: product_clock.StoppedClock) -> None:
    staff = scenes.clinic()
    walls.stand(staff.surgeon.user, Presence(at=product_clock.now(), clinic_id=staff.clinic.pk, walls=True))
    connection.ensure_connection()
    connection.set_autocommit(False)
    with pytest.raises(DatabaseError):
        raw("SELECT 1 / 0")
    walls.fall()
    assert connection.connection is None
    assert raw("SELECT current_user") != walls.ROLE


def test_who_has_not_signed_in_and_what_runs_by_itself_keep_the_login_role(home: Staff, client: Client) -> None:
    knee = scenes.knee(home)
    assert client.get("/accounts/login/").status_code == 200
    assert raw("SELECT current_user") != walls.ROLE
    assert scenes.check_in(knee) is not None


def test_a_repeated_check_in_gets_its_first_answer(home: Staff, client: Client) -> None:
    """The kept answer is the visitor's own, so that it stands within the walls."""
    knee = scenes.knee(home)
    client.force_login(scenes.patient(knee).user)
    key = {"Idempotency-Key": str(UUID(int=7))}
    where = f"/api/v1/episodes/{knee.pk}/check-ins/"
    first, again = (
        client.post(where, json.dumps(CHECK_IN), content_type="application/json", headers=key) for _ in range(2)
    )
    assert first.json() == again.json()
    assert IdempotencyKey.objects.count() == 1


def test_a_patients_own_copy_names_who_opened_a_list_that_showed_them(home: Staff, client: Client) -> None:
    knee, reader = scenes.knee(home), Client()
    reader.force_login(home.physiotherapist.user)
    assert reader.get("/worklist/?need=all").status_code == 200
    client.force_login(scenes.patient(knee).user)
    copy = json.loads(client.get("/settings/record/file/json/").content)
    assert ("Jo Mbeki", "worklist") in [(line["who"], line["page"]) for line in copy["looked"]]
