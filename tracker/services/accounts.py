"""Who may sign in, and keys for programs."""

from __future__ import annotations

import hashlib
import secrets

from tracker import clock
from tracker.models import ApiToken, Patient, User


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


def issue_token(*, user: User, name: str) -> tuple[ApiToken, str]:
    """A new bearer token and its secret, which is shown once and kept nowhere."""
    secret = secrets.token_urlsafe(32)
    token = ApiToken.objects.create(user=user, name=name, hash=_hash(secret), created_at=clock.now())
    return token, secret


def revoke_token(*, token: ApiToken) -> None:
    """Ends a token at once. Safe to repeat."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now())


def user_of_token(secret: str) -> User | None:
    """Whose token this is; nobody's when it is unknown, revoked, or the person may no longer sign in."""
    token = (
        ApiToken.objects.select_related("user")
        .filter(hash=_hash(secret), revoked_at=None, user__is_active=True)
        .first()
    )
    return None if token is None else token.user


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
