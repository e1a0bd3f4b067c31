"""A database that comes back from a backup sends nothing until somebody has looked: on both databases, by both signs.

A backup is made while messages wait; what it knows goes on and is sent; then it comes back, as another database or in
the place of the first, there also where the last sender died in its first batch after the backup. Promise: no mail
until `resume_sending`; after it what fell due in between is listed as expired with its reason, and the next day's
reminders come once. PostgreSQL where a server answers and pg_dump is on the PATH.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks import figures, ground
from tests.benchmarks.figures import Figures

ROOT = Path(__file__).parents[2]
DATABASES = {"sqlite": "SQLite", "rabbitmq": "PostgreSQL"}
"""By the set-up that has them."""
SHORT_WAYS = ("--ways", "another:in place")

Result = dict[str, Any]


def main() -> None:
    told = Figures("restore", short=figures.options(__doc__).short)
    on_postgresql = ground.SERVER and shutil.which("pg_dump")
    if not on_postgresql:
        told.say("  without PostgreSQL, or without pg_dump on the PATH: on SQLite alone")
    setups = list(DATABASES) if on_postgresql else ["sqlite"]
    running = [start(setup, told.short) for setup in setups]
    results = [result for process in running for result in read(process)]
    for each in results:
        show(told, each)
    for key in ("mails_while_shut", "lost", "doubled"):
        total = sum(each.get(key, 0) for each in results)
        told.promise(key, total, total == 0, "none")
    told.figure("expired", sum(each.get("expired", 0) for each in results), note="and listed with the reason")
    told.figure("next_day", sum(each.get("next_day", 0) for each in results), note="reminders of the day after")
    held = sum(each["holds"] for each in results)
    told.promise("restores", f"{held}/{len(results)}", 0 < held == len(results), "all of them hold")
    told.end()


def start(setup: str, short: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.comeback", *(SHORT_WAYS if short else ())]
    environment = {**os.environ, "FAULTS_SETUP": setup, "DATABASE_URL": ground.SERVER}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def read(process: subprocess.Popen[str]) -> Iterator[Result]:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            yield json.loads(line)
    if process.wait():
        yield {"setup": "?", "way": "the process", "holds": False, "wrong": ["ended in error"]}


def show(told: Figures, result: Result) -> None:
    told.say(
        f"  {DATABASES.get(result['setup'], '?'):<10} {result['way']:<18} {result.get('mails_while_shut', 0)} mails while shut, "
        f"{result.get('expired', 0)} expired, {result.get('next_day', 0)} the next day, {result.get('seconds', 0):.0f} s"
    )
    if not result["holds"]:
        told.say(f"    FAILED: {'; '.join(result['wrong'])}")


if __name__ == "__main__":
    main()
