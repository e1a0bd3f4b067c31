from __future__ import annotations

import pytest

from tests import scenes
from tests.api import programs
from tests.api.programs import Program
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.models import Episode


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
