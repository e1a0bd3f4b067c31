"""The second net behind `tracker.access`: on PostgreSQL the database itself shows a visitor only what is theirs.

Once a request knows its visitor, its statements run as ROLE, whose rows the policies of sql/postgresql.sql choose by
what `stand` says in the session: the clinic where they act, the patients they are or care for, a record opened in an
emergency. Commands, tasks and visitors who have not signed in keep the login role. On SQLite there is no such net.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum

from django.apps import apps
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.dispatch import receiver

from tracker.models.accounts import User
from tracker.models.presence import Presence

ROLE = "recovery_web"

# One statement, planned and run as the login role, and the role comes last. Where ROLE is not there, or may not be taken
# on, the role stays what it is, and the system check tells the administrator.
_STAND = """
SELECT
  set_config('recovery.visitor', %(user)s::text, false),
  set_config('recovery.clinics', coalesce((
    SELECT array_agg(clinic_id)::text FROM tracker_membership
    WHERE user_id = %(user)s::uuid AND clinic_id = %(clinic)s::uuid), '{}'), false),
  set_config('recovery.patients', coalesce((
    SELECT array_agg(id)::text FROM (
      SELECT id FROM tracker_patient WHERE user_id = %(user)s::uuid AND erased_at IS NULL
      UNION ALL
      SELECT patient_id FROM tracker_caregiverlink
      WHERE user_id = %(user)s::uuid AND ended_at IS NULL AND expires_at > %(at)s::timestamptz
        AND %(clinic)s::uuid IS NULL) AS known), '{}'), false),
  set_config('recovery.episodes', coalesce((
    SELECT array_agg(episode_id)::text FROM tracker_emergencyaccess
    WHERE user_id = %(user)s::uuid AND clinic_id = %(clinic)s::uuid AND ended_at IS NULL
      AND expires_at > %(at)s::timestamptz), '{}'), false),
  set_config('role', coalesce((
    SELECT rolname FROM pg_roles WHERE rolname = 'recovery_web' AND pg_has_role(current_user, oid, 'member')),
    'none'), false)
"""


class Why(StrEnum):
    """What a visitor's request may do outside of the walls: each is a rule of its own, checked before."""

    ENGINE = "How the sending of messages does, counted over all clinics"
    LINK = "What a signed link in a letter is about, whoever is signed in where it is opened"
    TRANSFER = "A record that its clinic has offered to this one"
    EMERGENCY = "Finding and opening one record of another clinic, with a reason, announced"
    INVITE = "An invite by its secret, and what it opens"
    SEAL = "The chain of the trail"
    LOOKED = "The lists on which a patient stood, told to that patient"
    TOLD = "Telling the people of another clinic"


def stand(user: User, presence: Presence) -> None:
    """From now until `fall`, this request sees through the visitor's eyes. The doors ask how they signed in."""
    if connection.vendor != "postgresql" or not presence.walls:
        return
    fall()
    clinic = presence.clinic_id
    asked: dict[str, object] = {"user": str(user.pk), "clinic": str(clinic) if clinic else None, "at": presence.at}
    _say(_STAND, asked)
    _now_stand(asked)


def fall() -> None:
    """Back to the login role; a connection on which that fails is given up, since the next request would inherit it."""
    if _standing() is None:
        return
    _now_stand(None)
    try:
        _take("none")
    except DatabaseError:
        if not connection.in_atomic_block:  # else whoever undoes the transaction undoes the role with it
            connection.close()


@contextmanager
def outside(why: Why) -> Iterator[None]:
    """Steps outside of the walls for one named act that crosses them. Keep it short, and check first."""
    asked = _standing()
    if asked is None:
        yield
        return
    _now_stand(None)
    _take("none")
    try:
        yield
    finally:
        _now_stand(asked)
        # In an aborted transaction nothing can be said; undoing it brings the role back too.
        with suppress(DatabaseError):
            _take(ROLE)


def _take(role: str) -> None:
    _say("RESET ROLE" if role == "none" else f"SET ROLE {role}")


def _say(statement: str, asked: dict[str, object] | None = None, to: BaseDatabaseWrapper = connection) -> None:
    """Past Django's own cursor: it is no query of the page, and counts for none."""
    to.ensure_connection()
    with to.wrap_database_errors:
        to.connection.execute(statement, asked)


def _standing() -> dict[str, object] | None:
    return getattr(connection, "walls", None)


def _now_stand(asked: dict[str, object] | None) -> None:
    connection.walls = asked  # type: ignore[attr-defined]


@receiver(connection_created)
def stand_again(connection: BaseDatabaseWrapper, **_: object) -> None:
    """A connection that was lost in the middle of a request comes back without its role."""
    asked = getattr(connection, "walls", None)
    if asked is not None:
        _say(_STAND, asked, connection)


def guarded() -> set[str]:
    """Every table with a patient's data: what hangs on a patient or a knee, however far down, and repeated answers."""
    models = set(apps.get_app_config("tracker").get_models())
    found = {model for model in models if model.__name__ in {"Patient", "Episode", "Erasure", "IdempotencyKey"}}
    while grown := {model for model in models - found if any(f.related_model in found for f in model._meta.fields)}:
        found |= grown
    return {model._meta.db_table for model in found}


def missing(database: BaseDatabaseWrapper = connection) -> set[str]:
    """What an administrator must put right: the role, or tables without a wall. Nothing on SQLite."""
    if database.vendor != "postgresql":
        return set()
    with database.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s AND pg_has_role(current_user, oid, 'member')", [ROLE])
        if cursor.fetchone() is None:
            return {ROLE}
        cursor.execute(
            "SELECT relname FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid"
            " WHERE polname = 'tracker_wall' AND relrowsecurity AND relnamespace = current_schema()::regnamespace"
        )
        return guarded() - {name for (name,) in cursor.fetchall()}
