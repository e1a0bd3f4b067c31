"""Signing in and out by e-mail and password."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest

ROLES = ("patient", "physiotherapist", "surgeon", "coordinator", "auditor")
PATIENTS_SHOWN = 6


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """One made-up person to sign in as with one tap."""

    role: str
    clinic: str
    name: str
    email: str
    password: str


class SignInForm(AuthenticationForm):
    """E-mail and password. The same sentence for an unknown address and a wrong password."""

    error_messages = {
        "invalid_login": "This e-mail and password do not fit together. Check both, then try again.",
        "inactive": "This e-mail and password do not fit together. Check both, then try again.",
    }

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = "E-mail"
        self.fields["username"].error_messages["required"] = "Enter your e-mail address."
        self.fields["username"].widget.attrs.update(type="email", inputmode="email", autocomplete="username")
        self.fields["password"].error_messages["required"] = "Enter your password."


class SignIn(LoginView):
    template_name = "accounts/login.html"
    authentication_form = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(demo_logins=demo_logins(), **kwargs)


def demo_logins() -> list[DemoLogin]:
    """The demo's people, staff first; nobody outside demo mode or before they were made."""
    file = settings.DATA_DIR / "logins.json"
    if not settings.DEMO or not file.exists():
        return []
    people = [
        DemoLogin(**{name: str(row.get(name, "")) for name in DemoLogin.__slots__})
        for row in json.loads(file.read_text())
    ]
    staff = [person for person in people if person.role != "patient"]
    return staff + [person for person in people if person.role == "patient"][:PATIENTS_SHOWN]
