"""The broker is stopped, started, emptied, blocked, and dead for ten minutes, while patients check in.

For Redis and for RabbitMQ: web processes and two workers, each with a beat. The broker is stopped and started ten
times, with check-ins while it is gone, some of which raise an urgent alert; then it is emptied or runs out of memory
under them. Then, on another installation that also has a sender, it is dead for ten minutes.
Promises: no request fails or waits for the broker; workers take jobs again within 60 seconds; whatever was to be told
is told once; without a broker an urgent notice leaves within 30 seconds.
--short: stopped twice, dead for half a minute.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from pathlib import Path

from tests.benchmarks import ground
from tests.benchmarks.figures import Figures

ROOT = Path(__file__).parents[2]
KINDS = ("redis", "rabbitmq")


def main() -> None:
    asked = options()
    told = Figures("broker", short=asked.short)
    ground.need_postgresql()
    kinds = asked.kinds.split(",")
    parts = [start(kind, short=asked.short) for kind in kinds]
    for part in parts:
        threading.Thread(target=show, args=(part,), daemon=True).start()
    ended = dict(zip(kinds, [part.wait() for part in parts], strict=True))
    for kind, code in ended.items():
        told.promise(kind, "kept" if code == 0 else "broken", code == 0, "all of its own")
    told.end()


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="stopped twice, dead for half a minute")
    parser.add_argument("--kinds", default=",".join(KINDS))
    return parser.parse_args()


def start(kind: str, *, short: bool) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.outages", *(["--short"] if short else [])]
    environment = {**os.environ, "FAULTS_SETUP": kind, "DATABASE_URL": ground.SERVER}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def show(part: subprocess.Popen[str]) -> None:
    assert part.stdout is not None
    for line in part.stdout:
        print(line, end="", flush=True)


if __name__ == "__main__":
    main()
