from __future__ import annotations

import pytest

from tests import scenes
from tests.scenes import Staff
from tracker import clock as product_clock


@pytest.fixture
def home(db: None, clock: product_clock.StoppedClock) -> Staff:
    return scenes.clinic()
