"""Small words for the staff's templates."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tracker.clinical.explain.clinician import label
from tracker.clinical.explain.words import short_iso
from tracker.clinical.tables import Tag

ISO_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")

register = template.Library()

TRUST = {
    Tag.READ: ("ok", "read at its source"),
    Tag.LIT: ("plain", "standard literature, to be verified"),
    Tag.RANGE: ("r2", "sources conflict"),
    Tag.EST: ("r2", "our estimate, needs a surgeon's sign-off"),
}
"""Colour and meaning of how far a number can be trusted."""


@register.simple_tag
def trust(tag: Tag) -> SafeString:
    """The tag of a number as a chip that says what it means."""
    colour, meaning = TRUST[tag]
    return format_html('<span class="chip {}" title="{}">{}</span>', colour, meaning, tag.value)


@register.simple_tag
def trust_legend() -> SafeString:
    entries = ((trust(tag), meaning) for tag, (_, meaning) in TRUST.items())
    return format_html_join("", '<li>{} <span class="small">{}</span></li>', entries)


@register.filter
def step_level(step: Any) -> str:
    """A protocol's step in words: "at most 20 % and 20 kg", "full weight"."""
    if step.full:
        return "full weight"
    if step.percent is None:
        return f"at most {step.cap_kg} kg"
    if step.percent == 0:
        return "no weight"
    if step.percent == 100 and step.cap_kg is None:
        return "as tolerated"
    return f"at most {step.percent} %" + (f" and {step.cap_kg} kg" if step.cap_kg is not None else "")


@register.filter
def humble(code: Any) -> str:
    """A code as words: "long_locking" is "long locking"."""
    return str(code).replace("_", " ")


@register.filter
def at(table: Any, key: Any) -> Any:
    """The entry of a table; the key itself where there is none."""
    return table.get(key, key)


@register.filter
def only_imaging(step: Any) -> bool:
    """Whether a film, and so the surgeon, decides on every gate of a plan's step."""
    return all(gate.imaging for gate in step.gates)


@register.filter
def number(value: Any) -> str:
    """A number without needless decimals: 3, 38.5; empty where it is not known."""
    if value is None:
        return ""
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def dated(text: str) -> str:
    """The text with its ISO dates as short ones."""
    return ISO_DATE.sub(lambda found: short_iso(found[0]), text)


@register.filter
def positive(value: int) -> int:
    return abs(value)


@register.filter
def code_label(code: str) -> str:
    """The short name of a finding."""
    return label(code)
