"""How an installation is set up to send: by the environment, with a plain word where something is missing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.architecture.test_settings import PRODUCTION, loaded, run
from tracker.channels import webpush

PRIVATE, PUBLIC = webpush.new_keys()
POSTMARK = {"MAIL_PROVIDER": "postmark", "MAIL_PROVIDER_KEY": "token", "WEBHOOK_SECRET": "postmark:secret"}
TWILIO = {"SMS_URL": "twilio://AC1:token@/+447700900123"}
PUSH = {"VAPID_PRIVATE_KEY": PRIVATE, "VAPID_PUBLIC_KEY": PUBLIC, "VAPID_CONTACT": "mailto:it@clinic.example"}
BY_SMTP = {name: value for name, value in PRODUCTION.items() if name != "EMAIL_URL"}
ASK = "import django; django.setup(); from tracker import channels; print(*channels.installed())"


def check(data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("manage.py", "check", "--deploy", "--fail-level", "INFO", data=data, **environment)


def test_with_every_channel_set_up_the_deployment_check_is_clean(tmp_path: Path) -> None:
    checked = check(tmp_path, **BY_SMTP, **POSTMARK, **TWILIO, **PUSH)
    assert checked.returncode == 0, checked.stderr
    asked = run("-c", ASK, data=tmp_path, **BY_SMTP, **POSTMARK, **TWILIO, **PUSH)
    assert asked.stdout.split() == ["email", "sms", "push", "app", "calls"]


def test_a_providers_settings_are_anymails(tmp_path: Path) -> None:
    region = {"MAIL_PROVIDER_URL": "https://api.eu.example/"}
    found = loaded("EMAIL_BACKEND", "ANYMAIL", data=tmp_path, **BY_SMTP, **POSTMARK, **region)
    assert found["EMAIL_BACKEND"] == "anymail.backends.postmark.EmailBackend"
    assert found["ANYMAIL"]["POSTMARK_SERVER_TOKEN"] == "token"
    assert found["ANYMAIL"]["POSTMARK_API_URL"] == "https://api.eu.example/"
    assert found["ANYMAIL"]["WEBHOOK_SECRET"] == "postmark:secret"


def test_the_demo_sends_nothing_out_of_the_house_whatever_the_environment_says(tmp_path: Path) -> None:
    set_up = {**BY_SMTP, **POSTMARK, **TWILIO, **PUSH, "RECOVERY_MODE": "demo"}
    names = ("EMAIL_BACKEND", "SMS_URL", "VAPID_PRIVATE_KEY", "MAIL_PROVIDER")
    found = loaded(*names, data=tmp_path, **set_up)
    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert (found["SMS_URL"], found["VAPID_PRIVATE_KEY"], found["MAIL_PROVIDER"]) == ("files://", "", "")
    asked = run("-c", ASK, data=tmp_path, **set_up)
    assert asked.stdout.split() == ["email", "sms", "app", "calls"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"MAIL_PROVIDER": "pigeon"}, "it must be one of: brevo, mailgun, mailtrap, postmark, resend, sparkpost"),
        ({"MAIL_PROVIDER": "postmark"}, "MAIL_PROVIDER_KEY is not set"),
        ({"SMS_URL": "https://sms.example/"}, "SMS_URL must be twilio://SID:TOKEN@/SENDER"),
        ({"SMS_URL": "twilio://AC1@/+447700900123"}, "SMS_URL must be twilio://SID:TOKEN@/SENDER"),
        ({"VAPID_PRIVATE_KEY": PRIVATE}, "manage.py make_push_keys"),
        ({**PUSH, "VAPID_CONTACT": "it@clinic.example"}, "mailto:it@clinic.example"),
    ],
    ids=["unknown provider", "no key", "no twilio", "no token", "half a key", "no mailto"],
)
def test_what_is_set_up_by_half_keeps_the_program_from_starting_and_says_how(
    tmp_path: Path, wrong: dict[str, str], said: str
) -> None:
    refused = run("manage.py", "check", data=tmp_path, **PRODUCTION, **wrong)
    assert refused.returncode == 1
    assert "Recovery cannot start." in refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("module", "extra", "set_up"),
    [("anymail", "mail", POSTMARK), ("twilio", "sms", TWILIO), ("cryptography", "push", PUSH)],
)
def test_a_missing_extra_is_named_with_its_remedy(
    tmp_path: Path, module: str, extra: str, set_up: dict[str, str]
) -> None:
    """As where only requirements.txt is installed: the module cannot be found."""
    script = (
        "import importlib.util as util; find = util.find_spec\n"
        f"util.find_spec = lambda name, *rest: None if name == {module!r} else find(name, *rest)\n"
        "import recovery.settings"
    )
    refused = run("-c", script, data=tmp_path, **PRODUCTION, **set_up)
    assert f"needs the extra `{extra}`" in refused.stderr
    assert "requirements-server.txt" in refused.stderr


def test_no_channel_loads_its_library_before_it_sends(tmp_path: Path) -> None:
    script = (
        "import sys, django; django.setup(); import tracker.web.urls, tracker.services.dispatch\n"
        "print([name for name in ('anymail', 'twilio', 'requests') if name in sys.modules])"
    )
    assert run("-c", script, data=tmp_path, **PRODUCTION, **TWILIO, **PUSH).stdout.strip() == "[]"
