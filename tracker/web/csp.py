"""What browsers report of our own pages: that something was to run or load which the content policy forbids."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tracker.web.limits import limited

logger = logging.getLogger(__name__)

KINDS = ("application/csp-report", "application/reports+json", "application/json")
"""What browsers send. A form is not among them: it has been read by now, and its body cannot be read again."""
LARGEST = 16 * 1024
MOST = 10
"""Of one request; a browser bundles what it has to say."""
DIRECTIVES = frozenset(
    "base-uri child-src connect-src default-src font-src form-action frame-ancestors frame-src img-src manifest-src media-src "
    "object-src require-trusted-types-for script-src script-src-attr script-src-elem style-src style-src-attr "
    "style-src-elem trusted-types worker-src".split()
)
SOURCES = frozenset(
    "about blob chrome-extension data elsewhere eval filesystem inline moz-extension safari-web-extension self "
    "trusted-types-policy trusted-types-sink wasm-eval".split()
)
"""Words that stand for where a blocked thing came from, where that is no other site."""
UNKNOWN = "unknown"
HOST = re.compile(r"[a-z0-9.-]{1,253}(:\d{1,5})?|\[[0-9a-f:]{2,45}\](:\d{1,5})?")


@csrf_exempt
@require_POST
@limited("csp-report")
def report(request: HttpRequest) -> HttpResponse:
    """Takes both shapes in which browsers report. Nothing of the visitor is kept, nor any address within the program."""
    if request.content_type not in KINDS:
        return HttpResponse(status=415)
    try:
        if len(request.body) > LARGEST:
            return HttpResponse(status=413)
        sent = json.loads(request.body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    for violation in list(_violations(sent))[:MOST]:
        logger.warning("the content policy stopped %s from %s on the page %s", *_kept(violation))
    return HttpResponse(status=204)


def _violations(sent: Any) -> Iterator[Mapping[str, Any]]:
    """From `application/csp-report`, which tells of one, and `application/reports+json`, which lists several."""
    for each in sent if isinstance(sent, list) else [sent]:
        told = each.get("csp-report", each.get("body")) if isinstance(each, dict) else None
        if isinstance(told, dict) and each.get("type", "csp-violation") == "csp-violation":
            yield told


def _kept(told: Mapping[str, Any]) -> tuple[str, str, str]:
    """The directive, where the blocked thing came from and the name of our page: words of known shape, nothing else."""

    def first(*names: str) -> str:
        return next((told[name] for name in names if isinstance(told.get(name), str)), "")

    directive = first("effectiveDirective", "effective-directive", "violated-directive").split(" ")[0]
    return (
        directive if directive in DIRECTIVES else UNKNOWN,
        _origin(first("blockedURL", "blocked-uri")),
        _page(first("documentURL", "document-uri")),
    )


def _origin(address: str) -> str:
    """`https://host`, or the word that stands for it, such as `inline`."""
    if address in SOURCES:
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        return "elsewhere"
    if parts.scheme in ("http", "https", "ws", "wss") and HOST.fullmatch(host := parts.netloc.lower()):
        return f"{parts.scheme}://{host}"
    return parts.scheme if parts.scheme in SOURCES else "elsewhere"


def _page(address: str) -> str:
    try:
        return resolve(urlsplit(address).path).view_name or UNKNOWN
    except (Resolver404, ValueError):
        return UNKNOWN
