"""The chains of the trail, read in order and worked out anew: whether each line is what it was when it was sealed.

A seal's hash covers the hash before it, its chain, its number and every column of its event. Each is held against the
stored hash before it, so that one changed line is one fault, and not also every line after it.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Count, Min, TextField
from django.db.models.functions import Cast
from django.db.models.query import QuerySet

from tracker.models import AuditEvent, AuditHead, AuditSeal, Episode

INSTALLATION = "installation"
"""The chain of what concerns no clinic."""
GENESIS = "0" * 64
COLUMNS = (
    *("id", "at", "clinic_id", "user_id", "role", "action", "outcome", "episode_id"),
    *("object_id", "detail", "via", "address", "request_id"),
)
"""Of an event, in the order in which they are hashed. A new column is added at the end, for new events alone."""
AS_TEXT = frozenset({"clinic_id", "user_id", "episode_id", "detail"})
SHORT = 200
"""Details of so many letters are mostly the same few."""
CHUNK = 4_000
NAMED_ONE_BY_ONE = 100
UNREADABLE = (ValueError, TypeError, AttributeError, DatabaseError)
"""What reading a damaged column raises, by its kind and the database."""
LATE = timedelta(minutes=5)
"""After which an event without a seal is a fault: the sealer comes by every minute."""

Line = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was sealed: in which chain, at which number, and what in words."""

    chain: str
    number: int
    said: str

    def __str__(self) -> str:
        return f"chain {self.chain}{f', number {self.number}' if self.number else ''}: {self.said}"


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain, as it is noted outside of the database."""

    chain: str
    number: int
    hash: str

    def __str__(self) -> str:
        return f"head {self.chain} {self.number} {self.hash}"


# --- One line -------------------------------------------------------------------------------------------------------

_encoded = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def columns(of: str = "") -> list[str | Cast]:
    """What to read of an event, as plainly as the database keeps it: making objects of it would take most of the time."""
    return [Cast(f"{of}{name}", TextField()) if name in AS_TEXT else f"{of}{name}" for name in COLUMNS]


def hash_of(before: str, chain: str, number: int, event: Sequence[Any]) -> str:
    """Of the event whose `columns` these are. The same on every database: ids without hyphens, JSON in one order."""
    pk, at, clinic, user, role, action, outcome, episode, object_id, detail, via, address, request_id = event
    line = [
        *(before, chain, number, pk, at.astimezone(UTC).isoformat(timespec="microseconds"), _hex(clinic), _hex(user)),
        *(role, action, outcome, _hex(episode), object_id, via, address, request_id),
    ]
    detail = _ordered(detail) if len(detail) <= SHORT else _in_order(detail)
    return hashlib.sha256(f"{_encoded(line)}\n{detail}".encode()).hexdigest()


def _hex(public_id: str | None) -> str | None:
    return public_id and public_id.replace("-", "")


def _in_order(detail: str) -> str:
    return _encoded(json.loads(detail))


_ordered = lru_cache(maxsize=10_000)(_in_order)


def chain_of(clinic_id: object) -> str:
    return INSTALLATION if clinic_id is None else str(clinic_id)


# --- A whole chain --------------------------------------------------------------------------------------------------


def names() -> list[str]:
    """Every chain that has a head or a seal."""
    heads = AuditHead.objects.values_list("chain", flat=True)
    seals = AuditSeal.objects.order_by("chain").values_list("chain", flat=True).distinct()
    return sorted({*heads, *seals})


def heads(chain: str = "") -> list[Head]:
    found = AuditHead.objects.filter(**({"chain": chain} if chain else {})).order_by("chain")
    return [Head(*row) for row in found.values_list("chain", "number", "hash")]


def faults(chain: str, noted: Sequence[Head] = ()) -> Iterator[Fault]:
    """All that is wrong in a chain, in order. `noted` are heads that were written down outside."""
    upto = next(iter(heads(chain)), Head(chain, 0, GENESIS))
    expected = _expected(upto, noted)
    number, before = 0, GENESIS
    for line in lines(chain):
        known: str | None = before
        if line[0] != number + 1:
            yield from _gap(chain, number + 1, line[0] - 1)
            known = _hash_at(chain, line[0] - 1)
        number, before = line[0], line[1]
        yield from _wrong(chain, known, line)
        yield from (Fault(chain, number, said) for hash_, said in expected.pop(number, ()) if hash_ != before)
    yield from _gap(chain, number + 1, upto.number)
    yield from _end(chain, number)
    for missing in sorted(expected):
        if missing > max(number, upto.number):
            yield Fault(chain, missing, f"was noted outside, but the chain ends at number {number}.")


def _expected(upto: Head, noted: Sequence[Head]) -> dict[int, list[tuple[str, str]]]:
    """By number the hashes that must stand there, and what is said where they do not."""
    expected = defaultdict(list)
    if upto.number:
        expected[upto.number].append((upto.hash, "the head of the chain says another hash."))
    for head in noted:
        if head.chain == upto.chain and head.number:
            expected[head.number].append((head.hash, "another hash was noted outside: the chain was made anew."))
    return expected


def _wrong(chain: str, known: str | None, line: Line) -> Iterator[Fault]:
    number, hash_, pk, at = line[:4]
    try:
        right = at is not None and (known is None or hash_of(known, chain, number, line[2:]) == hash_)
    except UNREADABLE:
        right = False
    if not right:
        yield Fault(chain, number, f"event {pk} or its seal was changed, or stands in another's place.")


def _end(chain: str, number: int) -> Iterator[Fault]:
    """Seals may have been laid while the chain was read, but never without moving its head."""
    after = next(iter(heads(chain)), None)
    if number and (after is None or after.number < number):
        yield Fault(chain, number, "the chain is longer than its head says.")


def _gap(chain: str, first: int, last: int) -> Iterator[Fault]:
    """Seals that are missing, or whose event is."""
    if last - first >= NAMED_ONE_BY_ONE:
        yield Fault(chain, first, f"everything from here to number {last} is missing.")
        return
    there = dict(AuditSeal.objects.filter(chain=chain, number__range=(first, last)).values_list("number", "event_id"))
    for number in range(first, last + 1):
        yield Fault(chain, number, f"event {there[number]} was deleted." if number in there else "a seal is missing.")


def _hash_at(chain: str, number: int) -> str | None:
    return AuditSeal.objects.filter(chain=chain, number=number).values_list("hash", flat=True).first()


def lines(chain: str) -> Iterator[Line]:
    """Number, hash and the event's columns of every seal, a chunk at a time, so that memory stays flat."""
    last = 0
    while chunk := _chunk(chain, last):
        yield from chunk
        last = chunk[-1][0]


def _chunk(chain: str, after: int) -> list[Line]:
    found = _sealed(chain).filter(number__gt=after)[:CHUNK]
    try:
        return list(found)
    except UNREADABLE:
        return _one_by_one(chain, after)


def _sealed(chain: str) -> QuerySet[AuditSeal, Line]:
    return AuditSeal.objects.filter(chain=chain).order_by("number").values_list("number", "hash", *columns("event__"))


def _one_by_one(chain: str, after: int) -> list[Line]:
    """The same chunk where a row in it cannot be read at all."""
    places = AuditSeal.objects.filter(chain=chain, number__gt=after).order_by("number")
    found = []
    for number, hash_, event in places.values_list("number", "hash", "event_id")[:CHUNK]:
        try:
            found += list(_sealed(chain).filter(number=number))
        except UNREADABLE:
            found.append((number, hash_, event, None))
    return found


def states() -> QuerySet[AuditHead]:
    """Every chain's head: how long it is, when it was sealed and checked, and what was wrong then."""
    return AuditHead.objects.order_by("chain")


# --- What has no seal -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unsealed:
    count: int = 0
    oldest: datetime | None = None


def unsealed(*, before: datetime, clinic: UUID | None = None, settled: int = 0) -> Unsealed:
    """Events from before an instant that have no seal; only those with a higher id than `settled`."""
    found = AuditEvent.objects.filter(seal=None, at__lt=before, pk__gt=settled)
    if clinic is not None:
        found = found.filter(clinic=clinic)
    return Unsealed(**found.aggregate(count=Count("pk"), oldest=Min("at")))


def late(*, now: datetime, chain: str = "") -> Iterator[Fault]:
    """Each event, of one chain or of all, that should have been sealed long ago."""
    rows = AuditEvent.objects.filter(seal=None, at__lt=now - LATE)
    if chain:
        rows = rows.filter(clinic=None if chain == INSTALLATION else UUID(chain))
    for pk, at, clinic in rows.order_by("pk").values_list("pk", "at", "clinic_id").iterator(CHUNK):
        yield Fault(chain_of(clinic), 0, f"event {pk} of {at:%Y-%m-%d %H:%M:%S}Z has no seal.")


def lost(*, chain: str = "") -> Iterator[Fault]:
    """Each clinic, or the one asked for, that has records and not one line about them: its whole chain is gone."""
    for clinic in Episode.objects.order_by("clinic").values_list("clinic", flat=True).distinct():
        if chain in ("", str(clinic)) and not AuditEvent.objects.filter(clinic=clinic).exists():
            yield Fault(str(clinic), 0, "the clinic has records, but no line of its trail is left.")
