"""Every local date is reminded of exactly once, in every zone there is, through both nights on which clocks change.

Promise: for every zone of the system's database, 400 days and five hours on the wall, the instant that the product
works out, and that its planner comes to however late it is asked, is the one that a walk along UTC finds; and what
planner and dispatcher make of it in 12 zones, where one process dies and another goes on, is one message a date: none
lost, none doubled. Nights are lived through on SQLite and, where a server answers, on PostgreSQL.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from tests.benchmarks import ground
from tests.benchmarks.figures import Figures
from tests.faults import calendars
from tests.faults.calendars import Compared
from tests.faults.walls import DAY, HOURS, LEFT_OUT

ROOT = Path(__file__).parents[2]
DAYS, EVERY = 400, 24
"""The short run takes every 24th zone."""
CORES = 2
AROUND = 30
"""Days that are walked about each date that a zone left out."""
SHORT_NIGHTS = ("--zones", "Antarctica/Troll", "--changes", "1", "--left-out", "Pacific/Apia")

Night = dict[str, Any]


def main() -> None:
    asked = options()
    told = Figures("zones", short=asked.short)
    began = time.monotonic()
    living = start_nights(asked)
    compare(told, asked.since, asked.short)
    live(told, [night for process in living for night in read(process)])
    told.say(f"  {time.monotonic() - began:.0f} s in all")
    told.end()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"every {EVERY}th zone, and two nights")
    parser.add_argument("--since", type=date.fromisoformat, default=datetime.now(UTC).date(), help="the first date")
    return parser.parse_args()


# --- The arithmetic, without I/O --------------------------------------------------------------------------------------


def compare(told: Figures, since: date, short: bool) -> None:
    names = sorted(available_timezones())
    spans = [(zone, since, DAYS) for zone in names[:: EVERY if short else 1]]
    spans += [(zone, day - AROUND // 2 * DAY, AROUND) for zone, day in LEFT_OUT.items()]
    began = time.monotonic()
    with get_context("fork").Pool(CORES) as pool:
        found = list(pool.imap_unordered(calendars.compare, spans, chunksize=4))
        pool.close()
        pool.join()
    total = sum(found, Compared())
    for line in total.wrong[:20]:
        told.say(f"  WRONG {line}")
    told.say(f"  {len(spans) - len(LEFT_OUT)} zones of {len(names)}, {DAYS} days from {since} on, {len(HOURS)} hours")
    told.say(f"  and {AROUND} days around {len(LEFT_OUT)} dates left out, in {time.monotonic() - began:.0f} s")
    told.figure("cases", total.cases)
    told.figure("skipped", total.skipped, note="of them on an hour that the night skipped")
    told.figure("repeated", total.repeated, note="on one that it repeated")
    told.promise("dates_left_out", total.left_out, total.left_out == len(LEFT_OUT), "one a zone that crossed the line")
    for key in ("missing", "extra", "moved"):
        number = getattr(total, key)
        told.promise(key, number, number == 0, "none")


# --- The engine, through the nights -----------------------------------------------------------------------------------


def start_nights(asked: argparse.Namespace) -> list[subprocess.Popen[str]]:
    since = datetime.combine(asked.since, datetime.min.time(), UTC).isoformat()
    if asked.short:
        return [night_process("sqlite", since, *SHORT_NIGHTS)]
    return [night_process(setup, since) for setup in ("sqlite", *(["rabbitmq"] if ground.SERVER else []))]


def night_process(setup: str, since: str, *others: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.nights", "--around", since, *others]
    environment = {**os.environ, "FAULTS_SETUP": setup, "DATABASE_URL": ground.SERVER}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def read(process: subprocess.Popen[str]) -> Iterator[Night]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            yield json.loads(line)
    if process.wait():
        yield {"setup": "?", "zone": "the process", "change": "", "holds": False, "wrong": ["ended in error"]}


def live(told: Figures, nights: Sequence[Night]) -> None:
    for night in nights:
        if not night["holds"]:
            told.say(f"  FAILED {night['setup']} {night['zone']} {night['change']}: {'; '.join(night['wrong'])}")
    total = Counter[str]()
    for night in nights:
        total.update({key: night.get(key, 0) for key in ("wanted", "lost", "doubled")})
    by_setup = Counter(night["setup"] for night in nights)
    told.say("  nights: " + ", ".join(f"{number} on {setup}" for setup, number in by_setup.items()))
    told.figure("reminders", total["wanted"], note="through the planner, the dispatcher and a mail server")
    told.figure("latest", max((night.get("latest", 0) for night in nights), default=0), "min", "after the right minute")
    told.promise("lost", total["lost"], total["lost"] == 0, "none")
    told.promise("doubled", total["doubled"], total["doubled"] == 0, "none")
    held = sum(night["holds"] for night in nights)
    told.promise("nights", f"{held}/{len(nights)}", 0 < held == len(nights), "all of them hold")


if __name__ == "__main__":
    main()
