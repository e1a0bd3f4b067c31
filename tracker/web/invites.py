"""The way in by an invite: the link, what is agreed to, the account. A step opens only after the one before it.

Looking at the link changes nothing and makes no session, however often a mail scanner does it. Who has gone in is kept
in the session, by the invite's id alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_http_methods, require_safe

from tracker.errors import Conflict, Invalid
from tracker.models import Invite, User
from tracker.selectors import invites as selector
from tracker.services import consents, joining
from tracker.services.joining import AccountExists
from tracker.web import limits, shell
from tracker.web.birth_dates import BirthDate

Purpose = Invite.Purpose

GOING_IN = "invite"
"""In the session: the invite that somebody has gone in by, and the version that they agreed to."""


class Address(forms.Form):
    email = forms.EmailField(
        label="Your e-mail address",
        help_text="We send you a link to it. Later you sign in with it.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": "Write your e-mail address.",
            "invalid": "Write the whole address, for example robin@example.org.",
        },
    )


# --- The link -------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks for the date of birth, POST goes in. What cannot be used reads alike, whatever the reason."""
    if request.method == "POST":
        return _enter(request, token)
    found = joining.look(token=token)
    return _gone(request) if found is None else _door(request, found, BirthDate())


def _enter(request: HttpRequest, token: str) -> HttpResponse:
    limits.spend(request, "invite-open", key=token)
    found = joining.look(token=token)
    if found is None:
        return _gone(request)
    form = BirthDate(request.POST)
    if found.patient is not None and not form.is_valid():
        return _door(request, found, form, 400)
    try:
        entered = joining.enter(token=token, birth_date=form.cleaned_data["birth_date"] if found.patient else None)
    except Invalid as refusal:
        form.refuse(refusal.fields["birth_date"][0])
        return _door(request, found, form, 400)
    if entered is None:
        return _gone(request)
    request.session[GOING_IN] = {"id": str(entered.pk), "agreed": ""}
    request.session.cycle_key()
    return redirect(_first_step(entered))


def _first_step(entered: Invite) -> str:
    if entered.purpose == Purpose.STAFF:
        return "invite-confirm"
    return "invite-consent" if entered.email else "invite-address"


def _door(request: HttpRequest, found: Invite, form: BirthDate, status: int = 200) -> HttpResponse:
    context = {"invite": found, "clinic": found.clinic, "form": form, "first_name": _first_name(found)}
    return _page(request, "tracker/invites/page.html", context, status)


def _first_name(found: Invite) -> str:
    return next(iter(found.name.split()), "")


def _gone(request: HttpRequest) -> HttpResponse:
    """One page for links that are wrong, used, voided, past their time or unknown."""
    return _page(request, "tracker/invites/gone.html", {"clinic": selector.only_clinic()}, 404)


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """A page outside the frame, which no cache keeps."""
    response = shell.page(request, template, None, context, status)
    add_never_cache_headers(response)
    return response


# --- The steps ------------------------------------------------------------------------------------------------------


def _standing(request: HttpRequest) -> tuple[Invite | None, str]:
    """The invite by which this browser has gone in, while it can be used, and what was agreed to."""
    kept = request.session.get(GOING_IN)
    if not kept:
        return None, ""
    return joining.standing(invite=UUID(kept["id"])), kept["agreed"]


@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """For a printed invite: where the real one is to go, which proves that the address is theirs."""
    found, _ = _standing(request)
    if found is None or found.email:
        return _gone(request)
    form = Address(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "clinic": found.clinic}
        return _page(request, "tracker/invites/address.html", context, 400 if form.is_bound else 200)
    limits.spend(request, "invite-open", key=str(found.pk))
    mailed = joining.address(invite=found.pk, email=form.cleaned_data["email"])
    del request.session[GOING_IN]
    return _page(request, "tracker/invites/mailed.html", {"email": mailed.email, "clinic": mailed.clinic})


@require_http_methods(["GET", "HEAD", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """What patients agree to, and what helpers promise. Without a yes nothing goes on."""
    found, _ = _standing(request)
    if found is None or not found.email or found.purpose == Purpose.STAFF:
        return _gone(request)
    version = consents.CURRENT
    if request.method == "POST" and request.POST.get("agree") == version:
        request.session[GOING_IN] = {"id": str(found.pk), "agreed": version}
        return redirect("invite-confirm")
    if request.method == "POST" and request.POST.get("agree") == "no":
        del request.session[GOING_IN]
        return _page(request, "tracker/invites/declined.html", {"invite": found, "clinic": found.clinic})
    context = {
        "invite": found,
        "clinic": found.clinic,
        "first_name": _first_name(found),
        "version": version,
        "text": selector.text_of(found.purpose, version),
        "again": request.method == "POST",
    }
    return _page(request, "tracker/invites/consent.html", context, 400 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The last step: the account is made, or the one of whoever signed in with it is linked."""
    found, agreed = _standing(request)
    if found is None or not found.email:
        return _gone(request)
    if found.purpose != Purpose.STAFF and not agreed:
        return redirect("invite-consent")
    if request.method != "POST":
        return _confirm(request, found)
    try:
        user = joining.accept(
            invite=found.pk,
            user=_signed_in(request),
            consent=agreed,
            presence=request.presence,  # type: ignore[attr-defined]
        )
    except AccountExists:
        return _confirm(request, found, status=409)
    except Conflict as refusal:
        return _confirm(request, found, refusal.sentence, 409)
    return _let_in(request, user, found)


def _confirm(request: HttpRequest, found: Invite, sentence: str = "", status: int = 200) -> HttpResponse:
    user, known = _signed_in(request), selector.has_account(found.email)
    mine = user is not None and user.email.lower() == found.email.lower()
    context = {
        "invite": found,
        "clinic": found.clinic,
        "sentence": sentence,
        "mine": mine,
        "sign_in": known and not mine,
        "other": user if user is not None and not mine else None,
        "back": reverse("invite-confirm"),
    }
    return _page(request, "tracker/invites/confirm.html", context, status)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _let_in(request: HttpRequest, user: User, found: Invite) -> HttpResponse:
    """This browser is theirs now. Whoever had to sign in first has done so with more than a link."""
    request.session.pop(GOING_IN, None)
    known = _signed_in(request)
    if known is None or known.pk != user.pk:
        if known is not None:
            get_adapter().logout(request)
        record_authentication(request, user, method="invite")
        get_adapter().login(request, user)
        if found.purpose != Purpose.STAFF:
            return redirect("invite-ways")
    return redirect("mfa_index" if found.purpose == Purpose.STAFF else "home")


@require_safe
@login_required
def ways(request: HttpRequest) -> HttpResponse:
    """How they sign in the next time: a passkey, a password, or a code by e-mail."""
    return _page(request, "tracker/invites/ways.html", {"email": request.user.email})  # type: ignore[union-attr]
