"""What a watchman hears: is the process alive, may it get page requests, do messages go out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from recovery import health
from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import message
from tracker.clock import StoppedClock
from tracker.models import Episode, Heartbeat, OutboxMessage, triggers
from tracker.services import heartbeats, rounds, sending

pytestmark = pytest.mark.django_db

PARTS = ("planner", "dispatcher", "sender", "sweeper")
LONG_UP = timedelta(hours=1)


@pytest.fixture
def knee(db: None, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> Episode:
    """In a process that has been up for a while, with every part at work."""
    monkeypatch.setattr(health, "STARTED", NOW - LONG_UP)
    episode = scenes.knee(scenes.clinic(), signed=False)
    OutboxMessage.objects.all().delete()
    rounds.once(now=NOW)
    return episode


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/health/ready")
    return answer.status_code, answer.json()


def test_where_every_part_is_at_work_it_is_ready_and_says_when_each_was_heard_of(
    knee: Episode, client: Client, clock: StoppedClock
) -> None:
    clock.advance(seconds=20)
    code, said = ready(client)
    assert (code, said["ready"], said["problems"]) == (200, True, [])
    assert said["heard_of"] == dict.fromkeys([*PARTS, "tick", "sealer"], 20)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_dead_for_more_than_seventy_five_seconds_makes_it_red_by_name(
    knee: Episode, client: Client, clock: StoppedClock, part: str
) -> None:
    clock.advance(seconds=76)
    for other in PARTS:
        if other != part:
            heartbeats.beat(other, now=clock.instant)
    code, said = ready(client)
    assert code == 503
    assert said["problems"] == [f"The {part} has not been heard of for 1 minute."]
    heartbeats.beat(part, now=clock.instant)
    assert ready(client)[0] == 200


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_never_ran_is_missed_once_the_process_has_been_up_for_seventy_five_seconds(
    knee: Episode, client: Client, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    Heartbeat.objects.filter(name=part).delete()
    assert ready(client)[0] == 503
    monkeypatch.setattr(health, "STARTED", NOW - timedelta(seconds=74))
    assert ready(client)[0] == 200


def test_beat_is_missed_only_where_there_is_a_broker(knee: Episode, client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://broker/0"
    assert ready(client)[1]["problems"][0].startswith("The beat has never run.")
    heartbeats.beat(heartbeats.BEAT, now=NOW)
    assert ready(client)[0] == 200


def test_a_database_from_a_backup_makes_it_red_with_the_way_on(knee: Episode, client: Client) -> None:
    sending.shut(why="It may be a copy.", now=NOW)
    code, said = ready(client)
    assert code == 503
    assert said["problems"] == ["Sending is shut: It may be a copy. Look, then run python3 manage.py resume_sending."]


def test_a_message_that_is_more_than_five_minutes_late_makes_it_red(knee: Episode, client: Client) -> None:
    message(knee, due_at=NOW - timedelta(minutes=5))
    assert ready(client)[0] == 200
    message(knee, due_at=NOW - timedelta(minutes=6))
    assert ready(client)[1]["problems"] == ["The oldest message that should have left is 6 minutes late."]


def test_whatever_becomes_of_the_messages_pages_are_served(knee: Episode, client: Client, clock: StoppedClock) -> None:
    clock.advance(days=1)
    sending.shut(why="restored", now=clock.instant)
    assert ready(client)[0] == 503
    answer = client.get("/health/pages")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "problems": []})
    assert client.get("/health/live").status_code == 200


def test_where_the_database_cannot_serve_pages_neither_is_ready(
    knee: Episode, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with triggers.lifted():
        for path in ("/health/pages", "/health/ready"):
            answer = client.get(path)
            assert (answer.status_code, answer.json()["ready"]) == (503, False)
            assert "run python3 manage.py migrate" in answer.json()["problems"][0]
        assert client.get("/health/live").status_code == 200


def test_it_costs_a_handful_of_statements(knee: Episode, client: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):
        client.get("/health/ready")
