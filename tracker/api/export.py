"""A copy of the whole record of whose knee it is, for programs with the scope for it."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api import limits
from tracker.api.base import Endpoint
from tracker.api.schema import operation
from tracker.selectors import export
from tracker.services import exports


class Export(Endpoint):
    @operation(
        "export", "Everything that is kept about the patient", gives=export.shape(), ids=["episode"], refuses=(429,)
    )
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.EXPORT)
        limits.spend(request, "export")
        return Response(exports.data(patient=door.episode.patient, by=door.actor))
