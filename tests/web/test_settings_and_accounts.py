from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.models import ApiToken, Episode, Patient
from tracker.services import accounts

pytestmark = pytest.mark.django_db


def test_the_time_zone_changes_and_reminders_keep_their_hour_on_the_wall(phone: Client, knee: Episode) -> None:
    answer = phone.post("/settings/", {"time_zone": "Europe/Paris"}, follow=True)
    assert "Saved." in answer.content.decode()
    assert Patient.objects.get(pk=knee.patient.pk).time_zone == "Europe/Paris"
    assert "Daily check-in at 09:00" in answer.content.decode()


def test_settings_lead_to_the_reminders(phone: Client) -> None:
    assert 'href="/reminders/"' in phone.get("/settings/").content.decode()


@pytest.mark.parametrize("given", [{"time_zone": "Mars/Base"}, {"time_zone": ""}, {}])
def test_a_wrong_setting_is_named_with_its_remedy(phone: Client, given: dict[str, str]) -> None:
    answer = phone.post("/settings/", given)
    assert answer.status_code == 400
    assert "Choose a time zone from the list." in answer.content.decode()
    assert 'class="error-summary"' in answer.content.decode()


def test_a_key_for_a_program_is_shown_once_and_can_be_revoked(phone: Client, knee: Episode) -> None:
    made = phone.post("/settings/tokens/", {"name": "My watch"}).content.decode()
    secret = made.split('class="secret">')[1].split("<")[0]
    assert accounts.standing_token(secret).user == scenes.patient(knee).user
    assert secret not in phone.get("/settings/").content.decode()
    token = ApiToken.objects.get()
    phone.post(f"/settings/tokens/{token.pk}/revoke/")
    assert accounts.standing_token(secret) is None


def test_a_key_without_a_name_is_asked_for_one(phone: Client) -> None:
    answer = phone.post("/settings/tokens/", {"name": " "})
    assert answer.status_code == 400
    assert "Give the program a name" in answer.content.decode()


def test_nobody_revokes_somebody_elses_key(phone: Client, riverside: Staff) -> None:
    token, secret = accounts.issue_token(user=riverside.surgeon.user, name="Theirs")
    stranger = phone.post(f"/settings/tokens/{token.pk}/revoke/")
    absent = phone.post(f"/settings/tokens/{uuid4()}/revoke/")
    assert stranger.status_code == absent.status_code == 404
    assert accounts.standing_token(secret) is not None


def test_everyone_starts_on_their_own_page(riverside: Staff, knee: Episode, client: Client) -> None:
    starts = {
        scenes.patient(knee).user: "/today/",
        riverside.physiotherapist.user: "/worklist/",
        riverside.surgeon.user: "/worklist/",
    }
    for somebody, start in starts.items():
        client.force_login(somebody)
        assert client.get("/").headers["Location"] == start


def test_everybodys_start_page_answers_them(riverside: Staff, knee: Episode, client: Client) -> None:
    for somebody in (
        riverside.coordinator.user,
        riverside.auditor.user,
        scenes.patient(knee).user,
        riverside.surgeon.user,
    ):
        client.force_login(somebody)
        assert client.get("/", follow=True).status_code == 200


def test_somebody_no_clinic_has_taken_on_is_told_so(client: Client) -> None:
    client.force_login(scenes.user())
    answer = client.get("/")
    assert answer.status_code == 200
    assert "No clinic has taken you on yet" in answer.content.decode()


def test_a_page_is_kept_by_no_cache(phone: Client) -> None:
    assert "no-store" in phone.get("/today/").headers["Cache-Control"]
