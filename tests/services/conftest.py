"""A clinic, a knee whose days to come are still empty, and the directory that mail goes to."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode, Occurrence


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    """Enrolled and signed on Monday at ten; nothing left to tell of that."""
    episode = scenes.knee(home)
    Occurrence.objects.all().delete()
    return episode


@pytest.fixture
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SITE_URL = "https://clinic.example"
    return tmp_path
