"""Where providers say, later, that a message did not arrive: the webhook of anymail for mail, Twilio's for texts."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from tracker import clock
from tracker.services import bounces

logger = logging.getLogger(__name__)

LOST = {"bounced", "rejected", "failed", "complained", "unsubscribed"}
"""What a provider may say of a message, after which it takes none for that address any more, or none arrives."""
NO_SUCH_TELEPHONE = {
    "21610": "the reader has stopped texts from this sender",
    "21614": "not a mobile number",
    "30004": "the reader blocks texts",
    "30005": "no such number, or it is no longer in use",
    "30006": "a landline, or a network that cannot be reached",
}
"""Codes after which no text will ever arrive there. Others may be of the hour, such as a telephone switched off."""
PREFIX = "hooks/"


def patterns() -> list[URLPattern]:
    """/hooks/PROVIDER/tracking/, guarded by WEBHOOK_SECRET, and /hooks/texts/; each only where it is set up."""
    return [*_of_mail(), *_of_texts()]


def _of_mail() -> list[URLPattern]:
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


def _of_texts() -> list[URLPattern]:
    return [path(f"{PREFIX}texts/", texts, name="texts")] if settings.SMS_URL.startswith("twilio:") else []


def take(sender: object, event: Any, **_: Any) -> None:
    """One event. Its metadata is what we sent along, so that the provider's own ids need not be kept."""
    if event.event_type not in LOST:
        return
    message_id = (event.metadata or {}).get("message_id", "")
    detail = event.mta_response or event.description or event.reject_reason or event.event_type
    taken = message_id and bounces.take(message_id=f"<{message_id}>", detail=str(detail), now=clock.now())
    logger.info("%s: %s messages came back", event.event_type, len(taken or ()))


@csrf_exempt
@require_POST
def texts(request: HttpRequest) -> HttpResponse:
    """What became of a text message. Twilio signs what it says with the account's token."""
    from twilio.request_validator import RequestValidator

    said, signature = request.POST, request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(unquote(urlsplit(settings.SMS_URL).password or ""))
    if not validator.validate(settings.SITE_URL + request.get_full_path(), said, signature):
        raise SuspiciousOperation("not signed by Twilio")
    if said.get("MessageStatus") in ("undelivered", "failed") and said.get("ErrorCode") in NO_SUCH_TELEPHONE:
        detail = f"Twilio error {said['ErrorCode']}: {NO_SUCH_TELEPHONE[said['ErrorCode']]}"
        bounces.take(message_id=request.GET.get("message_id", ""), detail=detail, now=clock.now())
    return HttpResponse(status=204)
