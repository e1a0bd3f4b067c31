"""How often one person, or one address, may do what costs much or could be misused by a machine.

The rates stand in settings.LIMITS, in the words of django-allauth: `120/h/user` is 120 in an hour for each person, `ip`
counts by address and `key` by whatever the caller names, such as one invite. Counts are kept in the shared cache, under
a lock, so that fifty at once count as fifty.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from math import ceil
from typing import Any

from allauth.core.internal.ratelimit import Rate, apply_rate, cache_lock, parse_rates, truncate_ip
from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.db import DatabaseCache
from django.db import transaction

from tracker import clock
from tracker.clinical import rules
from tracker.errors import TooMany
from tracker.models import User

ORDER = {"user": 0, "ip": 1, "key": 2}
"""Whoever is over a share of their own is stopped there, and uses up nothing that others need."""

logger = logging.getLogger(__name__)


def spend(what: str, *, user: User | None = None, address: str = "", key: str = "") -> None:
    """Counts one use of `what`. Raises TooMany, with the seconds to wait, where there were too many already.

    Each person has counts of their own, and an address many times those of a person, so that nobody uses up the share
    of the others. A cache that does not answer limits nothing: no check-in is lost over it.
    """
    who = {"user": str(user.pk) if user else "", "ip": truncate_ip(address) if address else "", "key": key}
    for rate in sorted(parse_rates(settings.LIMITS[what]), key=lambda rate: ORDER[rate.per]):
        if who[rate.per]:
            _spend(what, rate, who[rate.per])


def spend_on_check_in(raw: Mapping[str, Any], *, user: User, address: str) -> None:
    """Counts a check-in, unless it tells of something urgent: no red flag waits for a limit (law 5). Raises TooMany."""
    if not rules.red_flags_in(raw, None):
        spend("check-in", user=user, address=address)


def _spend(what: str, rate: Rate, who: str) -> None:
    name = f"limit:{what}:{rate}:{hashlib.sha256(who.encode()).hexdigest()}"
    try:
        with _together():
            wait = _wait(name, rate)
    except Exception:
        logger.exception("the limit of %s could not be counted", what)
        return
    if wait:
        raise TooMany(wait)


def _wait(name: str, rate: Rate) -> int:
    """0 if this use is within the rate, which it then counts towards; else the seconds until one more is."""
    with cache_lock(name) as locked:
        if not locked:
            return 1
        now = clock.now().timestamp()
        allowed, uses = apply_rate(cache.get(name, []), now, rate)
        if not allowed:
            wait: float = uses[-1] + rate.duration - now
            return max(1, ceil(wait))
        cache.set(name, uses, rate.duration)
        return 0


def _together() -> AbstractContextManager[object]:
    """One transaction where the counts stand in the database, in which those who ask at once wait for one another."""
    return transaction.atomic() if isinstance(caches["default"], DatabaseCache) else nullcontext()
