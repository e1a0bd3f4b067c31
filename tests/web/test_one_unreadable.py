"""One record that nobody can read takes nothing away from the others: not their lists, not their reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import strip_tags

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import run
from tracker.clinical.terms import Attention
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, OutboxMessage
from tracker.services import ticks


@pytest.fixture
def healthy(riverside: Staff, clock: StoppedClock) -> Episode:
    """A knee like any other, in the list beside one whose date of surgery is no date."""
    scenes.spoil(riverside, scenes.knee(riverside, given_name="Olga", family_name="Petrenko"))
    return scenes.knee(riverside, given_name="Robin", family_name="Hale")


LISTS = (
    "/worklist/?need=all",
    "/alerts/",
    "/calls/",
    "/patients/",
    "/proposals/",
    "/transfers/",
    "/operations/",
    "/emergency-access/",
    "/api/v1/episodes/",
    "/api/v1/worklist/",
    "/api/v1/alerts/",
)


@pytest.mark.parametrize("path", LISTS)
def test_no_list_is_lost_to_it(client: Client, riverside: Staff, healthy: Episode, path: str) -> None:
    client.force_login(riverside.surgeon.user)
    answer = client.get(path)
    assert answer.status_code == 200
    if path in ("/patients/", "/worklist/?need=all"):
        assert "Hale" in answer.content.decode()
    if path in ("/patients/", "/api/v1/episodes/"):
        assert "Petrenko" in answer.content.decode()


def test_it_stands_on_the_worklist_as_not_evaluated_and_with_no_weight(
    client: Client, riverside: Staff, healthy: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=1))
    ticks.daily(now=clock.instant)
    client.force_login(riverside.surgeon.user)
    page = " ".join(strip_tags(client.get("/worklist/").content.decode().replace("<", " <")).split())
    assert "Not evaluated 1" in page
    row = page.split("Petrenko, Olga")[1].split("Hale, Robin")[0]
    assert "The record cannot be worked out: open it." in row
    assert "NWB" in row
    assert "42 kg" not in row


def test_a_sign_of_an_emergency_in_it_stands_first_all_the_same(
    client: Client, riverside: Staff, healthy: Episode
) -> None:
    spoilt = Episode.objects.get(patient__family_name="Petrenko")
    scenes.check_in(spoilt, symptoms=["breathless"])
    assert Assessment.objects.get(episode=spoilt).attention == Attention.EMERGENCY
    client.force_login(riverside.surgeon.user)
    assert "Emergency" in client.get("/worklist/").content.decode().split("Petrenko")[0].split("<tbody")[-1]


def test_the_others_are_reminded_and_assessed_all_the_same(healthy: Episode, clock: StoppedClock) -> None:
    clock.advance(timedelta(days=1))
    ticks.daily(now=clock.instant)
    run()
    sent = OutboxMessage.objects.filter(patient=healthy.patient, state=OutboxMessage.State.SENT)
    assert sent.exists()
    assert Assessment.objects.get(episode=healthy).as_of == scenes.today(healthy.clinic)
