"""Gives every event of the trail its place in the chain of its clinic, shortly after it was written.

Nobody who writes an event waits for this. Any number of sealers may run: each batch is laid under a lock on the row
of the chain's head, and whoever comes second finds nothing left to do.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from tracker.models import AuditEvent, AuditHead, AuditSeal, AuditSweep, User
from tracker.selectors import chains
from tracker.selectors.chains import Fault, Head

logger = logging.getLogger(__name__)

BATCH = 500
"""Events under one lock. On SQLite a check-in waits for it: a few hundredths of a second."""
LATEST_COMMIT = timedelta(hours=1)
"""No transaction of the product stays open so long: what is older, and has no event unsealed before it, is settled."""
MOST = 100
"""Faults of one chain that are told; whoever reads of one runs the command."""
LOOK_AT_ALL = timedelta(days=1)
"""How often all events are looked at, for one that was committed later still."""


def seal(*, now: datetime, alive: Callable[[], object] | None = None) -> int:
    """Seals every event that has no seal. Returns how many it sealed; safe at any time and in any number."""
    sweep, _ = AuditSweep.objects.get_or_create(pk=AuditSweep.ONLY)
    all_of_them = sweep.looked_at is None or not timedelta(0) <= now - sweep.looked_at < LOOK_AT_ALL
    after = 0 if all_of_them else sweep.settled
    laid = 0
    for clinic in _waiting(after):
        for count in _lay_all(clinic, after, now):
            laid += count
            if alive is not None:
                alive()
    _settle(after, now, all_of_them)
    return laid


def _unsealed(after: int) -> QuerySet[AuditEvent]:
    """Events after an id that have no seal. Seals are bounded, too, or a database reads them all from the first on."""
    return AuditEvent.objects.filter(
        ~Exists(AuditSeal.objects.filter(pk__gt=after, event=OuterRef("pk"))), pk__gt=after
    )


def _waiting(after: int) -> list[UUID | None]:
    """The clinics, None for the installation, that have events without a seal."""
    rows = _unsealed(after).order_by().values_list("clinic_id", flat=True).distinct()
    return list(rows)


def _lay_all(clinic: UUID | None, after: int, now: datetime) -> Iterator[int]:
    """How many each batch of one chain sealed.

    A batch begins where the one before it ended, or a long backlog would be read from its start each time. What is
    committed meanwhile under a lower id waits for the next sealer.
    """
    while seals := _lay(clinic, after, now):
        yield len(seals)
        after = seals[-1].event_id


@transaction.atomic
def _lay(clinic: UUID | None, after: int, now: datetime) -> list[AuditSeal]:
    """The next seals of one chain, in the order of their events."""
    chain = chains.chain_of(clinic)
    AuditHead.objects.bulk_create([AuditHead(chain=chain)], ignore_conflicts=True)
    head = AuditHead.objects.select_for_update().get(chain=chain)
    rows = _unsealed(after).filter(clinic=clinic).order_by("pk")
    seals = list(_seals(head, rows.values_list(*chains.columns())[:BATCH]))
    if seals:
        AuditSeal.objects.bulk_create(seals)
        head.sealed_at = now
        head.save(update_fields=["number", "hash", "sealed_at"])
    return seals


def _seals(head: AuditHead, events: Iterable[tuple[Any, ...]]) -> Iterator[AuditSeal]:
    for event in events:
        head.number += 1
        head.hash = chains.hash_of(head.hash, head.chain, head.number, event)
        yield AuditSeal(event_id=event[0], chain=head.chain, number=head.number, hash=head.hash)


def _settle(after: int, now: datetime, all_of_them: bool) -> None:
    """Moves on where the next look begins. A database gives ids out before they are committed, so not to the last."""
    waits = _unsealed(after).order_by("pk").values_list("pk", flat=True).first()
    old = AuditEvent.objects.filter(pk__gt=after, at__lt=now - LATEST_COMMIT)
    if waits is not None:
        old = old.filter(pk__lt=waits)
    settled = old.aggregate(last=Max("pk"))["last"]
    sweep = AuditSweep.objects.filter(pk=AuditSweep.ONLY)
    if settled is not None:
        sweep.filter(settled__lt=settled).update(settled=settled)
    if all_of_them:
        sweep.update(looked_at=now)


# --- Is it whole? ---------------------------------------------------------------------------------------------------


def check(chain: str, *, now: datetime, noted: list[Head]) -> Iterator[Fault]:
    """Works the chain out anew, tells each fault as it is found, and keeps how many there were."""
    count = 0
    for fault in chains.faults(chain, noted):
        count += 1
        yield fault
    AuditHead.objects.filter(chain=chain).update(checked_at=now, faults=count)


def tell(*, now: datetime, alive: Callable[[], object]) -> None:
    """Once a day: checks every chain, and tells the heads outside, in the log and by mail to whoever runs this."""
    today, sweep = now.date(), AuditSweep.objects.filter(pk=AuditSweep.ONLY)
    if not sweep.filter(Q(told_on=None) | Q(told_on__lt=today)).update(told_on=today):
        return
    found = [str(fault) for fault in chains.lost()]
    for chain in chains.names():
        found += [str(fault) for at, fault in enumerate(check(chain, now=now, noted=[])) if at < MOST]
        alive()
    lines = [*map(str, chains.heads()), *found]
    for line in lines:
        logger.log(logging.ERROR if line in found else logging.INFO, "the trail: %s", line)
    _mail(today.isoformat(), lines, broken=bool(found))


def _mail(day: str, lines: list[str], *, broken: bool) -> None:
    operators = User.objects.filter(is_superuser=True, is_active=True).exclude(email="")
    verdict = "IS BROKEN" if broken else "is whole"
    text = "\n".join([*lines, "", KEEP])
    for address in operators.values_list("email", flat=True):
        try:
            send_mail(f"The trail of {day} {verdict}", text, settings.DEFAULT_FROM_EMAIL, [address])
        except OSError:
            logger.exception("the heads of the trail could not be mailed")


KEEP = (
    "Keep this mail where whoever runs the database cannot change it. To hold the trail against it later, save it as a "
    "file and run: python3 manage.py verify_audit --heads FILE"
)
