"""What Django's `check` asks of this product's own settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning
from django.core.checks import register as register_check


def register() -> None:
    """Add the checks; the ones about running for real clinics only speak under `check --deploy`."""
    register_check(broker_is_shared, Tags.compatibility, deploy=True)
    register_check(mail_leaves_the_machine, Tags.compatibility, deploy=True)
    register_check(data_directory_is_writable, Tags.files)


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


def mail_leaves_the_machine(**_: Any) -> list[CheckMessage]:
    if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        return []
    return [
        Warning(
            "E-mail is not sent: nobody would be told of an urgent alert.",
            hint="Set EMAIL_URL, for example smtp+tls://user:password@host:587.",
            id="tracker.W001",
        )
    ]


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
