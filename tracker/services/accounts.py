"""Who may sign in, and keys for programs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from django.db.models import Q

from tracker import clock
from tracker.models import ApiToken, Clinic, Patient, User
from tracker.models.accounts import every_scope


def create_user(*, email: str, name: str, password: str | None = None) -> User:
    """Somebody new, who cannot sign in before they have a password."""
    return User.objects.create_user(email, password, name=name)


def user_of_email(email: str) -> User | None:
    return User.objects.filter(email__iexact=email).first()


def set_password(*, user: User, password: str) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])


def give_access(*, patient: Patient, user: User) -> None:
    """Lets somebody sign in as this patient."""
    patient.user = user
    patient.save(update_fields=["user"])


def issue_token(
    *, user: User, name: str, scopes: Collection[str] = (), clinic: Clinic | None = None, days: int | None = None
) -> tuple[ApiToken, str]:
    """A new bearer token and its secret, which is shown once and kept nowhere.

    It acts in `clinic` for staff, within `scopes` (all when none is named), for `days` days, or without end.
    """
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    token = ApiToken.objects.create(
        user=user,
        clinic=clinic or _only_clinic(user),
        name=name,
        hash=_hash(secret),
        scopes=sorted(scopes) or every_scope(),
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return token, secret


def _only_clinic(user: User) -> Clinic | None:
    memberships = list(user.memberships.select_related("clinic")[:2])
    return memberships[0].clinic if len(memberships) == 1 else None


def revoke_token(*, token: ApiToken) -> None:
    """Ends a token at once. Safe to repeat."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now())


def standing_token(secret: str) -> ApiToken | None:
    """The token; None when it is unknown, revoked, expired, or its person may no longer sign in."""
    rows = ApiToken.objects.select_related("user").filter(hash=_hash(secret), revoked_at=None, user__is_active=True)
    token = rows.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now())).first()
    if token is not None and token.last_used_on != clock.now().date():
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=clock.now().date())
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
