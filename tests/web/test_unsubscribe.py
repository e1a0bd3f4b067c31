"""Stopping one kind of message from its link: one press, no password, and nobody stops anything by looking."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.services.reminding import message
from tracker.models import Episode, Kind, OutboxMessage, ReminderPlan
from tracker.services import reminders

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def robot() -> Client:
    """Whatever fetches a link: no session, no cookie, and no token of a form."""
    return Client(enforce_csrf_checks=True)


def link_of(knee: Episode, kind: str = Kind.CHECK_IN) -> str:
    return f"/unsubscribe/{reminders.unsubscribe_token(message(knee, kind))}/"


def is_on(knee: Episode, kind: str = Kind.CHECK_IN) -> bool:
    return ReminderPlan.objects.get(patient=knee.patient, kind=kind).enabled


def test_the_page_says_what_will_stop_and_has_one_button(knee: Episode, robot: Client) -> None:
    page = robot.get(link_of(knee))
    text = page.content.decode()
    assert page.status_code == 200
    assert "Stop this reminder?" in text
    assert text.count("<button") == 1
    assert "Daily check-in" in text


def test_a_scanner_that_follows_the_link_twenty_times_stops_nothing(knee: Episode, robot: Client) -> None:
    link = link_of(knee)
    before = list(OutboxMessage.objects.order_by("pk").values())
    for _ in range(20):
        assert robot.get(link).status_code == 200
        assert robot.head(link).status_code == 200
        assert robot.options(link).status_code == 405
    assert is_on(knee)
    assert list(OutboxMessage.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("body", [ONE_CLICK, {}])
def test_one_press_stops_it_without_signing_in(knee: Episode, robot: Client, body: dict[str, str]) -> None:
    page = robot.post(link_of(knee), body)
    assert page.status_code == 200
    assert "Stopped" in page.content.decode()
    assert 'href="/reminders/"' in page.content.decode()
    assert not is_on(knee)
    assert is_on(knee, Kind.NUDGE)
    assert not page.cookies


def test_a_mail_program_may_send_the_click_as_a_form_in_parts(knee: Episode, robot: Client) -> None:
    """RFC 8058 allows both encodings of a form; here multipart/form-data, which the test client sends by itself."""
    link = link_of(knee)
    assert robot.post(link, "List-Unsubscribe=One-Click", "application/x-www-form-urlencoded").status_code == 200
    assert robot.post(link, ONE_CLICK).status_code == 200
    assert not is_on(knee)


def test_what_was_waiting_is_taken_back_when_its_kind_is_stopped(knee: Episode, robot: Client) -> None:
    waiting = message(knee)
    robot.post(f"/unsubscribe/{reminders.unsubscribe_token(waiting)}/", ONE_CLICK)
    waiting.refresh_from_db()
    assert waiting.state == OutboxMessage.State.CANCELLED


def test_pressing_twice_is_as_good_as_once(knee: Episode, robot: Client) -> None:
    link = link_of(knee)
    assert [robot.post(link, ONE_CLICK).status_code for _ in range(2)] == [200, 200]
    assert not is_on(knee)


@pytest.mark.parametrize("token", ["nonsense", "a:b:c", "%00", "ü"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_we_did_not_write_says_how_else_to_stop_messages(
    knee: Episode, robot: Client, token: str, method: str
) -> None:
    page = getattr(robot, method)(f"/unsubscribe/{token}/")
    assert page.status_code == 404
    assert "This link does not work" in page.content.decode()
    assert 'href="/reminders/"' in page.content.decode()


def test_a_link_that_was_tampered_with_stops_nothing(knee: Episode, robot: Client) -> None:
    token = reminders.unsubscribe_token(message(knee))
    assert robot.post(f"/unsubscribe/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/").status_code == 404
    assert is_on(knee)


def test_the_page_says_nothing_about_whose_link_it_is(knee: Episode, robot: Client) -> None:
    link = link_of(knee)
    for page in (robot.get(link), robot.post(link)):
        text = page.content.decode()
        assert knee.patient.given_name not in text
        assert knee.patient.email not in text
        assert knee.clinic.name not in text
