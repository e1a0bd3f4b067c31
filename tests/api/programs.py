"""Programs that speak to the API for somebody, and how they read a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.test import APIClient

from tests import scenes
from tracker.models import Actor, Episode, User
from tracker.services import accounts


class Program(APIClient):
    """Speaks JSON for one user by token; for nobody without one."""

    def __init__(self, user: User | None = None, **options: Any) -> None:
        super().__init__(**options)
        if user is not None:
            _, secret = accounts.issue_token(user=user, name="test")
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def send(self, path: str, body: object = None, *, verb: str = "post", **headers: str) -> Any:
        """Sends a JSON body to a path under the API; headers as keywords, `If_Match="3"`."""
        named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return getattr(self, verb)(f"/api/v1/{path}", {} if body is None else body, format="json", **named)

    def read(self, path: str) -> Any:
        return self.get(f"/api/v1/{path}")


def of(actor: Actor) -> Program:
    return Program(actor.user)


def of_patient(episode: Episode) -> Program:
    return of(scenes.patient(episode))


def problem(response: Any, status: int, *fields: str) -> Mapping[str, Any]:
    """Checks that the answer is a problem of that status which names these fields, and gives it."""
    body: Mapping[str, Any] = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "code", "detail", "errors"} <= body.keys()
    assert body["status"] == status
    assert set(fields) <= set(body["errors"]), body["errors"]
    return body
