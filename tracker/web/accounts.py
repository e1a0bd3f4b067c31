"""Signing in and out: what allauth's own views lack."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from allauth.account import views
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.cache import patch_cache_control

from tracker import access
from tracker.errors import Problem, TooMany
from tracker.web import errors, shell, sign_in_trail

PATIENTS_SHOWN = 6
UNDER = "/accounts/"
A_MINUTE = 60


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One made-up person to sign in as with one tap."""

    role: str
    clinic: str
    name: str
    email: str
    password: str


class SignIn(views.LoginView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_logins=demo_logins(), **kwargs)


class TypeCode(views.ConfirmLoginCodeView):
    def form_invalid(self, form: Any) -> HttpResponse:
        sign_in_trail.failed(self.request, self._process.user, way="code")
        return super().form_invalid(form)


class Confirm(views.ReauthenticateView):
    """In the demo, the made-up person's password is one tap."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        passwords = {person.email: person.password for person in demo_people()}
        return super().get_context_data(demo_password=passwords.get(self.request.user.email, ""), **kwargs)


class SignOut(views.LogoutView):
    """The browser forgets what it kept of this site, but that it has been here before."""

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(*args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth answers to whoever asks too often."""
    return errors.problem_page(request, TooMany(A_MINUTE))


class Frames:
    """Middleware: allauth's pages stand in the product's frame, are kept by no cache, and pass on no search words."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.has_header("Location"):
            response["Location"] = without_search(response["Location"])
        return response

    def process_template_response(self, request: HttpRequest, response: TemplateResponse) -> TemplateResponse:
        if request.path.startswith(UNDER):
            response.context_data = shell.frame(request, visitor(request)) | (response.context_data or {})
            patch_cache_control(response, private=True, no_store=True)
        return response


def visitor(request: HttpRequest) -> access.Actor | None:
    """Somebody who is signed in and has a place to act; one who is not let in there yet has no frame."""
    try:
        return access.actor(request.user) if request.user.is_authenticated else None
    except Problem:
        return None


def without_search(target: str) -> str:
    """The way to a page about accounts, where `next` is a page without what somebody searched for: it may be a name."""
    address = urlsplit(target)
    following = parse_qs(address.query).get("next", [""])[0]
    if not address.path.startswith(UNDER) or "?" not in following:
        return target
    return address._replace(query=urlencode({"next": following.partition("?")[0]})).geturl()


def demo_logins() -> list[DemoLogin]:
    """The demo's people to choose from, staff first."""
    people = demo_people()
    staff = [person for person in people if person.role != "patient"]
    return staff + [person for person in people if person.role == "patient"][:PATIENTS_SHOWN]


def demo_people() -> list[DemoLogin]:
    """Everybody made up; nobody outside demo mode or before they were made."""
    file = settings.DATA_DIR / "logins.json"
    if not settings.DEMO or not file.exists():
        return []
    return [
        DemoLogin(**{name: str(row.get(name, "")) for name in DemoLogin.__slots__})
        for row in json.loads(file.read_text())
    ]
