"""The protocols a clinic may use, with every number's source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Q, QuerySet

from tracker.clinical import protocol as protocols
from tracker.clinical.tables import Tag
from tracker.clinical.terms import Procedure
from tracker.models import Actor, Protocol
from tracker.selectors import plans


@dataclass(frozen=True, slots=True)
class Listed:
    """The newest approved version of a protocol that the clinic may use."""

    id: UUID
    own: bool
    """Whether it is the clinic's own rather than shipped with the program."""
    protocol: protocols.Protocol


class Number(NamedTuple):
    """One number the rules compare with."""

    name: str
    value: object
    source: str
    tag: Tag


def listed(actor: Actor) -> Sequence[Listed]:
    """One entry a key, the clinic's own before the shipped one, the newest version of each; ordered by key."""
    newest: dict[str, tuple[UUID, bool]] = {}
    for row_id, key, clinic in _approved(actor).values_list("pk", "key", "clinic"):
        newest.setdefault(key, (row_id, clinic is not None))
    return [Listed(row_id, own, plans.protocol(row_id)) for _, (row_id, own) in sorted(newest.items())]


def shown(actor: Actor, key: str, version: int | None = None) -> Listed | None:
    """The protocol by key, the newest version unless one is named; None when the clinic has no such protocol."""
    found = _approved(actor).filter(key=key)
    if version is not None:
        found = found.filter(version=version)
    row = found.values_list("pk", "clinic").first()
    return None if row is None else Listed(row[0], row[1] is not None, plans.protocol(row[0]))


def for_procedure(actor: Actor, procedure: str) -> Sequence[protocols.Protocol]:
    """Protocols the clinic may use for a procedure."""
    return [entry.protocol for entry in listed(actor) if procedure in entry.protocol.procedures]


def procedures_of(entries: Sequence[Listed]) -> dict[Procedure, list[protocols.Protocol]]:
    """Protocols by the procedure they are for."""
    return {
        procedure: [entry.protocol for entry in entries if procedure in entry.protocol.procedures]
        for procedure in Procedure
    }


def numbers(protocol: protocols.Protocol) -> list[Number]:
    """The thresholds with their sources, which the parsed protocol itself does not carry."""
    table = protocol.body["thresholds"]
    return [
        Number(name.replace("_", " "), entry["value"], entry["source"], Tag(entry["tag"]))
        for name, entry in table.items()
    ]


def _approved(actor: Actor) -> QuerySet[Protocol]:
    """Approved versions, the clinic's own first, then the newest first."""
    mine = Q(clinic=actor.clinic) | Q(clinic=None)
    found = Protocol.objects.filter(mine, approved_at__isnull=False)
    return found.order_by(F("clinic").asc(nulls_last=True), "-version")
