"""Is this process alive, and may it be given work?"""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracker import clock
from tracker.models import Heartbeat, triggers


@require_safe
@never_cache
def live(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when this process can serve, else 503 with what is missing.

    A silent worker is told, in seconds since each part was heard of, but does not take the pages away.
    """
    missing = problems()
    answer = {"ready": not missing, "problems": missing, "heard_of": {} if missing else silences()}
    return JsonResponse(answer, status=503 if missing else 200)


def problems() -> list[str]:
    """In plain words, what keeps this installation from serving."""
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


def silences() -> dict[str, int]:
    """Seconds since each background part finished a round; a part that never did is not listed."""
    now = clock.now()
    return {part.name: int((now - part.at).total_seconds()) for part in Heartbeat.objects.all()}
