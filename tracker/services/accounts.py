"""Who may sign in, and keys for programs."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from tracker import clock
from tracker.clinical.terms import Role
from tracker.errors import Forbidden, NotFound
from tracker.models import Actor, ApiToken, Clinic, Patient, User
from tracker.models.accounts import every_scope
from tracker.services import audit, sessions


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


@transaction.atomic
def deactivate(*, by: User, user: User) -> None:
    """Somebody who may sign in no longer: what they have open, and their programs, end with the next request."""
    if by.pk == user.pk:
        raise Forbidden("Nobody ends their own account. Ask a colleague.")
    User.objects.filter(pk=user.pk).update(is_active=False)
    user.is_active = False
    audit.note_of_user(by, "account_deactivated", of=str(user.pk))
    sessions.end_all(user=user, by=by)


@transaction.atomic
def reset_second_factors(*, by: Actor, user: User) -> None:
    """Takes every passkey, authenticator app and recovery code from a colleague who has lost theirs.

    Only after seeing them in person. They set up a new one before the next patient is shown to them.
    """
    if by.user.pk == user.pk:
        raise Forbidden("Nobody resets their own second factor. Ask another coordinator.")
    if by.role is not Role.COORDINATOR:
        raise Forbidden
    if not user.memberships.filter(clinic=by.clinic).exists():
        raise NotFound
    Authenticator.objects.filter(user=user).delete()
    audit.note_of_user(by.user, "second_factors_reset", clinic=by.clinic, of=str(user.pk))
    sessions.end_all(user=user, tokens=False, by=by.user)
    transaction.on_commit(lambda: tell(user, "mfa/email/second_factors_reset"))


def tell(user: User, mail: str) -> None:
    """A mail about a change of how they, or their programs, come in."""
    get_adapter().send_notification_mail(mail, user, email=user.email)


@transaction.atomic
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
    audit.note_of_user(user, "token_made", clinic=token.clinic, token=str(token.pk), scopes=" ".join(token.scopes))
    transaction.on_commit(lambda: tell(user, "tracker/account/email/token_made"))
    return token, secret


def _only_clinic(user: User) -> Clinic | None:
    memberships = list(user.memberships.select_related("clinic")[:2])
    return memberships[0].clinic if len(memberships) == 1 else None


@transaction.atomic
def revoke_token(*, token: ApiToken) -> None:
    """Ends a token at once. Safe to repeat."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        audit.note_of_user(token.user, "token_ended", clinic=token.clinic, token=str(token.pk))
        transaction.on_commit(lambda: tell(token.user, "tracker/account/email/token_ended"))


def standing_token(secret: str) -> ApiToken | None:
    """The token; None when it is unknown, revoked, expired, or its person may no longer sign in."""
    rows = ApiToken.objects.select_related("user").filter(hash=_hash(secret), revoked_at=None, user__is_active=True)
    token = rows.filter(Q(expires_at=None) | Q(expires_at__gt=clock.now())).first()
    if token is not None and token.last_used_on != clock.now().date():
        ApiToken.objects.filter(pk=token.pk).update(last_used_on=clock.now().date())
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
