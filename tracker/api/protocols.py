"""The protocols that the clinic may use, every number with its source."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, listed
from tracker.api.fields import printable
from tracker.api.schema import listing, operation
from tracker.clinical.terms import Procedure
from tracker.errors import NotFound
from tracker.selectors import protocols


class ProtocolOut(serializers.Serializer[Any]):
    """A version of a protocol. `body` is the whole of it, with a source beside each number."""

    key = serializers.CharField(source="protocol.key")
    version = serializers.IntegerField(source="protocol.version")
    name = serializers.CharField(source="protocol.name")
    procedures = serializers.ListField(child=serializers.ChoiceField(list(Procedure)), source="protocol.procedures")
    own = serializers.BooleanField(help_text="Whether it is the clinic's own rather than shipped.")
    body = serializers.DictField(source="protocol.body")


class Protocols(Endpoint):
    @listing("protocol_list", "The newest version of each protocol, by key", of=ProtocolOut)
    def get(self, request: Request) -> Response:
        by = access.clinic_for(request.user, Do.PROTOCOLS)
        return listed(request, protocols.listed(by), ProtocolOut)


class ProtocolRow(Endpoint):
    @operation("protocol_read", "One protocol", gives=ProtocolOut, keys=["key"])
    def get(self, request: Request, key: str) -> Response:
        by = access.clinic_for(request.user, Do.PROTOCOLS)
        found = protocols.shown(by, key) if printable(key) else None
        if found is None:
            raise NotFound
        return Response(ProtocolOut(found).data)
