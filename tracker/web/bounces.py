"""Where a mail provider says, later, that a message did not arrive: the webhook of anymail, for this provider alone."""

from __future__ import annotations

import logging
from typing import Any

from django.apps import apps
from django.conf import settings
from django.urls import URLPattern, path

from tracker import clock
from tracker.services import bounces

logger = logging.getLogger(__name__)

LOST = {"bounced", "rejected", "failed", "complained", "unsubscribed"}
"""What a provider may say of a message, after which it takes none for that address any more, or none arrives."""
PREFIX = "hooks/"


def patterns() -> list[URLPattern]:
    """/hooks/PROVIDER/tracking/, guarded by WEBHOOK_SECRET; nothing without both."""
    if not (apps.is_installed("anymail") and settings.ANYMAIL.get("WEBHOOK_SECRET")):
        return []
    from anymail import urls
    from anymail.signals import tracking

    tracking.connect(take, dispatch_uid="tracker.web.bounces")
    own = f"{settings.MAIL_PROVIDER}/tracking/"
    return [
        path(f"{PREFIX}{own}", pattern.callback, name="bounces")
        for pattern in urls.urlpatterns
        if str(pattern.pattern) == own
    ]


def take(sender: object, event: Any, **_: Any) -> None:
    """One event. Its metadata is what we sent along, so that the provider's own ids need not be kept."""
    if event.event_type not in LOST:
        return
    message_id = (event.metadata or {}).get("message_id", "")
    detail = event.mta_response or event.description or event.reject_reason or event.event_type
    taken = message_id and bounces.take(message_id=f"<{message_id}>", detail=str(detail), now=clock.now())
    logger.info("%s: %s messages came back", event.event_type, len(taken or ()))
