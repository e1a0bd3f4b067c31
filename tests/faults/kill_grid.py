"""K1 to K9 on three set-ups: a process is killed, or paused past its lease, at a named point; what becomes of it all.

The set-ups: SQLite with the embedded worker and its broker in memory; PostgreSQL and RabbitMQ; PostgreSQL and Redis.
Each trial is a copy of a clinic with 22 reminders and an urgent alert to be told; after the kill a fresh worker has
90 seconds. Servers are taken from DATABASE_URL, AMQP_URL and REDIS_URL, else from their usual local ports.
Promise: in no trial is anything lost or doubled, and a reminder is uncertain only where it was being handed over.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from typing import Any

from tests.benchmarks import ground
from tests.benchmarks.figures import Figures
from tests.faults.cells import CELLS

ROOT = Path(__file__).parents[2]
SETUPS = ("sqlite", "rabbitmq", "redis")
TRIALS, SHORT = 15, 2
SHARDS = 2
"""Processes a set-up: trials mostly wait for a lease to end."""

Result = dict[str, Any]


@dataclass(slots=True)
class Tally:
    """All results, and what they come to."""

    results: list[Result] = field(default_factory=list)

    def total(self, what: str) -> int:
        return sum(int(each[what]) for each in self.results)

    def cell(self, setup: str, cell: str) -> list[Result]:
        return [each for each in self.results if (each["setup"], each["cell"]) == (setup, cell)]


def main() -> None:
    asked = options()
    told = Figures("kill_grid", short=asked.short)
    ground.need_postgresql()
    names, setups = asked.cells.split(","), asked.setups.split(",")
    trials = asked.trials or (SHORT if asked.short else TRIALS)
    begun = time.monotonic()
    tally = Tally(play(shards(setups, names, trials, asked.seed, asked.shards)))
    wanted = len(setups) * len(names) * trials
    show(told, tally, setups, names)
    told.say(f"  {wanted} trials in {time.monotonic() - begun:.0f} s, {asked.shards * len(setups)} at once")
    told.promise("lost", tally.total("lost"), tally.total("lost") == 0, "none")
    told.promise("doubled", tally.total("doubled"), tally.total("doubled") == 0, "none but repeats that say so")
    told.figure("uncertain", tally.total("uncertain"), note="only where nobody could know")
    told.figure("repeats", tally.total("repeats"), note="of urgent notices, marked")
    held = sum(each["holds"] for each in tally.results)
    told.promise("trials", f"{held}/{wanted}", held == wanted, "all of them hold")
    told.end()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help=f"{SHORT} trials a cell instead of {TRIALS}")
    parser.add_argument("--trials", type=int, help="trials a cell")
    parser.add_argument("--setups", default=",".join(SETUPS))
    parser.add_argument("--cells", default=",".join(CELLS))
    parser.add_argument("--seed", default="1", help="chooses at which message of a round it happens")
    parser.add_argument("--shards", type=int, default=SHARDS, help="processes a set-up")
    return parser.parse_args()


def shards(setups: Sequence[str], names: Sequence[str], trials: int, seed: str, number: int) -> list[Shard]:
    """Each set-up's cells, dealt out so that the shards take about as long as each other."""
    dealt = [(setup, ",".join(names[start::number])) for setup in setups for start in range(min(number, len(names)))]
    return [Shard(setup, cells, ["--trials", str(trials), "--seed", seed]) for setup, cells in dealt]


@dataclass(frozen=True, slots=True)
class Shard:
    setup: str
    cells: str
    others: Sequence[str]

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.faults.shard", "--cells", self.cells, *self.others]
        environment = {**os.environ, "FAULTS_SETUP": self.setup, "DATABASE_URL": ground.SERVER}
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def play(dealt: Sequence[Shard]) -> list[Result]:
    """All shards at once; a failed trial is told as soon as it is known."""
    lines: Queue[str | None] = Queue()
    for process in [shard.start() for shard in dealt]:
        threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    results, running = [], len(dealt)
    while running:
        line = lines.get()
        if line is None:
            running -= 1
        elif line.startswith("{"):
            results.append(json.loads(line))
            tell_failure(results[-1])
        else:
            print(line, end="", flush=True)
    return results


def _read(process: subprocess.Popen[str], lines: Queue[str | None]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        lines.put(line)
    process.wait()
    lines.put(None)


def tell_failure(result: Result) -> None:
    if result["holds"]:
        return
    where = f"{result['setup']} {result['cell']} trial {result['number']}, {result['point']} {result['about']}"
    print(f"  FAILED {where}, {result['skip']} later: {'; '.join(result['wrong'])}", flush=True)
    print("    " + result["log"].replace("\n", "\n    "), flush=True)


def show(told: Figures, tally: Tally, setups: Sequence[str], names: Sequence[str]) -> None:
    told.say("  set-up    " + "".join(f"{name:>11}" for name in names) + "   (held/trials, uncertain u, repeats r)")
    for setup in setups:
        told.say(f"  {setup:<10}" + "".join(f"{brief(tally.cell(setup, name)):>11}" for name in names))
    slowest = Counter({f"{each['setup']} {each['cell']}": each["settled"] for each in tally.results})
    for where, seconds in slowest.most_common(1):
        told.say(f"  longest until all was right again: {seconds:.1f} s ({where})")


def brief(results: Sequence[Result]) -> str:
    held = sum(each["holds"] for each in results)
    uncertain, repeats = sum(each["uncertain"] for each in results), sum(each["repeats"] for each in results)
    return f"{held}/{len(results)}" + (f" {uncertain}u" if uncertain else "") + (f" {repeats}r" if repeats else "")


if __name__ == "__main__":
    main()
