from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command

from tests import scenes
from tests.api import programs
from tests.api.programs import Program
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.models import Episode, triggers


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database in which every write is committed, as threads need it; emptied again although rows are undeletable."""
    yield
    with triggers.lifted():
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)


@pytest.fixture
def home(db: None, clock: product_clock.StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    """Three weeks after surgery, the plan signed today."""
    return scenes.knee(home)


@pytest.fixture
def patient(knee: Episode) -> Program:
    return programs.of_patient(knee)


@pytest.fixture
def physio(home: Staff) -> Program:
    return programs.of(home.physiotherapist)


@pytest.fixture
def surgeon(home: Staff) -> Program:
    return programs.of(home.surgeon)


@pytest.fixture
def coordinator(home: Staff) -> Program:
    return programs.of(home.coordinator)
