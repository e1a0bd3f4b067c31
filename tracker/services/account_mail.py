"""Mail about an account: codes, links and news of it. It leaves beside the request, so that nobody can read off the
answer's time whether an address is known. What is lost on the way is asked for again.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage

from tracker import channels, clock
from tracker.channels import Letter, RefusedError, UnsureError

WAITING_AT_MOST = 200
"""Letters of one process that wait for the mail server. More than that would only come too late."""

logger = logging.getLogger(__name__)
_senders = ThreadPoolExecutor(max_workers=2, thread_name_prefix="account-mail")
_room = BoundedSemaphore(WAITING_AT_MOST)


def send(*, to: str, subject: str, text: str) -> None:
    """Lets the mail go, and returns at once."""
    host = urlsplit(settings.SITE_URL).hostname
    letter = Letter(
        to=to,
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=subject,
        text=text,
        html="",
        message_id=f"<{uuid4()}@{host}>",
        date=clock.now(),
    )
    if not settings.ACCOUNT_MAIL_IN_BACKGROUND:
        _hand_over(letter)
    elif _room.acquire(blocking=False):
        _senders.submit(_hand_over, letter).add_done_callback(_done)
    else:
        logger.error("Too many mails about accounts wait for the mail server. One was dropped.")


def _hand_over(letter: Letter) -> None:
    """Through the product's own way of sending mail; a failure is written down without the reader's address."""
    try:
        if settings.EMAIL_BACKEND.endswith("locmem.EmailBackend"):
            EmailMessage(letter.subject, letter.text, letter.sender, [letter.to]).send()
        else:
            with channels.named("email").open(letter) as handover:
                handover.commit()
    except (RefusedError, UnsureError) as error:
        logger.warning("A mail about an account did not leave: %s", type(error).__name__)


def _done(sending: Future[None]) -> None:
    """Nothing waits for these threads: what is not written down here is never known."""
    _room.release()
    if fault := sending.exception():
        logger.error("A mail about an account did not leave: %s", type(fault).__name__)
