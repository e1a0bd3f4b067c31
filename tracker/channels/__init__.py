"""How a message leaves. Channels know messages, not patients."""

from __future__ import annotations

from django.conf import settings

from tracker.channels.channel import Channel, Handover, Letter, RefusedError, UnsureError
from tracker.channels.email import TIMEOUT, Email, Server
from tracker.channels.file import File

__all__ = ["Channel", "Handover", "Letter", "RefusedError", "UnsureError", "named"]


def named(name: str) -> Channel:
    """The channel called `name` as this installation is set up. Raises RefusedError for one it does not have."""
    if name != "email":
        raise RefusedError(f"This installation has no channel called {name}.", permanent=True)
    return Email(_server()) if settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend") else File(settings.MAIL_DIR)


def _server() -> Server:
    return Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER or "",
        password=settings.EMAIL_HOST_PASSWORD or "",
        starttls=settings.EMAIL_USE_TLS,
        tls=settings.EMAIL_USE_SSL,
        timeout=settings.EMAIL_TIMEOUT or TIMEOUT,
    )
