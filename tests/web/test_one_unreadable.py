"""One record that nobody can read takes nothing away from the others: not their lists, not their reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import run
from tracker.clinical.terms import FactKind
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, EpisodeFact, OutboxMessage
from tracker.services import ticks


@pytest.fixture
def healthy(riverside: Staff, clock: StoppedClock) -> Episode:
    """A knee like any other, in the list beside one whose date of surgery is no date."""
    spoilt = scenes.knee(riverside, given_name="Olga", family_name="Petrenko")
    EpisodeFact.objects.create(
        episode=spoilt,
        kind=FactKind.SURGERY_DATE,
        value="last spring",
        since=scenes.today(riverside.clinic),
        by=riverside.surgeon.user,
        recorded_at=clock.instant + timedelta(seconds=1),
    )
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


def test_the_others_are_reminded_and_assessed_all_the_same(healthy: Episode, clock: StoppedClock) -> None:
    clock.advance(timedelta(days=1))
    ticks.daily(now=clock.instant)
    run()
    sent = OutboxMessage.objects.filter(patient=healthy.patient, state=OutboxMessage.State.SENT)
    assert sent.exists()
    assert Assessment.objects.get(episode=healthy).as_of == scenes.today(healthy.clinic)
