from __future__ import annotations

import pytest

from tests.api.cast import House, Program, enrolled, house, patient_user, signed
from tracker import clock as product_clock
from tracker.clinical.terms import Role
from tracker.models import Episode


@pytest.fixture
def home(db: None, clock: product_clock.StoppedClock) -> House:
    return house("Alder")


@pytest.fixture
def episode(home: House) -> Episode:
    """Three weeks after surgery, the plan signed today."""
    return signed(home)


@pytest.fixture
def unsigned(home: House) -> Episode:
    return enrolled(home)


@pytest.fixture
def patient(episode: Episode) -> Program:
    return Program(patient_user(episode))


@pytest.fixture
def physio(home: House) -> Program:
    return home.program(Role.PHYSIOTHERAPIST)


@pytest.fixture
def surgeon(home: House) -> Program:
    return home.program(Role.SURGEON)
