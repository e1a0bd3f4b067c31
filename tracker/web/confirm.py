"""Confirming that it is you: before weighty acts, after a while without doing anything. What was typed waits."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import authentication_step_completed
from allauth.account.views import BaseReauthenticateView
from allauth.core import context, ratelimit
from allauth.core.internal.httpkit import serialize_request
from django import forms
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.utils.http import urlencode

from tracker import access, clock
from tracker.errors import StepUp
from tracker.models import User
from tracker.services import sessions
from tracker.services.sessions import FORM, FORM_SINCE

CODE = "confirm_code"
CODE_SECONDS = 600
CODE_TRIES = 3

CREDENTIALS = frozenset(
    {
        *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_edit_webauthn", "mfa_remove_webauthn"),
        *("mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes"),
        *("account_email", "account_change_password", "account_set_password"),
    }
)
"""Pages of allauth that change how somebody signs in. Also whoever has neither password nor passkey confirms there."""


def suspend(request: HttpRequest, to: str = "") -> HttpResponse:
    """To the page that asks who it is, which then does what was asked for; a form that was sent waits in the session."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    target = to or (methods[0]["url"] if methods else reverse("account_login"))
    back = request.get_full_path()
    if request.method == "POST":
        request.session[FORM] = {"request": serialize_request(request)}
        request.session[FORM_SINCE] = clock.now().timestamp()
        back = request.path  # allauth goes on with the form only where both agree; the query waits with the form
    return redirect(f"{target}?{urlencode({'next': back})}")


def confirmed(request: HttpRequest) -> User:
    """Whoever asks, if they have just shown who they are: for what changes how they, or their programs, come in."""
    user = access.signed_in(request.user)
    if user.presence is not None and not user.presence.fresh:
        raise StepUp
    return user


def drop_old_form(request: HttpRequest) -> None:
    """A form that waited too long is not sent any more, and nothing of it is kept."""
    if FORM not in request.session:
        request.session.pop(FORM_SINCE, None) if FORM_SINCE in request.session else None
    elif FORM_SINCE not in request.session:
        request.session[FORM_SINCE] = clock.now().timestamp()
    elif sessions.waited_too_long(request.session[FORM_SINCE], clock.now()):
        del request.session[FORM], request.session[FORM_SINCE]


class Confirmations:
    """For the account adapter: how somebody may confirm, and how lately they must have."""

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """A passkey first, then an app, then the password; a mailed code for whoever has none of them."""
        methods = super().get_reauthentication_methods(user)  # type: ignore[misc]
        words = {"reauthenticate": "Use your password", "mfa_reauthenticate": "Use a code from your app"}
        for method in methods:
            method["description"] = words.get(method["id"], "Use your passkey")
        code = {"id": "code", "description": "Use a code by e-mail", "url": reverse("confirm-code")}
        return list(reversed(methods)) or ([code] if user.is_authenticated else [])

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """Whoever has just signed in need not confirm it."""
        presence = getattr(context.request.user, "presence", None)
        return presence is None or not presence.fresh


class CodeForm(forms.Form):
    """The code from the mail."""

    code = forms.CharField(
        label="Code from the e-mail",
        max_length=20,
        error_messages={"required": "Enter the code from the e-mail."},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_code(self) -> str:
        waiting = self.request.session.get(CODE)
        if waiting is None or not _in_time(waiting):
            raise forms.ValidationError("This code is too old. Ask for a new one.")
        given = _plain(self.cleaned_data["code"])
        if not constant_time_compare(given, _plain(waiting["code"])):
            self.request.session[CODE] = {**waiting, "tries": waiting["tries"] + 1}
            raise forms.ValidationError("This is not the code. Look at the newest e-mail.")
        return given


def _in_time(waiting: dict[str, Any]) -> bool:
    return waiting["tries"] < CODE_TRIES and clock.now().timestamp() - float(waiting["at"]) < CODE_SECONDS


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").upper()


@method_decorator(login_required, name="dispatch")
class ConfirmByCode(BaseReauthenticateView):
    """For whoever has neither password nor passkey: a fresh code to their own address."""

    form_class = CodeForm
    template_name = "mfa/confirm_code.html"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(sent=CODE in self.request.session, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "send" in request.POST:
            return self._send(request)
        return super().post(request, *args, **kwargs)

    def _send(self, request: HttpRequest) -> HttpResponseBase:
        too_many = ratelimit.consume_or_429(request, action="confirm_code", user=request.user)
        if too_many:
            return too_many
        user, code = access.signed_in(request.user), get_adapter().generate_login_code()
        request.session[CODE] = {"code": code, "at": clock.now().timestamp(), "tries": 0}
        get_adapter().send_mail("account/email/login_code", user.email, {"code": code, "request": request})
        return redirect(self.passthrough_next_url(request.path))

    def form_valid(self, form: CodeForm) -> HttpResponse:
        del self.request.session[CODE]
        record_authentication(self.request, self.request.user, "code", reauthenticated=True)
        return super().form_valid(form)


@receiver(authentication_step_completed)
def under_a_new_key(request: HttpRequest, **said: Any) -> None:
    """A confirmed session goes on under a new key: one that somebody else may know is worth nothing any more."""
    if said.get("reauthenticated") and request.session.session_key:
        old = request.session.session_key
        request.session.cycle_key()
        sessions.moved(old=old, new=request.session.session_key)
