"""What the worklist costs, by the number of knees and by the length of their histories, beside the least Django can do.

Promises: the worklist takes at most 6 SQL statements and the episode page at most 12, the same at 10 and at 200 knees
and at 18, 180 and 720 days of history.
Goals: at most 0.04 ms of CPU for a further patient; at least as many requests a second as the ideal statement with a
Django template; 720 days within 15 percent of 18. Nobody compresses in these; what compressing adds is told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tests.benchmarks import figures, ground, load, people, seed, servers, statements
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Run, Target
from tests.benchmarks.servers import Server
from tests.scenes import Staff
from tracker.models import Episode

PAGE = "/worklist/?need=all"
WORKLIST, EPISODE = 6, 12
PER_PATIENT_MS = 0.04
RATIO, BY_HISTORY = 1.0, 0.15
ROUNDS, REQUESTS = 5, 100


@dataclass(frozen=True, slots=True)
class Clinic:
    """A clinic of `knees` knees with `days` days of history each, and the browser of its physiotherapist."""

    knees: int
    days: int
    staff: Staff
    one: Episode
    browser: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"{self.knees} x {self.days}"


def main() -> None:
    told = Figures("worklist", short=figures.options(__doc__).short)
    ground.need_postgresql()
    many = 50 if told.short else 200
    with ground.database():
        clinics = [clinic(*size) for size in ((10, 180), (many, 180), (many, 18), (many, 720))]
        ground.analyze()
        ground.collect()
        count_statements(told, clinics)
        compare(told, clinics)
    told.end()


def clinic(number: int, days: int) -> Clinic:
    staff = seed.clinic()
    made = seed.different(staff, number=number, days=days)
    (browser,) = people.browsers([staff.physiotherapist.user])
    return Clinic(number, days, staff, made[0], browser)


def count_statements(told: Figures, clinics: list[Clinic]) -> None:
    wanted = "the same at any number of knees and days"
    for name, most, path in (
        ("worklist", WORKLIST, lambda at: PAGE),
        ("worklist_needing", WORKLIST, lambda at: "/worklist/"),
        ("episode", EPISODE, lambda at: f"/episodes/{at.one.pk}/"),
    ):
        found = [statements.count(at.browser, path(at)) for at in clinics]
        shown = ",".join(map(str, sorted(set(found))))
        told.promise(f"statements_{name}", shown, len(set(found)) == 1 and found[0] <= most, f"<= {most}, {wanted}")


def compare(told: Figures, clinics: list[Clinic]) -> None:
    """The lists and the floor in turn, on the same machine, workers and database server."""
    few, many, short, long = clinics
    with servers.floor(f"1:{many.knees}:{many.days}") as floor, servers.product() as ours:
        lists = {at.name: target(ours, at) for at in clinics}
        least = Target("floor", floor, lambda number: load.request("GET", "/dash/1", {}))
        packed = Target(
            "compressed", ours, lambda number: people.look(PAGE, {**many.browser, "Accept-Encoding": "gzip"})
        )
        targets = [least, *lists.values(), packed]
        load.rounds(targets, 1 if told.short else ROUNDS, REQUESTS // 4 if told.short else REQUESTS)
    for each in targets:
        told.say(load.line(each))
    page, small = lists[many.name], lists[few.name]
    ratio = load.ratio(page, least, rate)
    told.goal("ratio", ratio, ratio >= RATIO, f">= {RATIO:g} of the floor's requests a second")
    further = (page.middle(cpu) - small.middle(cpu)) / (many.knees - few.knees)
    told.goal("cpu_a_further_patient", further, further <= PER_PATIENT_MS, f"<= {PER_PATIENT_MS:g} ms", "ms")
    told.figure("floor_cpu_a_patient", least.middle(cpu) / many.knees, "ms")
    told.figure("compressing", packed.middle(cpu) - page.middle(cpu), "ms")
    told.figure("tail", page.middle(lambda run: run.percentile(0.99) / run.percentile(0.5)), note="p99 to p50")
    by_history = load.ratio(lists[long.name], lists[short.name], rate)
    kept = abs(by_history - 1) <= BY_HISTORY
    told.goal("720_to_18_days", by_history, kept, f"within {BY_HISTORY:.0%} of 1")


def target(ours: Server, at: Clinic) -> Target:
    asked = people.look(PAGE, at.browser)
    return Target(at.name, ours, lambda number: asked)


def rate(run: Run) -> float:
    return run.rate


def cpu(run: Run) -> float:
    return run.cpu_ms


if __name__ == "__main__":
    main()
