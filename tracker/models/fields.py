"""The few field shapes that every table shares."""

from __future__ import annotations

import uuid
from enum import Enum, StrEnum

from django.db import models


def public_id() -> models.UUIDField[uuid.UUID, uuid.UUID]:
    """A random version-4 id: safe to show in a URL, says nothing about when the row was made."""
    return models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


def coded(vocabulary: type[StrEnum], **options: object) -> models.CharField[str, str]:
    """A column that holds one code of the vocabulary."""
    choices = [(member.value, member.value.replace("_", " ")) for member in vocabulary]
    return models.CharField(max_length=24, choices=choices, **options)  # type: ignore[arg-type]


def digest() -> models.CharField[str, str]:
    """Names a `Note` of the patient, so that an append-only row carries no free text of its own."""
    return models.CharField(max_length=64, blank=True, default="", editable=False)


def one_of(column: str, vocabulary: type[Enum]) -> models.Q:
    """A condition that the column holds a known code, or nothing where the column allows it."""
    return models.Q(**{f"{column}__in": [member.value for member in vocabulary]})
