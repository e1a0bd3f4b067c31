"""What the trail keeps of passkeys, authenticator apps and recovery codes, which allauth keeps themselves."""

from __future__ import annotations

import logging

from allauth.mfa.models import Authenticator
from django.db import transaction

from tracker.models import User
from tracker.services import audit

COUNT = "sign_count"
"""In an authenticator's own data: how often the passkey says that it has signed."""

logger = logging.getLogger(__name__)


def note(*, user: User, action: str, authenticator: Authenticator, refused: bool = False) -> None:
    """One line about a second factor: its kind and number, never what it holds."""
    audit.note_of_user(user, action, refused=refused, kind=str(authenticator.type), key=str(authenticator.pk or ""))


def passkeys(user: User) -> list[Authenticator]:
    return list(Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN))


def has_app(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def any_left(user: User) -> bool:
    """Whether somebody still has a passkey or an authenticator app; recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.RECOVERY_CODES).exists())


@transaction.atomic
def signed(*, user: User, authenticator: Authenticator, count: int) -> bool:
    """Keeps how often a passkey has signed. False, and a line in the trail, when it says less than before: a copy."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    before = row.data.get(COUNT, row.wrap().authenticator_data.counter)
    row.data[COUNT] = max(count, before)
    row.save(update_fields=["data"])
    if count > before or count == before == 0:  # most phones always say 0
        return True
    logger.warning("The passkey %s counts %s after %s: it may have been copied", row.pk, count, before)
    note(user=user, action="passkey_count_dropped", authenticator=row, refused=True)
    return False
