"""Which channels an installation has, and what they are made of."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from tracker import channels
from tracker.channels import RefusedError
from tracker.channels.email import Email
from tracker.channels.file import File, TextFile
from tracker.channels.listed import List
from tracker.channels.provider import Provider
from tracker.channels.push import Push
from tracker.channels.sms import Twilio


def test_without_further_ado_there_is_mail_and_the_two_lists() -> None:
    assert channels.installed() == ("email", "app", "calls")


def test_what_is_set_up_is_installed_in_the_order_people_read_it(settings: Settings) -> None:
    settings.SMS_URL = "twilio://AC1:token@/+447700900123"
    settings.VAPID_PRIVATE_KEY = "key"
    assert channels.installed() == ("email", "sms", "push", "app", "calls")


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        ("django.core.mail.backends.smtp.EmailBackend", Email),
        ("django.core.mail.backends.filebased.EmailBackend", File),
        ("django.core.mail.backends.locmem.EmailBackend", File),
        ("anymail.backends.postmark.EmailBackend", Provider),
    ],
)
def test_production_mails_and_everything_else_writes_files(settings: Settings, backend: str, kind: type) -> None:
    settings.EMAIL_BACKEND = backend
    assert isinstance(channels.named("email"), kind)


@pytest.mark.parametrize(("url", "kind"), [("files://", TextFile), ("twilio://AC1:token@/+447700900123", Twilio)])
def test_text_messages_go_where_the_settings_say(settings: Settings, url: str, kind: type) -> None:
    settings.SMS_URL = url
    assert isinstance(channels.named("sms"), kind)


def test_notifications_need_a_key(settings: Settings) -> None:
    with pytest.raises(RefusedError):
        channels.named("push")
    settings.VAPID_PRIVATE_KEY = "key"
    assert isinstance(channels.named("push"), Push)


@pytest.mark.parametrize("name", ["app", "calls"])
def test_the_lists_are_always_there(name: str) -> None:
    assert isinstance(channels.named(name), List)


@pytest.mark.parametrize("name", ["pigeon", "sms", "push"])
def test_a_channel_that_nobody_set_up_refuses_for_good(name: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        channels.named(name)
    assert refusal.value.permanent
