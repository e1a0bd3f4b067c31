"""Keys for programs: made shortly after signing in, for some acts, for some time, shown once."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.test import Client

from tests import scenes
from tests.scenes import PASSWORD, Staff
from tracker.clock import StoppedClock
from tracker.models import Alert, ApiToken, AuditEvent, Episode
from tracker.services import accounts

pytestmark = pytest.mark.django_db


def make(browser: Client, *scopes: str, name: str = "ward tablet", days: str = "90") -> str:
    """Through the page; answers the secret, which stands there once."""
    page = browser.post("/account/tokens/", {"name": name, "scopes": scopes, "days": days}).content.decode()
    secret = re.search(r'class="secret">([^<]+)<', page)
    assert secret, page
    assert secret[1] not in browser.get("/account/").content.decode()
    return secret[1]


def ask(secret: str, path: str, body: object = None) -> tuple[int, str]:
    program = {"Authorization": f"Bearer {secret}"}
    answer = (
        Client().get(path, headers=program)
        if body is None
        else Client().post(path, body, content_type="application/json", headers=program)
    )
    return answer.status_code, str(answer.json().get("code", ""))


def test_a_key_acts_within_its_scopes_in_the_clinic_where_it_was_made(
    physio: Client, riverside: Staff, knee: Episode
) -> None:
    secret = make(physio, "read")
    assert ApiToken.objects.get().clinic == riverside.clinic
    assert ask(secret, f"/api/v1/episodes/{knee.pk}/")[0] == 200
    assert ask(secret, f"/api/v1/episodes/{knee.pk}/check-ins/", {"pain_load": 3}) == (403, "scope")


def test_whoever_may_read_lists_the_alerts_and_only_who_may_treat_takes_one_on(physio: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    act = f"/api/v1/alerts/{Alert.objects.get(episode=knee).pk}/acknowledge/"
    reading, treating = make(physio, "read"), make(physio, "read", "treat")
    assert ask(reading, "/api/v1/alerts/")[0] == 200
    assert ask(reading, act, {"note": "Calling."}) == (403, "scope")
    assert ask(treating, act, {"note": "Calling."})[0] == 200


def test_a_key_ends_on_its_day(physio: Client, clock: StoppedClock) -> None:
    secret = make(physio, "read", days="30")
    clock.advance(days=29, hours=23)
    assert ask(secret, "/api/v1/worklist/")[0] == 200
    clock.advance(hours=1)
    assert ask(secret, "/api/v1/worklist/")[0] == 401


def test_a_key_can_be_ended_at_once(physio: Client) -> None:
    secret = make(physio, "read")
    physio.post(f"/account/tokens/{ApiToken.objects.get().pk}/end/")
    assert ask(secret, "/api/v1/worklist/")[0] == 401
    assert [event.action for event in AuditEvent.objects.filter(action__startswith="token")] == [
        "token_made",
        "token_ended",
    ]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Give the program a name"),
        ({"scopes": []}, "Tick what the program may do."),
        ({"scopes": ["everything"]}, "Tick what is in the list."),
        ({"days": "366"}, "Enter 1 to 365 days."),
        ({"days": "0"}, "Enter 1 to 365 days."),
        ({"days": ""}, "Enter 1 to 365 days."),
    ],
)
def test_a_wrong_answer_is_named_and_makes_no_key(physio: Client, wrong: dict[str, object], words: str) -> None:
    answer = physio.post("/account/tokens/", {"name": "x", "scopes": ["read"], "days": "90"} | wrong)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("path", ["/account/tokens/", "/settings/tokens/"])
def test_making_one_asks_who_it_is_and_loses_nothing(phone: Client, clock: StoppedClock, path: str) -> None:
    clock.advance(minutes=6)
    asked = phone.post(path, {"name": "My watch", "scopes": ["read"], "days": "7"})
    assert asked.status_code == 302
    assert not ApiToken.objects.exists()
    page = phone.post(asked["Location"].partition("?")[0], {"password": PASSWORD, "next": path}).content.decode()
    assert "shown only now" in page
    assert ApiToken.objects.get().name == "My watch"


def test_staff_without_a_second_factor_make_none(client: Client, riverside: Staff) -> None:
    client.post("/accounts/login/", {"login": riverside.surgeon.user.email, "password": PASSWORD})
    answer = client.post("/account/tokens/", {"name": "x", "scopes": ["read"], "days": "90"})
    assert answer["Location"] == "/accounts/2fa/"
    assert not ApiToken.objects.exists()


def test_a_patient_is_not_offered_what_is_for_staff(phone: Client, knee: Episode) -> None:
    page = phone.get("/account/").content.decode()
    assert 'value="record"' in page
    assert 'value="sign"' not in page
    refused = phone.post("/account/tokens/", {"name": "x", "scopes": ["sign"], "days": "90"})
    assert refused.status_code == 400


def test_the_list_says_what_a_key_may_do_until_when_and_when_it_was_used(physio: Client, clock: StoppedClock) -> None:
    secret = make(physio, "read", "treat")
    ask(secret, "/api/v1/worklist/")
    page = physio.get("/account/").content.decode()
    for words in ("ward tablet", "read, treat", "until 13 September 2026", "last used 15 June 2026"):
        assert words in page


def test_its_owner_is_told_by_mail(riverside: Staff, django_capture_on_commit_callbacks: object, knee: Episode) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        token, _ = accounts.issue_token(user=riverside.surgeon.user, name="x")
        accounts.revoke_token(token=token)
        accounts.revoke_token(token=token)
    assert [letter.subject for letter in mail.outbox] == ["New key for a program", "Key of a program ended"]
