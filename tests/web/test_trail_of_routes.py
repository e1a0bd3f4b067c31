"""Whoever asks for whatever address: what was shown is one line of the trail, what was refused is one, and no more."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests import scenes
from tests.scenes import Staff
from tracker.models import AuditEvent, Episode, Scope, User
from tracker.services import accounts

MARK = "Quokka"
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")
WITHOUT_PATIENTS = {
    "about", "about-data", "about-safety", "about-security", "account", "admin", "awake", "browsers", "api:me", "confirm-code", "api:protocol", "api:protocols", "docs", "enrolment", "health-live", "health-pages",
    "health-ready", "home", "invite-ways", "mfa", "places", "protocol", "protocols", "push", "push-worker", "schema", "team", "team-settings",
    "usersessions", "verification",
}  # fmt: skip
"""Names of addresses, up to the first underscore, at which no patient is shown, or only their own account."""
ELSEWHERE = ("/accounts/reauthenticate", "/accounts/2fa", "/accounts/where", "/account/confirm")
"""Where a page leads whom it has refused for now."""

LISTS_THAT_MAY_BE_EMPTY = {"api:episodes", "emergency-access", "operations", "patients"}
"""Where nobody is listed, nobody was seen."""

Leaf = tuple[str, str]


def leaves(resolver: URLResolver, prefix: str = "/", space: str = "") -> Iterator[Leaf]:
    """Name and address of every route; what the admin site and the sign-in have beneath them goes by their name."""
    for entry in resolver.url_patterns:
        address = prefix + str(entry.pattern).lstrip("^").rstrip("$")
        if isinstance(entry, URLPattern):
            yield (f"{space}:{entry.name}" if space else str(entry.name)), address
        else:
            yield from leaves(entry, address, entry.namespace or space)


ROUTES = sorted({leaf for leaf in leaves(get_resolver()) if not leaf[1].startswith("/admin/")})


def address_of(route: Leaf, values: dict[str, str]) -> str:
    return ARGUMENT.sub(lambda found: values.get(found.group(1) or found.group(2), str(uuid4())), route[1])


@pytest.fixture
def marked(riverside: Staff) -> Episode:
    knee = scenes.knee(riverside, given_name=MARK, family_name=MARK, record_number=MARK)
    scenes.check_in(knee, pain_load=9, symptoms=["calf_sore"], note=MARK)
    return knee


@pytest.fixture
def values(marked: Episode, riverside: Staff) -> dict[str, str]:
    return {
        "episode": str(marked.pk),
        "alert": str(marked.alerts.first().pk),
        "check_in": str(marked.check_ins.first().pk),
        "public_id": str(marked.check_ins.first().pk),
        "key": "mowhto_std",
        "patient": str(marked.patient_id),
        "patient_id": str(marked.patient_id),
        "row": str(marked.alerts.first().pk),
    }


def people(riverside: Staff, marked: Episode) -> dict[str, User]:
    hillside = scenes.clinic("Hillside Clinic")
    return {
        "patient": scenes.patient(marked).user,
        "mate": scenes.patient(scenes.knee(riverside)).user,
        "physiotherapist": riverside.physiotherapist.user,
        "coordinator": riverside.coordinator.user,
        "auditor": riverside.auditor.user,
        "stranger": hillside.surgeon.user,
    }


def asked(browser: Client, method: str, address: str) -> tuple[Any, Counter[str]]:
    """The answer, and the lines that it left about looks: by outcome."""
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    answer = getattr(browser, method)(address)
    looks = AuditEvent.objects.filter(pk__gt=before, detail__has_key="page").values_list("outcome", flat=True)
    return answer, Counter(looks)


def expected(name: str, answer: Any) -> set[tuple[int, int]]:
    """How many lines of what was seen and refused an answer may leave."""
    free = name.partition("_")[0] in WITHOUT_PATIENTS
    if answer.status_code in (403, 404):
        return {(0, 1), (0, 0)} if free or answer.status_code == 404 else {(0, 1)}
    if answer.status_code == 302 and answer["Location"].startswith(ELSEWHERE):
        return {(0, 1)} if not free else {(0, 1), (0, 0)}
    if answer.status_code >= 300:
        return {(0, 0)}
    if name in LISTS_THAT_MAY_BE_EMPTY:
        return {(0, 0), (1, 0)}
    return {(0, 0)} if free else {(1, 0)}


OTHERS = {"csp-report", "demo-mail", "short-link", "unsubscribe", "invite", "nothing-here"}
"""For whoever has not signed in; or nothing but what stands in the address."""


@pytest.mark.parametrize("method", ["get", "head"])
def test_every_look_leaves_one_line_and_every_refusal_one(
    riverside: Staff, marked: Episode, values: dict[str, str], method: str
) -> None:
    wrong = []
    for who, user in people(riverside, marked).items():
        browser = Client()
        browser.force_login(user)
        for route in ROUTES:
            if route[0].split(":")[-1] in OTHERS or "logout" in route[0]:
                continue
            answer, lines = asked(browser, method, address_of(route, values))
            left = (lines["seen"], lines["refused"])
            if left not in expected(route[0], answer):
                wrong.append(f"{who} {route[0]} {route[1]}: {answer.status_code} left {left}")
            if who != "patient" and method == "get" and shows(answer) and left != (1, 0):
                wrong.append(f"{who} {route[0]}: shows the patient and left {left}")
    assert not wrong, "\n".join(wrong)


def shows(answer: Any) -> bool:
    whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code == 200 and MARK.encode() in whole


def test_a_strangers_look_is_kept_with_the_record_that_was_asked_for(marked: Episode, stranger: Client) -> None:
    _, lines = asked(stranger, "get", f"/episodes/{marked.pk}/")
    assert lines == {"refused": 1}
    line = AuditEvent.objects.latest("pk")
    assert (line.object_id, line.detail) == (str(marked.pk), {"why": "not_found", "page": "episode"})


def test_one_who_has_shown_no_second_factor_leaves_a_line(riverside: Staff, marked: Episode) -> None:
    browser = Client()
    browser.force_login(riverside.surgeon.user)
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["method"] = "password"
    session.save()
    answer, lines = asked(browser, "get", "/worklist/")
    assert (answer.status_code, lines) == (302, {"refused": 1})


LISTS = ["/worklist/?need=all", "/alerts/", "/patients/", "/api/v1/worklist/", "/api/v1/alerts/", "/api/v1/episodes/"]


@pytest.mark.parametrize("address", LISTS)
def test_a_list_names_the_records_that_it_showed(physio: Client, marked: Episode, address: str) -> None:
    asked(physio, "get", address)
    assert AuditEvent.objects.latest("pk").detail["episodes"] == [str(marked.pk)]


def test_a_list_without_anybody_names_nobody(stranger: Client) -> None:
    asked(stranger, "get", "/patients/")
    assert not AuditEvent.objects.filter(outcome="seen", detail__has_key="episodes").exists()


def test_a_program_leaves_its_token(riverside: Staff, marked: Episode) -> None:
    token, secret = accounts.issue_token(user=riverside.surgeon.user, name="Lab", scopes=[Scope.READ.value])
    asked(Client(headers={"authorization": f"Bearer {secret}"}), "get", f"/api/v1/episodes/{marked.pk}/today/")
    line = AuditEvent.objects.latest("pk")
    assert (line.via, line.outcome, line.detail) == (f"token:{token.pk}", "seen", {"page": "api:today"})


def test_a_page_that_comes_back_with_an_error_was_seen(physio: Client, marked: Episode) -> None:
    _, lines = asked_post(physio, f"/episodes/{marked.pk}/measurements/", {"kind": "flexion", "value": "no number"})
    assert lines == {"seen": 1}


def asked_post(browser: Client, address: str, body: dict[str, str]) -> tuple[Any, Counter[str]]:
    before = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    answer = browser.post(address, body)
    looks = AuditEvent.objects.filter(pk__gt=before, detail__has_key="page").values_list("outcome", flat=True)
    return answer, Counter(looks)


# --- When the trail cannot be written ------------------------------------------------------------------------------


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise DatabaseError("disk full")

    monkeypatch.setattr(AuditEvent.objects, "bulk_create", broken)


@pytest.mark.parametrize("address", ["/episodes/{}/", "/worklist/", "/api/v1/episodes/{}/", "/api/v1/worklist/"])
def test_what_the_trail_could_not_keep_is_not_shown(
    physio: Client, marked: Episode, unwritable: None, address: str
) -> None:
    answer = physio.get(address.format(marked.pk))
    assert answer.status_code == 503
    assert MARK not in answer.content.decode()
    assert "could not write down that you looked" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]


def test_pages_without_patients_are_shown_all_the_same(physio: Client, unwritable: None) -> None:
    assert physio.get("/protocols/").status_code == 200
