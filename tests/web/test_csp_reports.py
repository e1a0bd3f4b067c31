"""What browsers report is counted and forgotten: no address of a patient, no word of a visitor reaches a log."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

WHERE = "http://testserver/episodes/7f9c24e5-1111-4222-8333-444455556666/?name=Ada"
OLD = {
    "csp-report": {
        "document-uri": WHERE,
        "referrer": "http://testserver/worklist/?q=Ada",
        "effective-directive": "script-src-elem",
        "violated-directive": "script-src 'self'",
        "blocked-uri": "https://evil.example:8443/steal.js?who=Ada",
        "script-sample": "Ada Smith",
    }
}
NEW = [
    {
        "type": "csp-violation",
        "url": WHERE,
        "user_agent": "Mozilla/5.0 of Ada",
        "body": {"documentURL": WHERE, "effectiveDirective": "style-src-attr", "blockedURL": "inline", "sample": "Ada"},
    },
    {"type": "deprecation", "body": {"id": "Ada"}},
]


@pytest.fixture(autouse=True)
def ready(db: None) -> None:
    """Each request has a trail."""


def send(client: Client, said: Any, kind: str = "application/csp-report") -> int:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return client.post("/reports/csp/", body, content_type=kind).status_code


def test_the_old_shape(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert send(Client(enforce_csrf_checks=True), OLD) == 204
    assert caplog.messages == [
        "the content policy stopped script-src-elem from https://evil.example:8443 on the page episode"
    ]


def test_the_new_shape(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert send(client, NEW, "application/reports+json") == 204
    assert caplog.messages == ["the content policy stopped style-src-attr from inline on the page episode"]


@pytest.mark.parametrize(
    ("field", "value", "logged"),
    [
        ("effective-directive", "script-src\nINFO forged", "stopped unknown from"),
        ("blocked-uri", "https://a b\n/forged", "from elsewhere on"),
        ("blocked-uri", "data:text/html,<b>Ada</b>", "from data on"),
        ("blocked-uri", "chrome-extension://abc/x.js", "from chrome-extension on"),
        ("blocked-uri", "https://Ada:secret@evil.example/", "from elsewhere on"),
        ("document-uri", "http://testserver/unsubscribe/a-secret-token/", "the page unsubscribe"),
        ("document-uri", "https://elsewhere.example/unknown?Ada", "the page unknown"),
        ("document-uri", 7, "the page "),
    ],
)
def test_nothing_but_words_of_a_known_shape_is_written(
    client: Client, caplog: pytest.LogCaptureFixture, field: str, value: Any, logged: str
) -> None:
    assert send(client, {"csp-report": OLD["csp-report"] | {field: value}}) == 204
    (line,) = caplog.messages
    assert logged in line
    assert "Ada" not in line
    assert "secret" not in line
    assert "\n" not in line


@pytest.mark.parametrize("said", [b"{", b"[" * 9000, b"\xff\xfe", b"1" * 9000])
def test_what_is_no_report_is_refused(client: Client, caplog: pytest.LogCaptureFixture, said: bytes) -> None:
    assert send(client, said) == 400
    assert not [each for each in caplog.messages if "policy" in each]


FORM = b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X--\r\n'


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (FORM, "multipart/form-data; boundary=X"),
        (FORM, "multipart/form-data"),
        (FORM.replace(b'"a"', b'"a"; filename="f"'), "multipart/form-data; boundary=X"),
        (json.dumps(OLD).encode(), "multipart/form-data; boundary=X"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"", "application/csp-report"),
        (json.dumps(OLD).encode(), "text/plain"),
        (json.dumps(OLD).encode(), ""),
    ],
)
def test_what_no_browser_sends_a_report_as_is_refused(
    client: Client, caplog: pytest.LogCaptureFixture, body: bytes, kind: str
) -> None:
    assert client.generic("POST", "/reports/csp/", body, content_type=kind).status_code in (400, 415)
    assert not [each for each in caplog.messages if "policy" in each]


@pytest.mark.parametrize("length", ["many", "-5", "1" * 5000, "²"])
def test_a_length_that_is_none_is_refused(client: Client, length: str) -> None:
    answer = client.generic("POST", "/reports/csp/", b"{}", content_type="application/json", CONTENT_LENGTH=length)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "said",
    [
        b"NaN",
        '{"csp-report": {}}'.encode("utf-16"),
        b'{"csp-report": {"document-uri": "\\ud800", "blocked-uri": "http://[::1", "effective-directive": "\\u0000"}}',
        b'[1, null, "a", [], {}, {"type": 7, "body": {}}, {"type": "csp-violation", "body": []}]',
    ],
)
def test_however_odd_a_report_is_it_is_taken(client: Client, said: bytes) -> None:
    assert send(client, said) == 204


@pytest.mark.parametrize("said", [[], 7, None, "text", {"csp-report": 7}, [7], [{"type": "csp-violation"}]])
def test_what_reports_nothing_is_ignored(client: Client, caplog: pytest.LogCaptureFixture, said: Any) -> None:
    assert send(client, said) == 204
    assert caplog.messages == []


def test_a_request_tells_of_ten_at_most_and_is_small(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert send(client, [NEW[0]] * 30, "application/reports+json") == 204
    assert len(caplog.messages) == 10
    assert send(client, b"x" * 20_000) == 413


def test_it_answers_only_reports_and_only_so_many(client: Client, settings: Settings) -> None:
    assert client.get("/reports/csp/").status_code == 405
    settings.LIMITS = settings.LIMITS | {"csp-report": "2/m/ip"}
    assert [send(client, OLD) for _ in range(3)] == [204, 204, 429]
