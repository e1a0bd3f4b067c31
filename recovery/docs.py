from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_replace, csp_update
from django.contrib.auth.decorators import login_required
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from recovery.headers import NO_TRUSTED_TYPES
from tracker import access

SOFTER = {"style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]}


class OfAClinic(BasePermission):
    """Whoever works in a clinic, in whatever role."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = access.actor(request.user)
        return actor is not None and actor.patient is None


@method_decorator([login_required, csp_update(SOFTER), csp_replace(NO_TRUSTED_TYPES)], name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """The browsable API reference.

    Its page is a library's: it needs inline styles and writes markup as text, so this one route has a softer policy, and no
    patient reaches it.
    """

    authentication_classes = [SessionAuthentication]
    permission_classes = [OfAClinic]
