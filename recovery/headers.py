"""What every answer tells the browser, whatever became of the request: pages, errors, redirects, static files, health."""

from __future__ import annotations

from collections.abc import Callable

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from whitenoise.middleware import WhiteNoiseFileResponse

NOTHING_OF = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media fullscreen geolocation "
    "gyroscope hid identity-credentials-get idle-detection local-fonts magnetometer microphone midi "
    "otp-credentials payment picture-in-picture screen-wake-lock serial storage-access usb window-management "
    "xr-spatial-tracking"
).split()
"""What a browser could offer a page and this program has no use for; names that browsers know, else they complain."""
PASSKEYS = "publickey-credentials-create=(self), publickey-credentials-get=(self)"
ALWAYS = {
    "Permissions-Policy": ", ".join([*(f"{name}=()" for name in NOTHING_OF), PASSKEYS]),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Django's own layers set some of these as well, but not on what comes from above them."""
SECRETS = frozenset({"token", "code", "key", "secret"})
"""Names of what stands in an address instead of a password: of such a page no other site hears."""
NO_TRUSTED_TYPES = {"require-trusted-types-for": None, "trusted-types": None}
"""For pages whose scripts are a library's own and write markup as text: Django's admin, the API reference."""


class EveryAnswer:
    """Middleware, outermost: also what no other layer has seen leaves with its headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault(HEADER, build_policy())
        response["Reporting-Endpoints"] = f'{settings.REPORTS}="{settings.REPORTS_PATH}"'
        response["Referrer-Policy"] = referrer(request)
        if keeps_nothing(request, response):
            patch_cache_control(response, private=True, no_store=True)
        return response


def referrer(request: HttpRequest) -> str:
    """What the next site may learn of this page's address. `no-referrer` would also make the page's own forms come from
    nowhere, which the check against forged forms refuses."""
    match = request.resolver_match
    secret = match is not None and not SECRETS.isdisjoint(match.kwargs)
    return "strict-origin" if secret else "same-origin"


def keeps_nothing(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether no browser and no proxy may keep the answer: all but files that are the same for everybody."""
    same_for_all = isinstance(response, WhiteNoiseFileResponse) or request.path == settings.WORKER_PATH
    return not same_for_all


class Policy(CSPMiddleware):
    """The content policy of settings, which one library's pages may soften by what they cannot do without."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(settings.ADMIN_PATH):
            parts.replace = {**(parts.replace or {}), **NO_TRUSTED_TYPES}
        return parts
