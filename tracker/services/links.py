"""Short addresses of our own for pages of our own, where every letter costs."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.utils.http import url_has_allowed_host_and_scheme

from tracker.models import ShortLink

LASTS = timedelta(days=30)
REUSED = timedelta(days=1)
"""For so long a link to the same page is given out again. It leads to a page, not to a person, and guards nothing."""
RANDOM_BYTES = 8
LONGEST = ShortLink._meta.get_field("path").max_length or 0
PAGES = (
    "/today/",
    "/check-in/",
    "/progress/",
    "/plan/",
    "/reminders/",
    "/settings/",
    "/unsubscribe/",
    "/worklist/",
    "/alerts/",
    "/episodes/",
    "/calls/",
    "/operations/",
)
"""Where a short link may lead: the pages that messages point to, so that it can be bent to no other."""


def shorten(*, path: str, now: datetime) -> str:
    """A path of a few letters, "/l/CODE/", that leads to `path` for 30 days. ValueError for what is no page of ours."""
    if not leads_to_a_page(path):
        raise ValueError(f"{path} is not a page that a message may lead to")
    return f"/l/{_given_out(path, now) or _new(path, now)}/"


def path_of(*, code: str, now: datetime) -> str | None:
    """Where a code leads; None for one that nobody gave out, that is over, or that leads where none may."""
    link = ShortLink.objects.filter(code=code, expires_at__gt=now).first()
    return link.path if link is not None and leads_to_a_page(link.path) else None


def leads_to_a_page(path: str) -> bool:
    plain = path.isascii() and path.isprintable() and len(path) <= LONGEST
    return plain and path.startswith(PAGES) and url_has_allowed_host_and_scheme(path, allowed_hosts=None)


def _given_out(path: str, now: datetime) -> str | None:
    recent = ShortLink.objects.filter(path=path, created_at__gt=now - REUSED, expires_at__gt=now)
    return recent.order_by("created_at").values_list("code", flat=True).first()


def _new(path: str, now: datetime) -> str:
    ShortLink.objects.filter(expires_at__lt=now).delete()
    code = secrets.token_urlsafe(RANDOM_BYTES)
    ShortLink.objects.create(code=code, path=path, created_at=now, expires_at=now + LASTS)
    return code
