"""Browsers that have signed in before, by a signed cookie that no script reads and that outlives a sign-out.

It opens nothing. It tells whether a sign-in comes from a browser that the account has not been seen in, and gives each
browser a count of its own of wrong passwords.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from tracker.models import User

SALT = "tracker.browser"
YEAR = 365 * 24 * 3600
ACCOUNTS = 12
"""How many accounts one browser is remembered for, the latest first: a shared computer of a clinic has several."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What the cookie says: a number of its own, and for which accounts it has signed in."""

    number: str
    accounts: tuple[str, ...] = ()

    def mark(self, email: str) -> str:
        """Stands for the account in this browser alone, so that the cookie names nobody."""
        return hashlib.sha256(f"{self.number}:{email.lower()}".encode()).hexdigest()[:20]

    def with_account(self, email: str) -> Browser:
        mark = self.mark(email)
        others = tuple(each for each in self.accounts if each != mark)
        return Browser(self.number, (mark, *others)[:ACCOUNTS])


def of(request: HttpRequest) -> Browser | None:
    """None for one that has never signed in, and for a cookie that is not ours."""
    try:
        said = signing.loads(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""), salt=SALT, max_age=YEAR)
        return Browser(str(said["number"]), tuple(map(str, said["accounts"])))
    except (signing.BadSignature, KeyError, TypeError):
        return None


def known(request: HttpRequest, email: str) -> str:
    """The browser's number if it has signed in to this account before, else nothing."""
    browser = of(request)
    return browser.number if browser is not None and browser.mark(email) in browser.accounts else ""


def came_in(request: HttpRequest, user: User) -> None:
    """Remembers it with the answer to this request."""
    browser = of(request) or Browser(secrets.token_hex(16))
    request.remembered_browser = browser.with_account(user.email)  # type: ignore[attr-defined]


class Remembering:
    """Middleware: writes the cookie once somebody has signed in, by whatever way."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        browser: Browser | None = getattr(request, "remembered_browser", None)
        if browser is not None:
            response.set_cookie(
                settings.BROWSER_COOKIE_NAME,
                signing.dumps({"number": browser.number, "accounts": browser.accounts}, salt=SALT),
                max_age=YEAR,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
