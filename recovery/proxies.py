"""Who really asks, where a proxy stands in front: what it says counts, the same words from anybody else do not."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from recovery.middleware import refusal

ONLY_HERE = (
    "This is a demo: it is open to the machine that it runs on alone, since it shows its passwords to everybody."
)
FORWARDED_FOR = "HTTP_X_FORWARDED_FOR"
UNUSED = (
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_SERVER",
)
"""Headers of the same kind that nothing here reads: gone, so that nothing ever does by mistake."""


class TrueAddress:
    """Middleware: after it REMOTE_ADDR is whoever asked, and no header of a proxy is left that did not come from one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta, peer = request.META, request.META.get("REMOTE_ADDR", "")
        if settings.DEMO and not is_this_machine(peer):
            return refusal(request, 403, "Forbidden", "demo", ONLY_HERE)
        said = meta.pop(FORWARDED_FOR, "")
        for name in UNUSED:
            meta.pop(name, None)
        if not is_proxy(peer):
            if settings.SECURE_PROXY_SSL_HEADER:
                meta.pop(settings.SECURE_PROXY_SSL_HEADER[0], None)
        elif asked_by := client(said):
            meta["REMOTE_ADDR"] = asked_by
        return self.get_response(request)


def client(said: str) -> str:
    """Whom the outermost of our proxies was asked by; what stands before it in the list, anybody may have written."""
    hops = [hop.strip() for hop in said.split(",") if hop.strip()]
    if not 0 < settings.PROXIES <= len(hops):
        return ""
    hop = hops[-settings.PROXIES]
    return hop if is_address(hop) else ""


def is_this_machine(peer: str) -> bool:
    """Whoever comes by a socket of the file system has no address."""
    return not peer or (is_address(peer) and ip_address(peer).is_loopback)


def is_proxy(peer: str) -> bool:
    """Whether a proxy of ours may stand at this address; nobody but the same machine comes without one."""
    return not peer or (is_address(peer) and any(ip_address(peer) in each for each in networks()))


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def networks() -> list[IPv4Network | IPv6Network]:
    return _networks(tuple(settings.PROXY_ADDRESSES))


@cache
def _networks(texts: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text.strip()) for text in texts if text.strip()]
