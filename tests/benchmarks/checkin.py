"""What a check-in costs: by page and by API, beside the least that Django can do for it.

Promise: at most 12 SQL statements beside the transaction's own, the same after 1 and after 180 entries.
Goals: at least 0.65 of the floor's requests a second, and the slowest hundredth within twice the median.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.benchmarks import checkins, figures, ground, load, people, seed, servers, statements
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Build, Target
from tests.benchmarks.servers import Server
from tracker.models import Episode

STATEMENTS, SUPERB = 12, 7
RATIO, TAIL = 0.65, 2.0
KNEES, HISTORY = 400, 60
"""Knees under load, and the days of check-ins behind each."""
ROUNDS, REQUESTS = 5, 400


def main() -> None:
    told = Figures("checkin", short=figures.options(__doc__).short)
    ground.need_postgresql()
    with ground.database():
        few, many = (seed.knee(seed.clinic(), seed.STORIES[0], days) for days in (2, 181))
        page = same(told, "page", by_page, few, many)
        api = same(told, "api", by_api, few, many)
        told.goal("statements_most", max(page, api), max(page, api) <= SUPERB, f"<= {SUPERB}")
        compare(told)
    told.end()


def same(told: Figures, way: str, count: Callable[[Episode], int], few: Episode, many: Episode) -> int:
    one, other = count(few), count(many)
    shown = one if one == other else f"{one},{other}"
    told.promise(
        f"statements_{way}", shown, one == other <= STATEMENTS, f"<= {STATEMENTS}, the same after 1 and 180 entries"
    )
    return max(one, other)


def by_page(knee: Episode) -> int:
    (browser,) = people.browsers(people.patients([knee]))
    token = {"csrfmiddlewaretoken": people.CSRF}
    return statements.count(browser, "/check-in/", 302, lambda: checkins.typed(knee) | token)


def by_api(knee: Episode) -> int:
    (program,) = people.programs(people.patients([knee]))
    kind = "application/json"
    return statements.count(program, checkins.address(knee), 201, lambda: checkins.told(knee), content_type=kind)


def compare(told: Figures) -> None:
    """Ours and the floor in turn, on the same machine, workers and database server."""
    knees = seed.knees(seed.clinic(), number=KNEES // 10 if told.short else KNEES, days=HISTORY)
    patients = people.patients(knees)
    browsers, programs = people.browsers(patients), people.programs(patients)
    ground.analyze()
    with servers.floor("1:1000:10") as floor, servers.product() as ours:
        full = Target("floor, session", floor, floor_page(floor), 201)
        drf = Target("floor, token", floor, floor_api(floor), 201)
        page = Target("page", ours, checkins.by_page(knees, browsers), 302)
        api = Target("api", ours, checkins.by_api(knees, programs), 201)
        targets = [full, page, drf, api]
        load.rounds(targets, 1 if told.short else ROUNDS, REQUESTS // 8 if told.short else REQUESTS)
    for each in targets:
        told.say(load.line(each))
    judge(told, page, full)
    judge(told, api, drf)


def judge(told: Figures, one: Target, floor: Target) -> None:
    ratio, cpu = load.ratio(one, floor, lambda run: run.rate), load.ratio(one, floor, lambda run: run.cpu_ms)
    told.goal(f"{one.name}_ratio", ratio, ratio >= RATIO, f">= {RATIO} of the floor's requests a second")
    told.figure(f"{one.name}_cpu", one.middle(lambda run: run.cpu_ms), "ms", f"{cpu:.2f} times the floor's")
    tail = one.middle(lambda run: run.percentile(0.99) / run.percentile(0.5))
    told.goal(f"{one.name}_p99_to_p50", tail, tail <= TAIL, f"<= {TAIL:g}")


def floor_page(floor: Server) -> Build:
    secrets = floor.secrets
    cookies = f"sessionid={secrets['session']}; csrftoken={secrets['csrf']}"
    headers = {"Cookie": cookies, "X-CSRFToken": secrets["csrf"]}
    return lambda number: people.write("/full", headers, floor_row(number))


def floor_api(floor: Server) -> Build:
    headers = {"Authorization": f"Token {floor.secrets['token']}"}
    return lambda number: people.write("/drf", headers, floor_row(number))


def floor_row(number: int) -> dict[str, int | str]:
    return {"person_id": 1 + number % 1000, "day": "2201-01-01", "pain": number % 11, "steps": 3000}


if __name__ == "__main__":
    main()
