"""Beat is killed and stays dead: reminders leave all the same, and whoever watches the machine hears of it.

A worker, a beat, and a sender that needs neither. Beat is killed; in the minutes that follow reminders fall due.
Promises: each leaves within 30 seconds of its time, once; `/health/ready` is red within 90 seconds, says why, and is
green again when beat is. Then worker and sender are killed too: red within 90 seconds, and it names them.
Five minutes of a dead beat; --short: a hundred seconds, and worker and sender live.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from tests.faults import children, ground, installation, model, roles, verdict, world

# isort: split
from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.faults.installation import Installation
from tests.faults.journal import Mail
from tests.faults.world import World

PATIENTS = 120
RED_WITHIN = 90.0
GREEN_WITHIN = 60.0
LATE = 30.0
"""Seconds after its time within which a reminder leaves: two rounds of a sender."""
DEAD, DEAD_SHORT = 300.0, 100.0
MINUTES, MINUTES_SHORT = (1, 2, 3, 4), (1,)
"""In which reminders fall due, counted from the making of the world."""


def main() -> None:
    told = Figures("beat", short=figures.options(__doc__).short)
    due = [timedelta(minutes=each) for each in (MINUTES_SHORT if told.short else MINUTES)]
    template, of = ground.make(partial(world.build, PATIENTS, due=due))
    mark = ground.MAIL.mark()
    with installation.of(template) as at:
        worker, beat, sender = (at.start(role) for role in (roles.work_without_beat, roles.beat_alone, roles.send))
        assert seconds_until(at, lambda said: not said, 30), f"not green at the start: {problems(at)}"
        told.say(f"  {PATIENTS} patients; beat dies")
        beat.kill()
        red(told, at, "red_after", "beat", DEAD_SHORT if told.short else DEAD)
        judge(told, at, of, ground.MAIL.taken(mark))
        at.start(roles.beat_alone)
        green = seconds_until(at, lambda said: not said, GREEN_WITHIN)
        told.promise("green_after", green or "never", green is not None, f"<= {GREEN_WITHIN:.0f} s with beat back", "s")
        if not told.short:
            worker.kill()
            sender.kill()
            red(told, at, "red_after_sender", "sender", RED_WITHIN)
    told.end()


def red(told: Figures, at: Installation, key: str, what: str, stay: float) -> None:
    """Watches until readiness names the part that died, and stays as long as asked for."""
    begun = time.monotonic()
    after = seconds_until(at, lambda said: any(what in each for each in said), stay)
    time.sleep(max(0.0, stay - (time.monotonic() - begun)))
    kept = after is not None and after <= RED_WITHIN
    told.promise(key, "never" if after is None else after, kept, f"<= {RED_WITHIN:.0f} s", "s")


def seconds_until(at: Installation, true: Callable[[Sequence[str]], bool], within: float) -> float | None:
    begun = time.monotonic()
    return time.monotonic() - begun if children.until(lambda: true(problems(at)), within, step=0.5) else None


def problems(at: Installation) -> list[str]:
    """What `/health/ready` says is wrong; nothing while it is green."""
    status, said = at.ask(lambda: roles.look("/health/ready"))
    assert (status == 200) != bool(said["problems"]), f"{status} and {said}"
    return list(said["problems"])


def judge(told: Figures, at: Installation, of: World, mails: Sequence[Mail]) -> None:
    now = datetime.now(UTC)
    found = verdict.judge(model.expected(of.facts(), now), mails, at.ask(partial(verdict.open_the_books, now)))
    told.promise("lost", found.lost, not found.lost, "none")
    told.promise("doubled", found.doubled, not found.doubled, "none")
    told.promise("wrong", len(found.wrong), not found.wrong, "the database tells the same")
    for each in found.wrong[:5]:
        told.say(f"  {each}")
    late = max(lateness(of, mails))
    told.figure("mails", len(mails))
    told.promise("latest", late, late <= LATE, f"<= {LATE:.0f} s after its time", "s")


def lateness(of: World, mails: Sequence[Mail]) -> list[float]:
    """Seconds after its minute at which each reminder was taken."""
    return [
        mail.at - due.timestamp()
        for mail in mails
        if mail.to in of.wishes
        for _, due in model.reminders(of.zone, of.wishes[mail.to], of.since, datetime.now(UTC))
    ]


if __name__ == "__main__":
    main()
