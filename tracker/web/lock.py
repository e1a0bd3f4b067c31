"""How long a browser stays signed in. What belongs to staff locks when nobody has done anything there for a while.

The server decides, by its own clock. Only what a person does counts: a page that a script fetches again keeps nothing
awake. A locked browser is opened again by whoever signed in, and goes on with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.signals import authentication_step_completed
from allauth.core import ratelimit
from allauth.mfa.webauthn.forms import ReauthenticateWebAuthnForm as PasskeyForm
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django.conf import settings
from django.contrib.auth import logout, user_logged_in
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from tracker import access, clock
from tracker.errors import Locked, Problem
from tracker.models import Presence, User
from tracker.selectors import places
from tracker.services import sessions
from tracker.web import confirm
from tracker.web.sign_in_forms import ConfirmByCode as CodeForm

LIFE = "life"
GRAIN = 20.0
"""Seconds within which a second act is not written down anew, so that reading a page stays a read."""

OPEN = frozenset(
    {
        *("unlock", "awake", "confirm-code", "confirm-demo", "account_logout"),
        *("account_reauthenticate", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
    }
)
"""What a locked browser may still ask for."""

PROGRAMS = "/api/v1/"
"""Where programs come in by a token."""

NOT_THE_ONE = "That did not fit. Try again, or sign out."


@dataclass
class Life:
    """Of one signed-in browser, in seconds since the epoch; kept in its session."""

    began: float
    acted: float
    strict: bool
    """Whether it belongs to staff."""

    def left(self, now: float) -> float:
        """Seconds until it locks; 0 or less when it has."""
        return self.acted + settings.LOCK_AFTER.total_seconds() - now

    def locked(self, now: float) -> bool:
        return self.strict and self.left(now) <= 0

    def over(self, now: float) -> bool:
        """Whether the sign-in itself has ended."""
        if self.strict:
            return now - self.began >= settings.STAFF_SESSION.total_seconds()
        idle = now - self.acted >= settings.PATIENT_IDLE.total_seconds()
        return idle or now - self.began >= settings.PATIENT_SESSION.total_seconds()


class Lock:
    """Middleware, after WhoIsThere: ends a sign-in whose time is over, and stops what a locked browser asks for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _by_session(request) and isinstance(request.user, User):
            _judge(request)
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        life = life_of(request)
        name = request.resolver_match.url_name if request.resolver_match else None
        if life is None:
            return None
        if life.locked(clock.now().timestamp()):
            request.locked = True  # type: ignore[attr-defined]
            return None if name in OPEN else _stopped(request)
        if name in confirm.CREDENTIALS and not presence_of(request).fresh:
            return confirm.suspend(request)
        if _counts(request):
            act(request, life)
        return None


def life_of(request: HttpRequest) -> Life | None:
    """Of the browser that asks; None for whoever has not signed in with one."""
    return getattr(request, "life", None)


def presence_of(request: HttpRequest) -> Presence:
    return request.presence  # type: ignore[attr-defined]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: when the page is to warn and to cover itself. Nothing for patients and outside."""
    life = life_of(request)
    if life is None or not life.strict:
        return {}
    left = max(0, int(life.left(clock.now().timestamp())))
    return {"lock": {"left": left, "warning": int((settings.LOCK_AFTER - settings.LOCK_WARNING).total_seconds())}}


def act(request: HttpRequest, life: Life) -> None:
    """Somebody did something."""
    now = clock.now().timestamp()
    if now - life.acted >= GRAIN:
        life.acted = now
        _keep(request, life)


def _by_session(request: HttpRequest) -> bool:
    """A program has no session to lock. Whatever else says that it is one still comes in by its cookie."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and not _by_token(request)


def _by_token(request: HttpRequest) -> bool:
    """Whether the API will judge it by a token alone, valid or not: nowhere else is one looked at."""
    scheme = request.headers.get("Authorization", "").partition(" ")[0]
    return scheme.lower() == "bearer" and request.path.startswith(PROGRAMS)


def _judge(request: HttpRequest) -> None:
    now = clock.now().timestamp()
    kept = request.session.get(LIFE)
    life = Life(*kept) if kept else Life(now, now, _works(request.user))
    life.strict = life.strict or presence_of(request).clinic_id is not None
    if life.over(now):
        logout(request)
        return
    request.life = life  # type: ignore[attr-defined]
    if not kept:
        _keep(request, life)
    confirm.drop_old_form(request)


def _keep(request: HttpRequest, life: Life) -> None:
    request.session[LIFE] = [life.began, life.acted, life.strict]


def _works(user: Any) -> bool:
    return bool(user.is_superuser) or any(place.key.startswith("clinic:") for place in places.of(user, now=clock.now()))


def _counts(request: HttpRequest) -> bool:
    """A page that somebody opened, or anything sent. What a script looks up is no sign of a person."""
    return request.method not in ("GET", "HEAD") or not _by_script(request)


def _by_script(request: HttpRequest) -> bool:
    wants_data = "application/json" in request.headers.get("Accept", "")
    return wants_data or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _stopped(request: HttpRequest) -> HttpResponse:
    """To a program the refusal; to a person the page that opens it again and then goes on."""
    if request.path.startswith("/api/") or _by_script(request):
        return _problem(Locked())
    return confirm.suspend(request)


def _problem(refusal: Problem, title: str = "Forbidden") -> JsonResponse:
    said = {"type": "about:blank", "title": title, "status": refusal.status, "code": refusal.code}
    whole = {**said, "detail": refusal.sentence, "errors": refusal.fields}
    return JsonResponse(whole, status=refusal.status, content_type="application/problem+json")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def awake(request: HttpRequest) -> HttpResponse:
    """How long the page has left. A POST says that somebody is there, and counts; asking does not."""
    life = life_of(request)
    if life is None or life.locked(clock.now().timestamp()):
        return _problem(Locked())
    return _answer({"left": life.left(clock.now().timestamp())})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def unlock(request: HttpRequest) -> HttpResponse:
    """In place, by a script: in which ways it can be opened; then with one of them."""
    user = access.signed_in(request.user)
    if request.method != "POST":
        return _answer(_ways(user)) if _by_script(request) else redirect("home")
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        return _answer({"sentence": "Too many tries. Wait a few minutes, then try again."}, 429)
    if not _shown(request, user):
        return _answer({"sentence": NOT_THE_ONE}, 400)
    return _answer({"left": settings.LOCK_AFTER.total_seconds()})


def _ways(user: User) -> dict[str, Any]:
    words = {"reauthenticate": "password", "mfa_reauthenticate": "code", "mfa_reauthenticate:webauthn": "passkey"}
    found = [words[way["id"]] for way in get_adapter().get_reauthentication_methods(user) if way["id"] in words]
    options = {"request_options": begin_authentication(user)} if "passkey" in found else {}
    return {"ways": ["demo"] if settings.DEMO else found, **options}


def _shown(request: HttpRequest, user: User) -> bool:
    """Whether they have shown that it is them, in the one way that was sent; if so it is written down as a sign-in."""
    if settings.DEMO and "demo" in request.POST:
        reauthenticate_by_password(request)
        return True
    if "password" in request.POST:
        form = PasswordForm(data=request.POST, user=user)
        if form.is_valid():
            reauthenticate_by_password(request)
        return form.is_valid()
    second = CodeForm(data=request.POST, user=user) if "code" in request.POST else PasskeyForm(request.POST, user=user)
    if second.is_valid():
        second.save()
    return bool(second.is_valid())


def _answer(said: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(said, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


@receiver(user_logged_in)
def begin(request: HttpRequest, user: User, **_: Any) -> None:
    """From signing in on it counts; and the browser stands on the person's own list."""
    now = clock.now().timestamp()
    life = Life(now, now, _works(user))
    _keep(request, life)
    request.life = life  # type: ignore[attr-defined]
    presence = getattr(request, "presence", None)
    sessions.began(
        user=user,
        key=request.session.session_key or "",
        address=presence.address if presence else "",
        agent=request.headers.get("User-Agent", ""),
    )


@receiver(authentication_step_completed)
def opened_again(request: HttpRequest, **said: Any) -> None:
    life = life_of(request)
    if life is not None and said.get("reauthenticated"):
        life.acted = clock.now().timestamp()
        _keep(request, life)
