"""What Django's `check` asks of this product's own settings and database, and what it puts right after a migration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate

from tracker.models import User, triggers, walls
from tracker.services import protocols


@register(Tags.compatibility, deploy=True)
def broker_is_shared(**_: Any) -> list[CheckMessage]:
    if not settings.CELERY_BROKER_URL.startswith("memory:"):
        return []
    return [
        Error(
            "No broker: workers would never hear of a reminder or an urgent alert.",
            hint="Set CELERY_BROKER_URL, for example amqp://user:password@host/ or redis://host/0.",
            id="tracker.E001",
        )
    ]


@register(Tags.compatibility, deploy=True)
def mail_leaves_the_machine(**_: Any) -> list[CheckMessage]:
    if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") or settings.EMAIL_BACKEND.startswith("anymail."):
        return []
    return [
        checks.Warning(
            "E-mail is not sent: nobody would be told of an urgent alert.",
            hint="Set EMAIL_URL, for example smtp+tls://user:password@host:587, or MAIL_PROVIDER.",
            id="tracker.W001",
        )
    ]


@register(Tags.files)
def data_directory_is_writable(**_: Any) -> list[CheckMessage]:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [
            Error(
                f"The data directory {settings.DATA_DIR} cannot be made: {error.strerror}.",
                hint="Set RECOVERY_DATA to a directory that this program may write to.",
                id="tracker.E002",
            )
        ]
    return []


def put_rules_in_place(using: str, **_: Any) -> None:
    """The triggers again, since SQLite drops them when a migration rebuilds a table; the shipped protocols; the table
    of the counts of tries, where they stand in the database."""
    triggers.install(connections[using])
    protocols.ship()
    call_command("createcachetable", database=using, verbosity=0)


@register(Tags.database)
def database_rules_stand(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """A warning, not an error: an error would keep `migrate`, the remedy, from running."""
    migrated = [connections[alias] for alias in databases or [] if has_tables(alias)]
    gone = sorted(name for database in migrated for name in triggers.missing(database))
    if not gone:
        return []
    return [
        checks.Warning(
            f"The database lacks rules that keep the record safe: {', '.join(gone)}.",
            hint="Run: python3 manage.py migrate",
            id="tracker.W002",
        )
    ]


@register(Tags.database)
def walls_stand(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """The second net behind the program's own: the product works without, so this only warns."""
    migrated = [connections[alias] for alias in databases or [] if has_tables(alias)]
    gone = {name for database in migrated for name in walls.missing(database)}
    if walls.ROLE in gone:
        login = migrated[0].settings_dict["USER"]
        return [
            checks.Warning(
                "The database does not keep clinics apart by itself: the role recovery_web is missing, or may not be used.",
                hint=f"Ask the administrator of PostgreSQL to run: CREATE ROLE recovery_web NOLOGIN; "
                f'GRANT recovery_web TO "{login}"; Then run: python3 manage.py migrate',
                id="tracker.W003",
            )
        ]
    if not gone:
        return []
    return [
        checks.Warning(
            f"The database does not keep clinics apart by itself in: {', '.join(sorted(gone))}.",
            hint="Run: python3 manage.py migrate",
            id="tracker.W004",
        )
    ]


def has_tables(alias: str) -> bool:
    return User._meta.db_table in connections[alias].introspection.table_names()


post_migrate.connect(put_rules_in_place, sender=apps.get_app_config("tracker"))
