"""One's own account: ways to sign in, browsers that are signed in, programs with a key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access, clock
from tracker.models import Actor
from tracker.selectors import tokens
from tracker.services import second_factors, sessions
from tracker.web import shell
from tracker.web.token_form import TokenForm

NAMES = (
    *(("Edg/", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Firefox/", "Firefox")),
    *(("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"), ("Safari/", "Safari")),
)
SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows")),
    *(("Mac OS X", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux")),
)


@dataclass(frozen=True, slots=True)
class Browser:
    """One that is signed in, in words that its owner knows it by."""

    id: int
    name: str
    address: str
    since: datetime
    this: bool


@require_http_methods(["GET", "HEAD"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    return page(request, access.actor(request.user))


@require_POST
@login_required
def end_browser(request: HttpRequest) -> HttpResponse:
    """Signs out one of one's own browsers; this one too."""
    user = access.signed_in(request.user)
    asked = {row.pk: row.session_key for row in sessions.standing(user) if str(row.pk) == request.POST.get("browser")}
    sessions.end(user=user, ids=asked)
    if request.session.session_key in asked.values():
        logout(request)
        return redirect("account_login")
    if asked:
        messages.success(request, "That browser is signed out.")
    return redirect("account")


@require_POST
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    user = access.signed_in(request.user)
    sessions.end_all(user=user, tokens=False, keep=request.session.session_key or "")
    messages.success(request, "Every other browser is signed out.")
    return redirect("account")


def page(
    request: HttpRequest, who: Actor | None, form: forms.Form | None = None, secret: str = "", status: int = 200
) -> HttpResponse:
    user = access.signed_in(request.user)
    if form is None and who is not None:
        form = TokenForm(who=who)
    context = {
        "me": user,
        "browsers": [_browser(row, request) for row in sessions.standing(user)],
        "passkeys": second_factors.passkeys(user),
        "has_app": second_factors.has_app(user),
        "tokens": tokens.standing(user),
        "form": form,
        "secret": secret,
        "now": clock.now(),
        "fresh": user.presence is None or user.presence.fresh,
    }
    return shell.page(request, "tracker/account/page.html", who, context, status)


def _browser(row: Any, request: HttpRequest) -> Browser:
    this = row.session_key == request.session.session_key
    address = "" if row.ip == sessions.NOWHERE else row.ip
    return Browser(row.pk, _named(row.user_agent), address, row.created_at, this)


def _named(agent: str) -> str:
    name = next((name for mark, name in NAMES if mark in agent), "")
    system = next((system for mark, system in SYSTEMS if mark in agent), "")
    return " on ".join(filter(None, (name, system))) or "A browser"
