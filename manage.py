#!/usr/bin/env python3
"""The one door: python3 manage.py demo, python3 manage.py test, and every other command."""

from __future__ import annotations

import os
import sys
from itertools import zip_longest
from pathlib import Path

from recovery import bootstrap


def main(argv: list[str]) -> None:
    bootstrap.ensure(argv)
    os.environ.update(environment(argv))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery.settings")
    if argv[1:2] == ["test"]:
        test(argv[2:])
    command(argv)


def environment(argv: list[str]) -> dict[str, str]:
    """What the settings must know before they load: the mode, and for the demo where it keeps things and listens."""
    subcommand, rest = "".join(argv[1:2]), argv[2:]
    if subcommand == "test":
        return {"RECOVERY_MODE": "test"}
    if subcommand != "demo":
        return {}
    chosen = {"RECOVERY_MODE": "demo"}
    if data := option("--data", rest):
        chosen["RECOVERY_DATA"] = str(Path(data).resolve())
    if port := option("--port", rest):
        chosen["SITE_URL"] = f"http://127.0.0.1:{port}"
    return chosen


def option(name: str, words: list[str]) -> str | None:
    """The value of `name VALUE` or `name=VALUE`, the last one given."""
    found = None
    for word, after in zip_longest(words, words[1:], fillvalue=""):
        if word == name:
            found = after
        elif word.startswith(f"{name}="):
            found = word.removeprefix(f"{name}=")
    return found


def test(words: list[str]) -> None:
    """Run pytest: with no words everything, on every core."""
    import pytest

    os.chdir(bootstrap.ROOT)
    sys.exit(pytest.main(words or ["-n", "auto"]))


def command(argv: list[str]) -> None:
    from django.conf import settings
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        settings.INSTALLED_APPS  # noqa: B018 - reads the settings, so that a refusal is a sentence and not a traceback
    except ImproperlyConfigured as refusal:
        bootstrap.stop(str(refusal))
    execute_from_command_line(argv)


if __name__ == "__main__":
    main(sys.argv)
