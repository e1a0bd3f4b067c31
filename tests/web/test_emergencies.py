"""Emergency access: one record of another clinic, for an hour, to read, with a reason, and announced."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.models import Actor, AuditEvent, Clinic, EmergencyAccess, Episode, Membership, OutboxMessage
from tracker.services import dispatch, erasure

ADDRESS = "/emergency-access/"
REASON = "Brought in unconscious after a fall."
BrowserOf = Callable[[Actor], Client]


@pytest.fixture
def hillside(riverside: Staff) -> Staff:
    return scenes.clinic("Hillside Clinic")


@pytest.fixture
def there(hillside: Staff, browser_of: BrowserOf) -> Client:
    """A surgeon of the other clinic."""
    return browser_of(hillside.surgeon)


def asks(browser: Client, knee: Episode, **changes: Any) -> Any:
    person = knee.patient
    typed = {
        "clinic": str(knee.clinic_id),
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "reason": REASON,
    }
    return browser.post(ADDRESS, typed | changes)


def page_of(browser: Client, knee: Episode) -> int:
    return browser.get(f"/episodes/{knee.pk}/").status_code


def test_the_record_opens_for_an_hour_and_only_to_read(there: Client, knee: Episode, clock: StoppedClock) -> None:
    assert page_of(there, knee) == 404
    assert asks(there, knee).status_code == 302
    text = there.get(f"/episodes/{knee.pk}/").content.decode()
    assert "Emergency access until" in text
    assert "End now" in text
    assert 'action="/episodes/' not in text, "there is nothing to do on the page"
    assert there.get(f"/api/v1/episodes/{knee.pk}/today/").status_code == 200
    assert there.get(f"/api/v1/episodes/{knee.pk}/").status_code == 200
    for path in ("restrictions", "clearances", "sign-plan", "facts", "measurements", "look", "details", "check-ins"):
        assert there.post(f"/episodes/{knee.pk}/{path}/", {}).status_code == 403, path
    clock.advance(minutes=61)
    scenes.sign_in_again(there)
    assert page_of(there, knee) == 404


def test_nothing_else_opens_with_it(there: Client, knee: Episode, riverside: Staff) -> None:
    other = scenes.knee(riverside)
    asks(there, knee)
    assert page_of(there, other) == 404
    assert str(knee.patient) not in there.get("/worklist/").content.decode()


def test_it_ends_at_once_when_it_is_ended_and_with_the_sign_out(there: Client, hillside: Staff, knee: Episode) -> None:
    asks(there, knee)
    opened = EmergencyAccess.objects.get()
    assert there.post(f"{ADDRESS}{opened.pk}/end/").status_code == 302
    assert page_of(there, knee) == 404
    asks(there, knee)
    assert page_of(there, knee) == 200
    there.post("/accounts/logout/")
    there.force_login(hillside.surgeon.user)
    assert page_of(there, knee) == 404


@pytest.mark.parametrize(
    "changes", [{"family_name": "Nobody"}, {"birth_date": "1979-05-05"}, {"family_name": "Hal"}], ids=str
)
def test_the_answer_is_the_same_whether_or_not_such_a_patient_exists(
    there: Client, knee: Episode, changes: dict[str, str]
) -> None:
    missed, found = asks(there, knee, **changes), None
    said = there.get(ADDRESS).content.decode()
    assert "No" not in said.split("Written down.")[0][-20:]
    assert not EmergencyAccess.objects.exists()
    found = asks(there, knee)
    assert (missed.status_code, missed["Location"]) == (found.status_code, found["Location"])
    assert "Written down." in said
    assert AuditEvent.objects.filter(action="emergency access in vain").count() == 1


@pytest.mark.parametrize("way", ["switched off", "restricted", "two of the name"])
def test_what_may_not_be_opened_sounds_like_what_is_not_there(
    there: Client, riverside: Staff, knee: Episode, clock: StoppedClock, way: str
) -> None:
    if way == "switched off":
        type(riverside.clinic).objects.filter(pk=riverside.clinic.pk).update(emergency_access=False)
        assert asks(there, knee).status_code == 400, "the clinic is not among the choices"
    if way == "restricted":
        knee.patient.restricted_at = clock.instant
        knee.patient.save()
        assert asks(there, knee).status_code == 302
    if way == "two of the name":
        scenes.knee(riverside, given_name="Alex", family_name=knee.patient.family_name)
        assert asks(there, knee).status_code == 302
    assert not EmergencyAccess.objects.exists()
    assert page_of(there, knee) == 404


def test_switching_it_off_ends_what_is_open(there: Client, riverside: Staff, knee: Episode) -> None:
    asks(there, knee)
    type(riverside.clinic).objects.filter(pk=riverside.clinic.pk).update(emergency_access=False)
    assert page_of(there, knee) == 404


def test_whoever_no_longer_treats_patients_there_reads_nothing(there: Client, hillside: Staff, knee: Episode) -> None:
    asks(there, knee)
    Membership.objects.filter(user=hillside.surgeon.user).update(role=Role.COORDINATOR)
    assert page_of(there, knee) == 404


def test_a_reason_has_twenty_letters(there: Client, knee: Episode) -> None:
    answer = asks(there, knee, reason="Emergency.")
    assert answer.status_code == 400
    assert "at least 20 letters" in answer.content.decode()
    assert not EmergencyAccess.objects.exists()


def test_it_asks_for_a_fresh_sign_in(there: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    assert asks(there, knee)["Location"].startswith("/accounts/")
    assert not EmergencyAccess.objects.exists()


def test_the_patient_and_whoever_watches_over_the_clinic_hear_of_it_at_once(
    there: Client, riverside: Staff, knee: Episode, clock: StoppedClock, settings: Settings, tmp_path: Path
) -> None:
    settings.MAIL_DIR = tmp_path
    OutboxMessage.objects.all().delete()
    clock.set(clock.instant.replace(hour=22, minute=30))
    scenes.sign_in_again(there)
    asks(there, knee)
    clock.advance(minutes=1)
    while dispatch.deliver(now=clock.instant):
        pass
    told = OutboxMessage.objects.filter(kind__startswith="emergency")
    assert {row.state for row in told} == {"sent"}
    readers = {row.recipient_id for row in told}
    assert readers == {None, riverside.coordinator.user.pk, riverside.auditor.user.pk}


def test_the_fourth_use_of_a_day_needs_a_colleague(
    there: Client, riverside: Staff, hillside: Staff, browser_of: BrowserOf, knee: Episode
) -> None:
    for _ in range(3):
        asks(there, scenes.knee(riverside))
    asks(there, knee)
    assert page_of(there, knee) == 404
    assert "A colleague must agree." in there.get(ADDRESS).content.decode()
    waiting = EmergencyAccess.objects.get(episode=knee)
    agree = f"{ADDRESS}{waiting.pk}/agree/"
    assert there.post(agree).status_code == 403
    assert browser_of(riverside.surgeon).post(agree).status_code == 404
    colleague = browser_of(hillside.physiotherapist)
    text = colleague.get(ADDRESS).content.decode()
    assert REASON in text
    assert knee.patient.family_name not in text
    assert colleague.post(agree).status_code == 302
    assert page_of(there, knee) == 200
    assert page_of(colleague, knee) == 404
    assert colleague.post(agree).status_code == 409


@pytest.mark.parametrize("ending", ["the clinic switches it off", "the record is restricted", "the asker signs out"])
def test_a_colleague_agrees_to_nothing_that_may_no_longer_be_opened(
    there: Client, riverside: Staff, hillside: Staff, browser_of: BrowserOf, knee: Episode, ending: str
) -> None:
    for _ in range(3):
        asks(there, scenes.knee(riverside))
    asks(there, knee)
    waiting = EmergencyAccess.objects.get(episode=knee)
    if ending == "the asker signs out":
        there.post("/accounts/logout/")
    elif ending == "the record is restricted":
        erasure.restrict(patient=knee.patient, reason="asked")
    else:
        Clinic.objects.filter(pk=riverside.clinic.pk).update(emergency_access=False)
    assert browser_of(hillside.physiotherapist).post(f"{ADDRESS}{waiting.pk}/agree/").status_code == 409
    waiting.refresh_from_db()
    assert (waiting.started_at, waiting.agreed_by) == (None, None)


def test_the_clinic_sees_week_by_week_who_opened_what_and_why(
    there: Client, riverside: Staff, hillside: Staff, browser_of: BrowserOf, knee: Episode, coordinator: Client
) -> None:
    asks(there, knee)
    for browser in (coordinator, browser_of(riverside.auditor)):
        text = browser.get(ADDRESS).content.decode()
        assert "Week 25 of 2026" in text
        assert "Hillside Clinic" in text
        assert REASON in text
        assert knee.patient.family_name not in text
    assert "Nobody did" in browser_of(hillside.auditor).get(ADDRESS).content.decode()


def test_only_clinicians_ask(coordinator: Client, phone: Client, knee: Episode) -> None:
    for browser in (coordinator, phone):
        assert asks(browser, knee).status_code == 403
