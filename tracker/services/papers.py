"""The record on paper: a tagged PDF (PDF/UA-1) made by typst from an export, in which all text is data, never markup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings

TEMPLATE = "templates/tracker/privacy/record.typ"


WAYS: tuple[dict[str, Any], ...] = (
    {"pdf_standards": ["ua-1"], "ignore_system_fonts": True},
    {"pdf_standards": ["ua-1"]},
    {},
)
"""The fonts that typst brings know Latin, Greek and Cyrillic. For what they cannot show the machine's own are asked,
and where none has the letter the paper shows a box in its place, which the standard forbids, rather than nothing."""


def pdf(record: Mapping[str, Any]) -> bytes:
    """The PDF of what `selectors.paper` laid out."""
    import typst  # 80 MB, and only for this

    inputs = {"record": json.dumps(record)}
    for way in WAYS[:-1]:
        with suppress(typst.TypstError):
            return bytes(typst.compile(_template(), format="pdf", sys_inputs=inputs, **way))
    return bytes(typst.compile(_template(), format="pdf", sys_inputs=inputs, **WAYS[-1]))


@cache
def _template() -> bytes:
    return (Path(settings.BASE_DIR) / TEMPLATE).read_bytes()
