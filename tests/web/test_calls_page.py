"""The call list: whom to phone, why, how to reach them, and what came of it."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import post, scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import AuditEvent, Call, Episode, Kind, OutboxMessage

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


def page(browser: Client, query: str = "") -> str:
    answer = browser.get(f"/calls/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def listed(text: str) -> list[str]:
    return re.findall(r'<li class="card call" id="c([0-9a-f-]{36})"', text)


def test_each_says_whom_how_why_and_since_when(physio: Client, knee: Episode) -> None:
    post.entry(knee, Kind.SILENCE, ago=timedelta(hours=2))
    text = page(physio)
    assert "1 patient to phone" in text
    assert knee.patient.family_name in text
    assert f'href="tel:{knee.patient.phone}"' in text
    assert "Has not checked in for two days: please ask how it is going" in text
    assert "since today 08:00, for 2 hours" in text
    assert f'href="/episodes/{knee.pk}/"' in text


def test_the_most_urgent_stands_first(physio: Client, riverside: Staff, knee: Episode) -> None:
    other = scenes.knee(riverside)
    wrong_address = post.entry(knee, Kind.UNREACHABLE, ago=timedelta(days=2))
    alert = post.entry(other, Kind.ALERT_CALL)
    assert listed(page(physio)) == [str(alert.pk), str(wrong_address.pk)]


def test_an_empty_list_says_so_and_what_would_bring_somebody_on_it(physio: Client) -> None:
    text = page(physio)
    assert "Nobody is waiting for a call." in text
    assert "two days without a check-in" in text


def test_a_patient_without_a_number_is_marked_and_the_way_to_add_one_is_there(physio: Client, riverside: Staff) -> None:
    knee = scenes.knee(riverside, phone="")
    post.entry(knee, Kind.SILENCE)
    text = page(physio)
    assert "No telephone number." in text
    assert f'href="/episodes/{knee.pk}/#details"' in text


def test_whom_somebody_spoke_to_leaves_the_list_and_the_next_takes_the_place(
    physio: Client, riverside: Staff, knee: Episode
) -> None:
    first = post.entry(knee, Kind.SILENCE, ago=timedelta(hours=3))
    second = post.entry(scenes.knee(riverside), Kind.SILENCE)
    text = page(physio)
    assert f'name="after" value="{second.pk}"' in text
    said = {"outcome": "reached", "note": "She forgot.", "after": str(second.pk)}
    answer = physio.post(f"/calls/{first.pk}/", said)
    assert answer.headers["Location"] == f"/calls/#c{second.pk}"
    text = page(physio)
    assert "Noted: you spoke to the patient." in text
    assert listed(text) == [str(second.pk)]
    assert Call.objects.get().by == riverside.physiotherapist.user
    assert AuditEvent.objects.filter(action="call reached").count() == 1


def test_without_an_answer_the_call_stays_in_its_place_with_the_try(
    physio: Client, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    row = post.entry(knee, Kind.SILENCE)
    answer = physio.post(f"/calls/{row.pk}/", {"outcome": "no_answer", "note": "Mailbox <full>."})
    assert answer.headers["Location"] == f"/calls/#c{row.pk}"
    clock.advance(minutes=5)
    text = page(physio)
    assert listed(text) == [str(row.pk)]
    assert "1 try without an answer" in text
    assert "today 10:00" in text
    assert "Mailbox &lt;full&gt;." in text


def test_settled_another_way_needs_a_word_how_and_what_was_typed_is_kept(physio: Client, knee: Episode) -> None:
    row = post.entry(knee, Kind.UNREACHABLE)
    answer = physio.post(f"/calls/{row.pk}/", {"outcome": "settled", "note": "  "})
    assert answer.status_code == 400
    assert "Say how it was settled." in answer.content.decode()
    assert "<details" in answer.content.decode()
    assert Call.objects.count() == 0
    assert physio.post(f"/calls/{row.pk}/", {"outcome": "settled", "note": "New address."}).status_code == 302
    assert listed(page(physio)) == []


def test_a_note_that_is_too_long_is_refused_by_name_and_kept(physio: Client, knee: Episode) -> None:
    row = post.entry(knee, Kind.SILENCE)
    answer = physio.post(f"/calls/{row.pk}/", {"outcome": "reached", "note": "x" * 2001})
    assert answer.status_code == 400
    assert "Shorten this to 2000 characters." in answer.content.decode()
    assert "x" * 2001 in answer.content.decode()


@pytest.mark.parametrize("outcome", ["", "dead", "reached\0"])
def test_an_outcome_that_is_none_is_refused(physio: Client, knee: Episode, outcome: str) -> None:
    row = post.entry(knee, Kind.SILENCE)
    assert physio.post(f"/calls/{row.pk}/", {"outcome": outcome}).status_code == 400


def test_a_call_that_a_colleague_has_just_dealt_with_is_told(physio: Client, surgeon: Client, knee: Episode) -> None:
    row = post.entry(knee, Kind.SILENCE)
    surgeon.post(f"/calls/{row.pk}/", {"outcome": "reached"})
    answer = physio.post(f"/calls/{row.pk}/", {"outcome": "reached"})
    assert answer.status_code == 409
    assert "Somebody has already dealt with this call." in answer.content.decode()
    assert Call.objects.count() == 1


def test_the_navigation_counts_the_calls_of_the_own_clinic(
    physio: Client, stranger: Client, coordinator: Client, knee: Episode
) -> None:
    for _ in range(3):
        post.entry(knee, Kind.SILENCE)
    count = '<span class="count"><span class="visually-hidden">, </span>3<span class="visually-hidden"> waiting</span>'
    assert count in physio.get("/worklist/").content.decode()
    assert 'class="count"' not in stranger.get("/worklist/").content.decode()
    assert 'class="count"' not in coordinator.get("/patients/").content.decode()


def test_other_clinics_calls_and_messages_that_are_no_calls_do_not_exist_here(
    physio: Client, stranger: Client, knee: Episode
) -> None:
    row, mail = post.entry(knee, Kind.SILENCE), post.ended(knee, State.SENT)
    assert listed(page(stranger)) == []
    assert stranger.post(f"/calls/{row.pk}/", {"outcome": "reached"}).status_code == 404
    assert physio.post(f"/calls/{mail.pk}/", {"outcome": "reached"}).status_code == 404
    assert physio.post(f"/calls/{uuid4()}/", {"outcome": "reached"}).status_code == 404


def test_only_clinicians_make_calls(coordinator: Client, phone: Client, knee: Episode) -> None:
    row = post.entry(knee, Kind.SILENCE)
    assert coordinator.get("/calls/").status_code == 403
    assert phone.get("/calls/").status_code == 403
    assert coordinator.post(f"/calls/{row.pk}/", {"outcome": "reached"}).status_code == 403


def test_fifty_calls_stand_on_a_page_and_its_cost_does_not_grow(physio: Client, knee: Episode) -> None:
    post.entry(knee, Kind.SILENCE)
    with CaptureQueriesContext(connection) as few:
        page(physio)
    for _ in range(52):
        post.entry(knee, Kind.SILENCE)
    with CaptureQueriesContext(connection) as many:
        text = page(physio)
    assert (len(listed(text)), len(listed(page(physio, "?page=2")))) == (50, 3)
    assert len(few) == len(many)


@pytest.mark.parametrize("query", ["?page=0", "?page=99", "?page=x"])
def test_an_address_that_means_nothing_shows_the_list(physio: Client, query: str) -> None:
    assert "<h1>Calls</h1>" in page(physio, query)
