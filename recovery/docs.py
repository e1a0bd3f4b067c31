from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAdminUser

RELAXED = {"style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]}


@method_decorator(csp_update(RELAXED), name="dispatch")
class Docs(SpectacularSwaggerSplitView):
    """The browsable API reference.

    Its page needs inline styles, so this one route has a softer policy, and only staff reach it.
    """

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAdminUser]
