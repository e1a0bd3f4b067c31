"""The logins of the demo: random, kept in one file that only its owner can read, the same after every restart."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tracker import access
from tracker.clinical.terms import Role
from tracker.management.demo.people import HELPER, HILLSIDE, RIVERSIDE
from tracker.models import User
from tracker.services import accounts

FILE = "logins.json"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are taken for one another when a password is typed from the screen."""


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody gets in: on the pages by e-mail and password, as a program by the bearer token."""

    role: str
    clinic: str
    name: str
    email: str
    password: str
    token: str


def ensure(directory: Path) -> list[Login]:
    """The logins that work, written to the directory: those of last time, and new ones where these do not fit."""
    known = {str(row.get("email")): row for row in _read(directory / FILE)}
    logins = [_login(user, known.get(user.email, {})) for user in _users()]
    _write(directory / FILE, logins)
    return logins


def _users() -> Iterator[User]:
    """Patients first, then the staff beside them, a helper, then the stranger of the other clinic."""
    for place in (RIVERSIDE, HILLSIDE):
        emails = [person.email for person in place.patients if person.login]
        emails += [worker.email for worker in place.workers if worker.login]
        emails += [HELPER.email] if place is RIVERSIDE else []
        yield from filter(None, map(accounts.user_of_email, emails))


def _login(user: User, known: dict[str, Any]) -> Login:
    actor = access.actor(user)
    role, clinic = (actor.role, actor.clinic.name) if actor else (Role.PATIENT, "")
    return Login(role.value, clinic, user.name, user.email, _password(user, known), _token(user, known))


def _password(user: User, known: dict[str, Any]) -> str:
    password = str(known.get("password", ""))
    if not user.check_password(password):
        password = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))
        accounts.set_password(user=user, password=password)
    return password


def _token(user: User, known: dict[str, Any]) -> str:
    token = str(known.get("token", ""))
    standing = accounts.standing_token(token)
    if standing is None or standing.user != user:
        _, token = accounts.issue_token(user=user, name="demo")
    return token


def _read(file: Path) -> list[dict[str, Any]]:
    """What stands in the file; nothing where it is missing or is not ours."""
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _write(file: Path, logins: list[Login]) -> None:
    """Whole or not at all, and never for a moment readable by others."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as handle:
        json.dump([asdict(login) for login in logins], handle, indent=2)
        handle.write("\n")
    draft.replace(file)
