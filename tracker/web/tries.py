"""How many wrong passwords and codes are listened to, and whom they hold up.

Five in fifteen minutes for an account, and twenty in an hour for an address. A browser that has signed in to the account
before has five of its own, so that a stranger who types a colleague's address locks out strangers alone. A try is
counted before it is looked at, and given back when it was right: fifty at once are five that count.

Codes of an app have six digits and can be guessed by whoever has the password: they are counted the same way, by account
and apart from passwords. Only somebody who has the password can use them up, and a passkey waits for none of it.
"""

from __future__ import annotations

from math import ceil

from allauth.core.internal import ratelimit
from allauth.core.internal.ratelimit import RateLimitUsage
from django.core.cache import cache
from django.http import HttpRequest

from tracker import clock
from tracker.errors import TooMany
from tracker.web import browsers

APP = "allauth.account"
ACCOUNT, ADDRESS, CODE = "wrong_password", "wrong_password_of_address", "request_login_code"
SECOND = "wrong_second_code"
"""Of settings.ACCOUNT_RATE_LIMITS; all but CODE are ours."""


class TooManyTries(TooMany):
    """Too many wrong passwords; the other ways in stay open."""

    says = "Too many tries to sign in. {wait} A passkey works at once, and so does “I forgot my password”."

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.sentence = self.says.format(wait=self._wait())

    def _wait(self) -> str:
        minutes = ceil(self.retry_after / 60)
        if minutes > 120:
            return f"Wait {ceil(minutes / 60)} hours, then try again."
        return f"Wait {minutes} minutes, then try again." if minutes > 1 else "Wait a minute, then try again."


class TooManyCodes(TooManyTries):
    """Too many wrong codes of an app, or recovery codes."""

    says = "Too many wrong codes. {wait} A passkey works at once."


def take(request: HttpRequest, email: str) -> list[RateLimitUsage]:
    """Counts one try. Raises TooManyTries where there were too many."""
    taken: list[RateLimitUsage] = []
    for action, key in _counts(request, email):
        used = ratelimit.consume(request, app=APP, action=action, key=key)
        if used is None:
            give_back(taken)
            raise TooManyTries(_wait(request, action, key))
        taken.append(used)
    return taken


def give_back(taken: list[RateLimitUsage]) -> None:
    for used in taken:
        used.rollback()


def forget(request: HttpRequest, email: str) -> None:
    """Whoever has just chosen a new password starts anew."""
    for key in {email.lower(), bucket(request, email)}:
        ratelimit.clear(request, app=APP, action=ACCOUNT, key=key)


def take_code(request: HttpRequest, email: str) -> None:
    """Counts one mailed code. Raises TooManyTries."""
    key = bucket(request, email)
    if ratelimit.consume(request, app=APP, action=CODE, key=key) is None:
        raise TooManyTries(_wait(request, CODE, key))


def take_second_code(request: HttpRequest, email: str) -> RateLimitUsage:
    """Counts one code of an app, or one recovery code. Raises TooManyCodes."""
    key = bucket(request, email)
    used = ratelimit.consume(request, app=APP, action=SECOND, key=key)
    if used is None:
        raise TooManyCodes(_wait(request, SECOND, key))
    return used


def bucket(request: HttpRequest, email: str) -> str:
    """By what tries for this account are counted: strangers share one count."""
    known = browsers.known(request, email)
    return f"{email.lower()}:{known}" if known else email.lower()


def _counts(request: HttpRequest, email: str) -> list[tuple[str, str]]:
    counted = [(ACCOUNT, bucket(request, email))]
    return counted if browsers.known(request, email) else [(ADDRESS, ""), *counted]


def _wait(request: HttpRequest, action: str, key: str) -> int:
    """Seconds until the oldest try that counts is forgotten."""
    now, waits = clock.unstopped().timestamp(), [1]
    for rate in ratelimit.get_rates(app=APP, action=action):
        name = ratelimit.get_cache_key(request, app=APP, action=action, rate=rate, key=key)
        times = [at for at in cache.get(name, []) if at > now - rate.duration]
        if len(times) >= rate.amount:
            waits.append(ceil(min(times) + rate.duration - now))
    return max(waits)
