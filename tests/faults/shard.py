"""Trials of the kill grid on one set-up, one after another; each result is a line of JSON. Started by `kill_grid`.

A trial: a copy of the world, a process that is killed or paused at the point, another that has 90 seconds to put all
right, and the verdict.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from signal import SIGKILL

from tests.faults import cells, children, ground, installation, points, roles, verdict, world
from tests.faults.cells import Draw, Variant
from tests.faults.children import Child
from tests.faults.installation import Installation
from tests.faults.model import Facts, expected
from tests.faults.verdict import Verdict
from tests.faults.world import World
from tracker import clock
from tracker.models import CheckIn, Restriction

AT_REST_WITHIN = 90.0
REACHED_WITHIN = 60.0
LAPSED = roles.QUICKLY.total_seconds() + 0.5
WORLD_LASTS = 600.0
"""Seconds after which time itself would make something due in the world."""


@dataclass(slots=True)
class Trial:
    """What is at hand in one trial."""

    cell: str
    number: int
    draw: Draw
    world: World
    at: Installation

    def arm(self, act: Callable[[], object]) -> Callable[[], None]:
        return partial(points.arm, self.variant.point, act, skip=self.draw.skip, about=self.variant.about)

    @property
    def variant(self) -> Variant:
        return self.draw.variant

    @property
    def victim(self) -> Callable[[], None]:
        return roles.send if self.draw.by_sender else roles.work_alone

    def help(self) -> None:
        """A fresh worker, nobody's victim; how long it is at each letter is written down."""
        self.at.start(roles.work, partial(points.measure, "handing over", self.times))

    @property
    def times(self) -> Path:
        return self.at.log.with_suffix(".seconds")

    @property
    def overrun(self) -> int:
        """Letters at which it was longer than its lease, since the machine was busy: nobody could know of those."""
        seconds = self.times.read_text().split() if self.times.exists() else []
        return sum(float(each) > roles.QUICKLY.total_seconds() for each in seconds)


def die_at_the_point(trial: Trial, child: Child) -> None:
    ended = child.wait(REACHED_WITHIN)
    assert ended == -SIGKILL, f"it did not die at the point: {'it lives' if ended is None else ended}"


# --- Each who is hit ------------------------------------------------------------------------------------------------


def web(trial: Trial) -> Facts:
    """Somebody acts on the pages; the process dies with it before or after the commit."""
    actor = trial.world.patients[1 + trial.number % (len(trial.world.patients) - 1)]
    before = trial.at.ask(partial(written, actor.episode))
    die_at_the_point(trial, trial.at.start(partial(act, trial, actor), trial.arm(points.kill)))
    happened = trial.cell == "K2"
    assert (trial.at.ask(partial(written, actor.episode)) != before) == happened, (
        "what was written is not all or nothing"
    )
    facts = trial.world.facts()
    if happened and trial.variant.act == cells.FLAG:
        return replace(facts, alerts=[*facts.alerts, actor.email], checked_in=[*facts.checked_in, actor.email])
    return replace(facts, orders=[actor.email]) if happened else facts


def act(trial: Trial, actor: world.Person) -> None:
    base, zone = f"/api/v1/episodes/{actor.episode}", trial.world.zone
    if trial.variant.act == cells.FLAG:
        status = roles.post(f"{base}/check-ins/", actor.headers, {"date": clock.today(zone).isoformat(), **world.FLAG})
    else:
        order = {"term": "NWB", "aids": "two_crutches", "starts_on": clock.today(zone).isoformat(), "reason": "Fall."}
        status = roles.post(f"{base}/restrictions/", trial.world.surgeon, order)
    time.sleep(REACHED_WITHIN if status == 201 else 0)
    raise AssertionError(f"answered {status}")


def written(episode: str) -> tuple[int, int]:
    return CheckIn.objects.filter(episode=episode).count(), Restriction.objects.filter(episode=episode).count()


def worker(trial: Trial) -> Facts:
    die_at_the_point(trial, trial.at.start(trial.victim, trial.arm(points.kill)))
    return trial.world.facts()


def sweeper(trial: Trial) -> Facts:
    """One sender dies with messages in its hands; once its lease is over, so does the sweeper that finds them."""
    first = "begun" if trial.number % 2 else "claimed"
    about = points.REMINDER if trial.number % 4 == 1 else ""
    dies = partial(points.arm, first, points.kill, about=about)
    die_at_the_point(trial, trial.at.start(trial.victim, dies))
    time.sleep(LAPSED)
    die_at_the_point(trial, trial.at.start(roles.sweep, trial.arm(points.kill)))
    return trial.world.facts()


def paused(trial: Trial) -> Facts:
    """A sender stands still until its lease is over and another has done its work, and then goes on."""
    back = trial.at.log.with_suffix(".back")
    telling = partial(points.arm, "delivered", back.touch, always=True)
    child = trial.at.start(roles.work_alone, trial.arm(points.stop), telling)
    assert children.until(child.is_stopped, REACHED_WITHIN), "it did not stop at the point"
    back.unlink(missing_ok=True)
    trial.help()
    time.sleep(LAPSED)
    trial.at.settle(AT_REST_WITHIN)
    child.go_on()
    assert children.until(lambda: back.exists() or child.poll() is not None, REACHED_WITHIN), "it did not go on"
    return trial.world.facts()


PLAYS = {cells.WEB: web, cells.WORKER: worker, cells.SWEEPER: sweeper, cells.PAUSED: paused}


# --- One trial ------------------------------------------------------------------------------------------------------


def run(trial: Trial) -> tuple[Verdict, float]:
    mark = ground.MAIL.mark()
    facts = PLAYS[cells.CELLS[trial.cell].who](trial)
    trial.help()
    took = trial.at.settle(AT_REST_WITHIN)
    trial.at.end()
    now = datetime.now(UTC)
    books = trial.at.ask(partial(verdict.open_the_books, now))
    found = verdict.judge(expected(facts, now), ground.MAIL.taken(mark), books)
    if took >= AT_REST_WITHIN:
        found.wrong.append(f"not at rest after {took:.0f} s")
    if found.uncertain > most_uncertain(trial):
        found.wrong.append(f"{found.uncertain} uncertain")
    return found, took


def most_uncertain(trial: Trial) -> int:
    """Only a reminder that was being handed over may end so, and a sender hands over one letter at a time."""
    if trial.cell == "K8":
        return trial.number % 2 + trial.overrun
    return int(trial.variant.unknowable and trial.variant.about == points.REMINDER) + trial.overrun


def trials(names: Sequence[str], numbers: range, seed: str) -> None:
    made, template, of = 0.0, "", None
    for number in numbers:
        for cell in names:
            if of is None or time.monotonic() - made > WORLD_LASTS:
                template, of = ground.make(world.build)
                made = time.monotonic()
            with installation.of(template) as at:
                tell(Trial(cell, number, cells.drawn(cell, number, seed), of, at))


def tell(trial: Trial) -> None:
    begun = time.monotonic()
    try:
        found, took = run(trial)
    except (AssertionError, RuntimeError) as error:
        found, took = Verdict(wrong=[str(error)]), 0.0
    said = asdict(trial.variant) | asdict(found) | {"holds": found.holds, "settled": took}
    said |= {"setup": ground.SETUP, "cell": trial.cell, "number": trial.number, "skip": trial.draw.skip}
    if not found.holds:
        said["log"] = "\n".join([*trial.at.ask(verdict.doubts), trial.at.said()])
    print(json.dumps(said | {"seconds": time.monotonic() - begun}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", default=",".join(cells.CELLS))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--seed", default="1")
    asked = parser.parse_args()
    trials(asked.cells.split(","), range(asked.first, asked.first + asked.trials), asked.seed)


if __name__ == "__main__":
    main()
