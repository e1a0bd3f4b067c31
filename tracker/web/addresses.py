"""What an address asks for. A part that cannot be read counts as not asked."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST_WORDS = 80
BACK = ("/worklist/", "/alerts/", "/patients/", "/episodes/", "/operations/", "/proposals/")
"""Pages that a form may ask to return to."""


def words(request: HttpRequest, name: str) -> str:
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST_WORDS]


def number(request: HttpRequest, name: str, default: int = 1) -> int:
    """A positive whole number."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else default


def row_id(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.GET.get(name, ""))
    except ValueError:
        return None


def posted_id(request: HttpRequest, name: str) -> UUID | None:
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def back(request: HttpRequest, default: str) -> str:
    """Where the form wants to return to, if that is one of our own pages."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(BACK)
    return wanted if ours else default
