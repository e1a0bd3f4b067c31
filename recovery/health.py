"""Is this process alive, may it be given page requests, and does the whole installation do its work?

Three questions for three watchmen: `live` for whatever restarts a process, `pages` for the load balancer, `ready` for
whoever wakes a person. A dead sender makes `ready` red, but takes no page away from a patient.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracker import clock
from tracker.models import triggers
from tracker.selectors import operations
from tracker.selectors.operations import SILENT, Pulse, length
from tracker.services import heartbeats

LATE = timedelta(minutes=5)
NEEDED = (heartbeats.PLANNER, heartbeats.DISPATCHER, heartbeats.SENDER, heartbeats.SWEEPER)
STARTED = clock.now()
"""When this process began. What has never run is missed only a while after that, so that a first start is not red."""


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def pages(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve pages, else 503 with what is missing."""
    missing = problems()
    return JsonResponse({"ready": not missing, "problems": missing}, status=503 if missing else 200)


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when pages are served and messages go out, else 503 with what is wrong, in sentences.

    `heard_of` is how many seconds ago each part of the reminder engine gave a sign of life.
    """
    now = clock.now()
    wrong, heard_of = problems(), {}
    if not wrong:
        pulse = operations.pulse(now=now)
        wrong = list(stuck(pulse))
        heard_of = {name: int((now - at).total_seconds()) for name, at in pulse.heard_at.items()}
    answer = {"ready": not wrong, "problems": wrong, "heard_of": heard_of}
    return JsonResponse(answer, status=503 if wrong else 200)


# --- Pages ----------------------------------------------------------------------------------------------------------


def problems() -> list[str]:
    """In plain words, what keeps this process from serving pages."""
    try:
        return pending_migrations() or missing_rules()
    except DatabaseError:
        return ["The database does not answer."]


def pending_migrations() -> list[str]:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{len(pending)} migrations wait: run python3 manage.py migrate."] if pending else []


def missing_rules() -> list[str]:
    gone = triggers.missing(connection)
    return [f"{len(gone)} rules of the database are gone: run python3 manage.py migrate."] if gone else []


# --- Messages -------------------------------------------------------------------------------------------------------


def stuck(pulse: Pulse) -> Iterator[str]:
    """In plain words, why messages do not go out as they should."""
    if pulse.shut is not None:
        yield f"Sending is shut: {pulse.shut.why} Look, then run python3 manage.py resume_sending."
    for part in needed():
        yield from silence(part, pulse.heard_at.get(part), pulse.now)
    if pulse.oldest_due is not None and (late := pulse.now - pulse.oldest_due) > LATE:
        yield f"The oldest message that should have left is {length(late)} late."


def needed() -> list[str]:
    """Beat only where Celery has a broker of its own: a sender that runs by itself does without both."""
    in_memory = settings.CELERY_BROKER_URL.startswith("memory:")
    return [*NEEDED] if in_memory else [*NEEDED, heartbeats.BEAT]


def silence(part: str, heard_at: datetime | None, now: datetime) -> Iterator[str]:
    if heard_at is None:
        if now - STARTED > SILENT:
            yield f"The {part} has never run. Start python3 manage.py send_due --forever, or the Celery worker and beat."
    elif now - heard_at > SILENT:
        yield f"The {part} has not been heard of for {length(now - heard_at)}."
