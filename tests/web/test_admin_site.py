"""The admin site: for whoever runs the installation, after a second factor, and without any patient."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import get_resolver

from tests import scenes
from tests.scenes import PASSWORD, Staff
from tracker.models import Clinic, Episode, User

pytestmark = pytest.mark.django_db


def operator() -> User:
    someone = scenes.user("Op Erator")
    someone.is_staff = someone.is_superuser = True
    someone.save()
    return someone


def test_it_shows_clinics_and_people_and_no_clinical_model() -> None:
    get_resolver().url_patterns  # noqa: B018 - whatever registers something has done so
    assert set(admin.site._registry) == {Clinic, User}


def test_the_way_in_is_our_own_sign_in(client: Client) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/login/?next=%2Fadmin%2F"
    client.post("/admin/login/", {"username": operator().email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_password_alone_does_not_open_it(client: Client) -> None:
    client.post("/accounts/login/", {"login": operator().email, "password": PASSWORD})
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"


def test_with_a_second_factor_an_operator_sees_who_works_there_and_no_patient(
    client: Client, riverside: Staff, knee: Episode
) -> None:
    client.force_login(operator())
    assert client.get("/admin/").status_code == 200
    people = client.get("/admin/tracker/user/").content.decode()
    assert riverside.surgeon.user.name in people
    assert knee.patient.family_name not in people
    assert client.get(f"/admin/tracker/user/{knee.patient.user_id}/change/").status_code == 302
    assert client.post("/admin/tracker/user/add/", {"email": "x@example.org"}).status_code == 403


def test_staff_of_a_clinic_are_led_away(surgeon: Client) -> None:
    assert surgeon.get("/admin/", follow=True).redirect_chain[-1][0] != "/admin/"
