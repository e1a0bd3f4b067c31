"""What this product does differently from django-allauth's defaults."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers: everybody is invited."""
        return False


class SecondFactors(DefaultMFAAdapter):
    """Passkeys and authenticator apps."""
