"""Programs sign in with a bearer token; browsers with their session, which keeps its CSRF check."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tracker.models import ApiToken, Presence, User, walls
from tracker.services import accounts

SCHEME = "Bearer"


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        token = accounts.standing_token(secret.strip())
        if token is None:
            raise AuthenticationFailed(
                "This token is not valid, or it was withdrawn or has expired. Ask for a new one."
            )
        _come_in(request, token)
        return token.user, SCHEME

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="recovery"'


def _come_in(request: Request, token: ApiToken) -> None:
    """A program acts where its token says, within its scopes; it was made by somebody who had shown who they are."""
    presence: Presence = request.presence  # type: ignore[attr-defined]
    presence.via, presence.scopes = f"token:{token.pk}", frozenset(token.scopes)
    presence.clinic_id, presence.patient_id, presence.second_factor = token.clinic_id, None, True
    token.user.presence = presence
    walls.stand(token.user, presence)


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes BearerToken."""

    target_class = "tracker.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}
