"""How fast the trail is worked out anew, that any change to it is named, and that many may write it at once.

First fifty writers of 200 lines each with four sealers beside them. Then a chain of a million lines, sealed in one go,
the last tenth of it beside the first. It is read and worked out anew in a process of its own; beside it, in the same
run, the limit: the same rows read, and nothing worked out.
Then, each by itself, one letter of one line changed, one line deleted, two lines exchanged: each must be named.
Promise: a million lines in less than 60 seconds, in memory that does not grow with them.
--short: 20,000 lines and 20 lines a writer. `--lines` and `--each` say how many otherwise.
"""

from __future__ import annotations

import argparse
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from tests.benchmarks import ground

# isort: split
from django.db import connection, transaction

from tests import scenes
from tests.benchmarks import seed
from tests.benchmarks.figures import Figures
from tests.faults import children
from tests.scenes import Staff
from tracker import clock
from tracker.models import AuditEvent, AuditHead, AuditSeal, triggers
from tracker.selectors import chains
from tracker.services import seals

MILLION, WITHIN = 1_000_000, 60.0
WRITERS, SEALERS = 50, 4
FROM = datetime(2026, 1, 5, 8, tzinfo=UTC)
FLAT = 32.0
"""MiB by which reading a chain of any length may grow the process."""


def main() -> None:
    asked = options()
    told = Figures("trail", short=asked.short)
    with ground.database():
        told.say(f"  on {connection.vendor}")
        crowd(told, seed.clinic(), asked.each)
        chain = str(long_chain(told, asked.lines))
        ground.analyze()
        speed(told, chain, asked.lines)
        damages(told, chain, asked.lines)
    told.end()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="as small as still means something, within 30 seconds")
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--each", type=int, default=0)
    asked = parser.parse_args()
    asked.lines = asked.lines or (20_000 if asked.short else MILLION)
    asked.each = asked.each or (20 if asked.short else 200)
    return asked


# --- Many at once ---------------------------------------------------------------------------------------------------


def crowd(told: Figures, staff: Staff, each: int) -> None:
    knee = scenes.knee(staff)
    done = threading.Event()
    writers = [threading.Thread(target=alone, args=(write, staff, knee.pk, each)) for _ in range(WRITERS)]
    sealers = [threading.Thread(target=alone, args=(seal_until, done)) for _ in range(SEALERS)]
    began = time.monotonic()
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sealers:
        thread.join()
    took = time.monotonic() - began
    seals.seal(now=clock.now())
    broken = len(list(chains.faults(str(staff.clinic.pk))))
    written = AuditEvent.objects.filter(action="written").count()
    unsealed = AuditEvent.objects.filter(seal=None).count()
    told.figure("crowd_lines_per_s", written / took)
    told.promise("crowd_written", written, written == WRITERS * each, f"{WRITERS} x {each}")
    told.promise("crowd_unsealed", unsealed, unsealed == 0, "none")
    told.promise("crowd_faults", broken, broken == 0, "none")


def alone(part: Callable[..., None], *args: object) -> None:
    try:
        part(*args)
    finally:
        connection.close()


def write(staff: Staff, knee: UUID, each: int) -> None:
    """Every other line in a transaction that stays open a little, so that ids are committed out of order."""
    for number in range(each):
        with transaction.atomic():
            event = line(number, clock.now(), staff, knee)
            event.action = "written"
            event.save(force_insert=True)
            time.sleep(0.002 if number % 2 and connection.vendor == "postgresql" else 0)


def seal_until(done: threading.Event) -> None:
    while not done.wait(0.05):
        seals.seal(now=clock.now())


# --- A long chain ---------------------------------------------------------------------------------------------------


def long_chain(told: Figures, lines: int) -> UUID:
    staff = seed.clinic()
    knees = [scenes.knee(staff, signed=False).pk for _ in range(20)]
    seals.seal(now=clock.now())
    for first in range(0, lines, 10_000):
        numbers = range(first, min(first + 10_000, lines))
        AuditEvent.objects.bulk_create(
            [line(at, FROM + timedelta(seconds=at), staff, knees[at % 20]) for at in numbers], 1_000
        )
    ground.analyze()  # as a database in use does by itself
    backlog(told)
    return staff.clinic.pk


def backlog(told: Figures) -> None:
    """All of it sealed in one go, as after a sealer was dead for long; each batch should cost what the first did."""
    stops = [time.monotonic()]
    laid = seals.seal(now=clock.now(), alive=lambda: stops.append(time.monotonic()))
    told.figure("sealed_lines_per_s", laid / (stops[-1] - stops[0]))
    tenth = max(1, (len(stops) - 1) // 10)
    last_to_first = (stops[-1] - stops[-1 - tenth]) / (stops[tenth] - stops[0])
    told.promise("last_to_first", last_to_first, last_to_first < 3, "< 3 times the time of the first tenth")


def line(number: int, at: datetime, staff: Staff, knee: UUID) -> AuditEvent:
    """As the product writes them: mostly looks at a record, now and then a list of twenty."""
    event = AuditEvent(at=at, clinic=staff.clinic, user=staff.surgeon.user, role="surgeon", action="read_as_staff")
    event.outcome, event.episode_id, event.object_id = AuditEvent.Outcome.SEEN, knee, str(uuid4())
    event.detail = {"page": "episode"}
    if number % 10 == 0:
        event.episode_id, event.detail = None, {"page": "worklist", "episodes": [str(knee)] * 20}
    event.via, event.address, event.request_id = "browser", "192.0.2.7", f"{number:016x}"
    return event


def speed(told: Figures, chain: str, lines: int) -> None:
    connection.close()
    bare, _, _ = children.ask(lambda: measured(lambda: sum(1 for _ in chains.lines(chain))))
    took, grown, broken = children.ask(lambda: measured(lambda: sum(1 for _ in chains.faults(chain))))
    total = AuditSeal.objects.filter(chain=chain).count()
    told.figure("rows", total)
    told.figure("limit_rows_per_s", total / bare, note="read alone")
    told.figure("rows_per_s", total / took, note=f"{bare / took:.0%} of the limit")
    wanted = WITHIN * lines / MILLION
    judge = told.goal if told.short else told.promise  # a few thousand lines say more of the start than of the speed
    judge("seconds", took, took < wanted, f"< {wanted:g} s for {lines:,} lines, on an idle machine", "s")
    told.promise("grown", grown, grown < FLAT, f"< {FLAT:g} MiB", "MiB")
    told.promise("faults", broken, broken == 0, "none")


def measured(part: Callable[[], int]) -> tuple[float, float, int]:
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    found = part()
    return time.monotonic() - began, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024, found


# --- Damage ---------------------------------------------------------------------------------------------------------


def damages(told: Figures, chain: str, lines: int) -> None:
    at = lines // 2
    for name, damage, wanted in (
        ("changed", change, {at}),
        ("deleted", delete, {at}),
        ("swapped", swap, {at, at + 1}),
        ("cut_off", cut_off, {AuditHead.objects.get(chain=chain).number}),
    ):
        with undone():
            damage(chain, at, lines)
            began = time.monotonic()
            named = {fault.number for fault in chains.faults(chain)}
        note = f"named {sorted(named)} in {time.monotonic() - began:.1f} s"
        told.promise(name, len(named & wanted), wanted <= named, f"{len(wanted)} named ({note})")


@contextmanager
def undone() -> Iterator[None]:
    with triggers.lifted(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def at_number(chain: str, number: int) -> AuditSeal:
    return AuditSeal.objects.select_related("event").get(chain=chain, number=number)


def change(chain: str, at: int, lines: int) -> None:
    """One letter."""
    event = at_number(chain, at).event
    AuditEvent.objects.filter(pk=event.pk).update(request_id=event.request_id[:-1] + "g")


def delete(chain: str, at: int, lines: int) -> None:
    """With its seal, so that nothing points at nothing."""
    seal = at_number(chain, at)
    AuditSeal.objects.filter(pk=seal.pk)._raw_delete("default")
    AuditEvent.objects.filter(pk=seal.event_id)._raw_delete("default")


def swap(chain: str, at: int, lines: int) -> None:
    """The columns of two lines are exchanged, as if the second had come first."""
    one, other = at_number(chain, at).event, at_number(chain, at + 1).event
    for row, source in ((one, other), (other, one)):
        columns = {name: getattr(source, name) for name in chains.COLUMNS if name != "id"}
        AuditEvent.objects.filter(pk=row.pk).update(**columns)


def cut_off(chain: str, at: int, lines: int) -> None:
    delete(chain, AuditHead.objects.get(chain=chain).number, lines)


if __name__ == "__main__":
    main()
