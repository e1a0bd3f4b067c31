"""The address that somebody signs in with, as django-allauth keeps it beside the user."""

from __future__ import annotations

from allauth.account.models import EmailAddress

from tracker.models import User


def is_anothers(address: EmailAddress) -> bool:
    """Whether somebody else signs in with it, also one whose account allauth keeps no address of."""
    return User.objects.filter(email__iexact=address.email).exclude(pk=address.user_id).exists()


def hold(user: User) -> None:
    """Makes sure that it counts as theirs: else asking for another would take it away before the other is confirmed."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
