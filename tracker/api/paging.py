"""Lists come in pages: `{count, next, previous, results}`."""

from __future__ import annotations

import re

from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

from tracker.errors import Invalid

_PLAIN = re.compile(r"[1-9][0-9]{0,8}")

MOST = 100
"""Rows in the largest page; a larger `page_size` gets this many."""


class Pages(PageNumberPagination):
    page_size = 25
    max_page_size = MOST
    page_size_query_param = "page_size"

    def get_page_size(self, request: Request) -> int:
        return min(_whole(request, "page_size", self.page_size), MOST)

    def get_page_number(self, request: Request, paginator: object) -> int:
        return _whole(request, "page", 1)


def _whole(request: Request, name: str, otherwise: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return otherwise
    if not _PLAIN.fullmatch(given):
        raise Invalid({name: f"Give {name} as a whole number from 1."})
    return int(given)
