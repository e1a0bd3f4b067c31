"""What this product does differently from django-allauth's defaults."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress, EmailConfirmation
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from tracker import clock
from tracker.models import User
from tracker.services import account_mail, addresses
from tracker.web import browsers, sign_in_trail, tries
from tracker.web.confirm import Confirmations

NOWHERE = "0.0.0.0"  # noqa: S104 - stands for an address that nobody told us


class Accounts(Confirmations, DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is closed. Call your clinic.",
        "cannot_remove_primary_email": "This is the address that you sign in with. Choose another one first.",
        "duplicate_email": "This is your address already.",
        "email_password_mismatch": "This e-mail and password do not fit together. Check both, then try again.",
        "enter_current_password": "This is not your password. Check it, then try again.",
        "incorrect_code": "This is not the code. Look at the newest e-mail, then try again.",
        "incorrect_password": "This is not your password. Check it, then try again.",
        "invalid_password_reset": "This link works no more. Ask for a new one.",
        "rate_limited": "That was too often. Wait a few minutes, then try again.",
        "too_many_login_attempts": "That was too often. Wait a few minutes, then ask for a new code.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers: everybody is invited."""
        return False

    # --- Who comes, and from where

    def get_client_ip(self, request: HttpRequest) -> str:
        """Whoever asked; recovery.proxies has taken away what anybody else may have written about it."""
        return request.META.get("REMOTE_ADDR") or NOWHERE

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        self.taken = tries.take(request, credentials.get("email", ""))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back(self.taken)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        sign_in_trail.wrong_password(request, credentials.get("email", ""))

    def login(self, request: HttpRequest, user: User) -> None:
        """Every way in leads through here. Whoever comes with a browser not seen before is told so by mail."""
        first, unseen = user.last_login is None, not browsers.known(request, user.email)
        super().login(request, user)
        sign_in_trail.signed_in(request, user)
        browsers.came_in(request, user)
        if unseen and not first:
            self.send_notification_mail("account/email/new_browser", user)

    def logout(self, request: HttpRequest) -> None:
        sign_in_trail.signed_out(request)
        super().logout(request)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """An address with an account stays that account's, whoever presses the link."""
        if not addresses.is_anothers(email_address):
            return bool(super().confirm_email(request, email_address))
        failed = "account/messages/email_confirmation_failed.txt"
        self.add_message(request, messages.ERROR, failed, {"email": email_address.email})
        return False

    def can_delete_email(self, email_address: EmailAddress) -> bool:
        """Never the one that they sign in with."""
        return email_address.email != email_address.user.email and super().can_delete_email(email_address)

    # --- Mail: plain words, links to the address that this installation was given, and in its own time

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        told = {"site_url": settings.SITE_URL, "email": email, **context}
        subject = render_to_string(f"{template_prefix}_subject.txt", told)
        text = render_to_string(f"{template_prefix}_message.txt", told)
        account_mail.send(to=email, subject=" ".join(subject.split()), text=text.strip() + "\n")

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        self.send_mail(template_prefix, email or user.email, {"timestamp": clock.now(), **(context or {})})

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def get_reset_password_from_key_url(self, key: str) -> str:
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.SITE_URL + path.replace("UID-KEY", quote(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])
