"""Programs sign in with a bearer token; browsers with their session, which keeps its CSRF check."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tracker.models import User
from tracker.services import accounts

SCHEME = "Bearer"


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        user = accounts.user_of_token(secret.strip())
        if user is None:
            raise AuthenticationFailed("This token is not valid, or it was withdrawn. Ask for a new one.")
        return user, SCHEME

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="recovery"'


class BearerTokenScheme(OpenApiAuthenticationExtension):
    """How the schema describes BearerToken."""

    target_class = "tracker.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer"}
