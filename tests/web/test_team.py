"""Who works in a clinic is its coordinator's decision; each change ends what the person has open, and is mailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.models import Actor, ApiToken, AuditEvent, Clinic, Episode, Invite, Membership, User
from tracker.services import accounts, episodes, invites, tickets

BrowserOf = Callable[[Actor], Client]


def change(browser: Client, who: Actor, action: str, **typed: Any) -> Any:
    return browser.post(f"/team/{who.user.pk}/{action}/", typed)


def role_of(who: Actor) -> str | None:
    return Membership.objects.filter(user=who.user, clinic=who.clinic).values_list("role", flat=True).first()


def test_the_page_says_who_works_here_in_which_role_and_how_safely(coordinator: Client, riverside: Staff) -> None:
    text = coordinator.get("/team/").content.decode()
    for each in (riverside.surgeon, riverside.physiotherapist, riverside.auditor):
        assert each.user.name in text
    assert "no second factor yet" in text
    assert "on duty" in text


@pytest.mark.parametrize("who", ["surgeon", "physiotherapist", "auditor"])
def test_only_the_coordinator_has_this_page(riverside: Staff, browser_of: BrowserOf, who: str) -> None:
    browser = browser_of(getattr(riverside, who))
    for page in ("/team/", "/team/settings/"):
        assert browser.get(page).status_code == 403
    assert change(browser, riverside.coordinator, "dismiss").status_code == 403


def test_it_asks_for_a_fresh_sign_in(coordinator: Client, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    assert coordinator.get("/team/")["Location"].startswith("/accounts/")


def test_another_role_holds_at_once_ends_keys_and_is_told(
    coordinator: Client, riverside: Staff, physio: Client, knee: Episode, django_capture_on_commit_callbacks: Any
) -> None:
    person = riverside.physiotherapist
    accounts.issue_token(user=person.user, name="script")
    assert physio.get("/worklist/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert change(coordinator, person, "role", role="coordinator").status_code == 302
    assert role_of(person) == "coordinator"
    assert physio.get("/worklist/").status_code in (302, 403)
    assert ApiToken.objects.get().revoked_at is not None
    line = AuditEvent.objects.get(action="role changed")
    assert (line.user, line.clinic, line.detail["of"]) == (
        riverside.coordinator.user,
        riverside.clinic,
        str(person.user.pk),
    )
    assert [letter.to for letter in mail.outbox] == [[person.user.email]]
    assert "coordinator" in mail.outbox[0].body


def test_whoever_is_dismissed_sees_nothing_more(
    coordinator: Client, riverside: Staff, surgeon: Client, knee: Episode
) -> None:
    change(coordinator, riverside.surgeon, "dismiss")
    assert role_of(riverside.surgeon) is None
    assert surgeon.get(f"/episodes/{knee.pk}/").status_code in (302, 404)
    assert User.objects.get(pk=riverside.surgeon.user.pk).is_active


@pytest.mark.parametrize(
    ("action", "typed"), [("dismiss", {}), ("deactivate", {}), ("role", {"role": "physiotherapist"})]
)
def test_whoever_works_no_longer_as_they_did_comes_back_by_no_invite_of_their_own(
    coordinator: Client, riverside: Staff, action: str, typed: dict[str, str]
) -> None:
    leaver = scenes.member(riverside.clinic, Role.COORDINATOR)
    newcomer = episodes.enrol(by=riverside.coordinator, enrolment=scenes.enrolment(riverside)).patient
    mailed = episodes.enrol(by=riverside.coordinator, enrolment=scenes.enrolment(riverside)).patient
    joins = invites.invite_staff(
        by=leaver, clinic=riverside.clinic, role=Role.COORDINATOR, name="Me again", email="again@example.org"
    )
    on_paper = invites.invite_patient(by=leaver, patient=newcomer, printed=True)
    by_mail = invites.invite_patient(by=leaver, patient=mailed)
    change(coordinator, leaver, action, **typed)
    assert [Client().get(tickets.path_of(each)).status_code for each in (joins, on_paper, by_mail)] == [404, 404, 200]


@pytest.mark.parametrize("action", ["role", "dismiss", "deactivate", "reset"])
def test_nobody_changes_what_they_are_themselves(coordinator: Client, riverside: Staff, action: str) -> None:
    assert change(coordinator, riverside.coordinator, action, role="surgeon").status_code == 403
    assert role_of(riverside.coordinator) == "coordinator"
    assert User.objects.get(pk=riverside.coordinator.user.pk).is_active


def test_a_clinic_keeps_a_coordinator(coordinator: Client, riverside: Staff, browser_of: BrowserOf) -> None:
    other = scenes.member(riverside.clinic, Role.COORDINATOR, "Second One")
    theirs = browser_of(other)
    assert change(theirs, riverside.coordinator, "dismiss").status_code == 302
    assert change(coordinator, other, "dismiss").status_code in (302, 403)
    assert role_of(other) == "coordinator"


def test_people_of_another_clinic_are_not_there(coordinator: Client) -> None:
    stranger = scenes.clinic("Hillside Clinic").surgeon
    assert change(coordinator, stranger, "dismiss").status_code == 404
    assert role_of(stranger) == "surgeon"


def test_an_account_is_closed_only_where_the_person_works_nowhere_else(coordinator: Client, riverside: Staff) -> None:
    other = scenes.clinic("Hillside Clinic")
    Membership.objects.create(user=riverside.surgeon.user, clinic=other.clinic, role="surgeon")
    assert change(coordinator, riverside.surgeon, "deactivate").status_code == 409
    assert User.objects.get(pk=riverside.surgeon.user.pk).is_active
    assert change(coordinator, riverside.auditor, "deactivate").status_code == 302
    assert not User.objects.get(pk=riverside.auditor.user.pk).is_active


def test_duty_is_switched(coordinator: Client, riverside: Staff) -> None:
    change(coordinator, riverside.surgeon, "duty")
    assert not Membership.objects.get(user=riverside.surgeon.user).on_duty
    change(coordinator, riverside.surgeon, "duty", on_duty="on")
    assert Membership.objects.get(user=riverside.surgeon.user).on_duty


def test_a_colleague_is_invited(coordinator: Client, riverside: Staff) -> None:
    typed = {"name": "New One", "email": "new@example.org", "role": "physiotherapist"}
    assert coordinator.post("/team/invite/", typed).status_code == 302
    made = Invite.objects.get()
    assert (made.clinic, made.role, made.email) == (riverside.clinic, "physiotherapist", "new@example.org")
    wrong = coordinator.post("/team/invite/", {**typed, "role": "patient", "email": "x"})
    assert wrong.status_code == 400
    assert Invite.objects.count() == 1


def test_an_action_that_is_none_is_not_there(coordinator: Client, riverside: Staff) -> None:
    assert change(coordinator, riverside.surgeon, "promote").status_code == 404
    assert change(coordinator, riverside.surgeon, "role", role="patient").status_code == 400


SETTINGS = {
    "name": "Riverside", "phone": "020 1", "quiet_from": "22:00", "quiet_until": "06:30", "retention_years": "30",
}  # fmt: skip


def test_the_clinics_settings_are_kept_and_in_the_trail(coordinator: Client, riverside: Staff) -> None:
    assert coordinator.post("/team/settings/", SETTINGS).status_code == 302
    clinic = Clinic.objects.get(pk=riverside.clinic.pk)
    assert (clinic.name, clinic.phone, clinic.quiet_from, clinic.quiet_until) == (
        "Riverside", "020 1", time(22), time(6, 30),
    )  # fmt: skip
    assert (clinic.retention_years, clinic.emergency_access) == (30, False)
    assert "retention_years" in AuditEvent.objects.get(action="clinic changed").detail["fields"]


@pytest.mark.parametrize("wrong", [{"retention_years": "0"}, {"phone": ""}, {"quiet_from": "25:00"}, {"name": ""}])
def test_settings_that_cannot_be_right_change_nothing(
    coordinator: Client, riverside: Staff, wrong: dict[str, str]
) -> None:
    assert coordinator.post("/team/settings/", SETTINGS | wrong).status_code == 400
    assert Clinic.objects.get(pk=riverside.clinic.pk).name == riverside.clinic.name


def test_two_clinics_do_not_have_one_name(coordinator: Client, riverside: Staff) -> None:
    scenes.clinic("Hillside Clinic")
    answer = coordinator.post("/team/settings/", SETTINGS | {"name": "hillside clinic"})
    assert answer.status_code == 400
    assert "Another clinic has this name" in answer.content.decode()
