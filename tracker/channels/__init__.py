"""How a message leaves. Channels know messages, not patients."""

from __future__ import annotations

from django.conf import settings

from tracker.channels.channel import Channel, Device, Handover, Letter, RefusedError, UnsureError
from tracker.channels.email import TIMEOUT, Email, Server
from tracker.channels.file import File, TextFile
from tracker.channels.listed import List
from tracker.channels.provider import Provider
from tracker.channels.push import Keys, Push
from tracker.channels.sms import Account, Twilio

__all__ = ["Channel", "Device", "Handover", "Letter", "RefusedError", "UnsureError", "installed", "named"]


def installed() -> tuple[str, ...]:
    """The channels that this installation has been set up for, outward ones first."""
    outward = {"email": True, "sms": bool(settings.SMS_URL), "push": bool(settings.VAPID_PRIVATE_KEY)}
    return (*(name for name, is_set_up in outward.items() if is_set_up), "app", "calls")


def named(name: str) -> Channel:
    """The channel called `name` as this installation is set up. Raises RefusedError for one it does not have."""
    if name not in installed():
        raise RefusedError(f"This installation has no channel called {name}.", permanent=True)
    return {"email": _email, "sms": _sms, "push": _push}.get(name, List)()


def _email() -> Channel:
    if settings.EMAIL_BACKEND.startswith("anymail."):
        return Provider()
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


def _sms() -> Channel:
    if settings.SMS_URL == "files://":
        return TextFile(settings.MAIL_DIR)
    return Twilio(Account.of(settings.SMS_URL), reports=f"{settings.SITE_URL}/hooks/texts/")


def _push() -> Channel:
    return Push(Keys(settings.VAPID_PRIVATE_KEY, settings.VAPID_CONTACT))
