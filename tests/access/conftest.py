"""The world is made once for all tests of a file; each of them undoes what it did."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests.access.judge import undone
from tests.access.world import World, world
from tests.conftest import A_MONDAY_MORNING
from tracker import clock as product_clock


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with django_db_blocker.unblock(), product_clock.freeze(A_MONDAY_MORNING), transaction.atomic():
        yield world()
        transaction.set_rollback(True)


@pytest.fixture
def seen(made: World) -> Iterator[World]:
    cache.clear()
    with undone():
        yield made
