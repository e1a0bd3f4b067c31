"""Every answer carries the headers that keep a browser honest: each route, signed in or not, and each way to fail."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, path
from pytest_django import Settings

from recovery import urls
from recovery.middleware import NO_FILES
from tests import scenes
from tests.scenes import Staff
from tracker.errors import Conflict, Forbidden, TooMany
from tracker.models import Actor, Episode

ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
EXPRESSION = re.compile(r"\(\?P<\w+>[^)]*\)")
LIBRARYS_OWN = ("/admin/", "/api/docs/")
"""Pages whose scripts are a library's, so that text may become markup there."""
KEPT = ("/static/", "/worker.js")

Answer = Any


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """An address of every route, with something absent in the place of each argument."""
    for entry in (resolver or get_resolver()).url_patterns:
        pattern = EXPRESSION.sub("auth", str(entry.pattern)).strip("^$").replace("\\Z", "")
        address = prefix + ARGUMENT.sub(lambda found: str(uuid4()) if found[1] == "uuid" else "1", pattern)
        if isinstance(entry, URLPattern):
            yield address
        else:
            yield from routes(entry, address)


def wrong(address: str, answer: Answer) -> list[str]:
    """What is missing or too much in the headers of an answer."""
    head = answer.headers
    policy = head.get("Content-Security-Policy", "")
    promises = {
        "policy": "default-src 'none'" in policy and "base-uri 'none'" in policy and "object-src 'none'" in policy,
        "script": "script-src 'self';" in policy and "unsafe-eval" not in policy,
        "framing": "frame-ancestors 'none'" in policy and head.get("X-Frame-Options") == "DENY",
        "reports": "report-to policy" in policy and "report-uri /reports/csp/" in policy,
        "endpoint": head.get("Reporting-Endpoints") == 'policy="/reports/csp/"',
        "types": "require-trusted-types-for 'script'" in policy or address.startswith(LIBRARYS_OWN),
        "style": ("unsafe-inline" in policy) <= (address == "/api/docs/"),
        "sniffing": head.get("X-Content-Type-Options") == "nosniff",
        "referrer": head.get("Referrer-Policy") in ("same-origin", "strict-origin"),
        "opener": head.get("Cross-Origin-Opener-Policy") == "same-origin",
        "resource": head.get("Cross-Origin-Resource-Policy") == "same-origin",
        "permissions": "camera=()" in head.get("Permissions-Policy", ""),
        "store": address.startswith(KEPT) or "no-store" in head.get("Cache-Control", ""),
        "type": answer.status_code in (204, 304, 405) or not body(answer) or bool(head.get("Content-Type")),
        "server": not {"Server", "X-Powered-By", "Access-Control-Allow-Origin"} & set(head),
    }
    return [name for name, kept in promises.items() if not kept]


def body(answer: Answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_every_route_whoever_asks(
    method: str, knee: Episode, riverside: Staff, browser_of: Callable[[Actor], Client], settings: Settings
) -> None:
    settings.LIMITS = dict.fromkeys(settings.LIMITS, "")
    doctor = browser_of(riverside.surgeon)
    browsers = [Client(raise_request_exception=False), doctor, browser_of(scenes.patient(knee))]
    found, asked = {}, 0
    for address in sorted(set(routes())):
        if method == "POST" and "logout" in address:
            continue
        for who, browser in enumerate(browsers):
            browser.raise_request_exception = False
            answer = browser.generic(method, address)
            asked += 1
            if missing := wrong(address, answer):
                found[f"{who} {address} {answer.status_code}"] = missing
    assert found == {}
    assert asked > 300


def test_a_page_whose_address_holds_a_secret_tells_no_other_site(client: Client, db: None) -> None:
    for address in ("/unsubscribe/abc/", "/l/abc/", "/invites/abc/", "/accounts/password/reset/key/1-abc/"):
        assert client.get(address).headers["Referrer-Policy"] == "strict-origin", address
    assert client.get("/accounts/login/").headers["Referrer-Policy"] == "same-origin"


# --- Each way to fail -----------------------------------------------------------------------------------------------


def refuse(refusal: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def view(request: HttpRequest) -> HttpResponse:
        raise refusal

    return view


FAILURES = {
    400: BadRequest(),
    403: Forbidden(),
    409: Conflict(),
    429: TooMany(9),
    500: ZeroDivisionError(),
}
urlpatterns = [path(f"fails/{status}/", refuse(each)) for status, each in FAILURES.items()] + urls.urlpatterns
handler500 = urls.handler500


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("status", FAILURES)
def test_every_refusal(client: Client, db: None, status: int) -> None:
    client.raise_request_exception = False
    answer = client.get(f"/fails/{status}/")
    assert (answer.status_code, wrong("/fails/", answer)) == (status, [])
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def strict() -> Client:
    return Client(enforce_csrf_checks=True)


UNREACHED = {
    "a host that is not ours": (400, lambda: Client().get("/", headers={"Host": "evil.example"})),
    "no such page": (404, lambda: Client().get("/nowhere/")),
    "no such file": (404, lambda: Client().get("/static/nothing.js")),
    "a form without its token": (403, lambda: strict().post("/accounts/login/", {"login": "x"})),
    "a made-up method": (405, lambda: Client().generic("BREW", "/today/")),
    "TRACE": (405, lambda: Client().trace("/today/")),
    "PUT to a form": (405, lambda: Client().put("/accounts/login/")),
    "a long body": (413, lambda: Client().post("/check-in/", "x" * 2_000_000, content_type="text/plain")),
    "a form of parts that does not end": (
        400,
        lambda: Client().post("/accounts/login/", b"--", content_type="multipart/form-data; boundary="),
    ),
    "a redirect": (302, lambda: Client().get("/today/")),
    "an endpoint without a token": (401, lambda: Client().get("/api/v1/me/")),
    "an endpoint that is not there": (404, lambda: Client().get("/api/v1/nothing/")),
    "a method that an endpoint does not have": (405, lambda: Client().generic("OPTIONS", "/api/v1/me/")),
    "the schema, for nobody": (401, lambda: Client().get("/api/schema/")),
    "the health": (200, lambda: Client().get("/health/live")),
}


@pytest.mark.parametrize("case", UNREACHED)
def test_what_no_page_of_ours_has_seen(db: None, case: str) -> None:
    status, ask = UNREACHED[case]
    answer = ask()
    assert (answer.status_code, wrong("/", answer)) == (status, [])


def test_files_that_are_the_same_for_all_may_be_kept_and_carry_the_rest(client: Client) -> None:
    first = client.get("/static/tracker/app.css")
    again = client.get("/static/tracker/app.css", headers={"If-None-Match": first.headers.get("ETag", "")})
    later = client.get("/static/tracker/app.css", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert [each.status_code for each in (first, later)] == [200, 304]
    assert [wrong("/static/", each) for each in (first, again, later)] == [[], [], []]
    assert "no-store" not in first.headers["Cache-Control"]


# --- In production --------------------------------------------------------------------------------------------------


def test_behind_tls_a_browser_is_bound_to_it(client: Client, knee: Episode, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    moved = client.get("/accounts/login/")
    assert (moved.status_code, moved.headers["Location"]) == (301, "https://testserver/accounts/login/")
    assert wrong("/", moved) == []
    client.force_login(scenes.patient(knee).user)
    for address in ("/accounts/password/change/", "/today/", "/nowhere/", "/static/tracker/app.css", "/api/v1/me/"):
        answer = client.get(address, secure=True)
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains", address
        assert wrong(address, answer) == [], address
        for cookie in answer.cookies.values():
            assert cookie.key.startswith("__Host-")
            assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
            assert cookie["samesite"] == "Lax"


# --- Files ----------------------------------------------------------------------------------------------------------

PART = b'--cut\r\nContent-Disposition: form-data; name="photo"; filename="knee.jpg"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\r\n--cut--\r\n'


def test_no_route_takes_a_file(physio: Client, phone: Client, knee: Episode) -> None:
    taken = {}
    for address in sorted(set(routes())):
        for browser in (Client(), physio, phone):
            answer = browser.post(address, PART, content_type="multipart/form-data; boundary=cut")
            refusals = (
                {302, 401, 403, 404, 405, 415} if address.startswith("/api/") else {415}
            )  # endpoints read no form at all
            if answer.status_code not in refusals:
                taken[address] = answer.status_code
    assert taken == {}


def test_whoever_sends_a_file_is_told_in_words(phone: Client) -> None:
    answer = phone.post("/check-in/", PART, content_type="multipart/form-data; boundary=cut")
    assert NO_FILES in answer.content.decode()
