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


@pytest.mark.parametrize("said", [b"", b"{", b"[" * 9000, b"\xff\xfe"])
def test_what_is_no_report_is_refused(client: Client, caplog: pytest.LogCaptureFixture, said: bytes) -> None:
    assert send(client, said) == 400
    assert not [each for each in caplog.messages if "policy" in each]


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
