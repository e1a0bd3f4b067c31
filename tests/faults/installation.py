"""One installation of the product, for as long as a trial lasts: a database, a queue, processes that may die."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.faults import children, ground, roles, verdict
from tests.faults.children import Child
from tracker import clock

_numbers = count(1)


@dataclass(slots=True)
class Installation:
    """`quick` ones hold messages for seconds, not for a minute, and have their rounds twice a second."""

    database: str
    queue: str
    log: Path
    quick: bool = True
    started: list[Child] = field(default_factory=list)
    armed: Sequence[Callable[[], None]] = ()
    """In each of its processes."""

    def start(self, role: Callable[[], object], *armed: Callable[[], None]) -> Child:
        """A process of this installation that plays the role, with what is armed in it."""

        def play() -> None:
            roles.take_place(self.database, self.queue, quick=self.quick)
            for each in (*self.armed, *armed):
                each()
            role()

        child = children.fork(play, self.log)
        self.started.append(child)
        return child

    def ask(self, question: Callable[[], children.Answer]) -> children.Answer:
        """What a process of its own answers that has the database at hand."""

        def there() -> children.Answer:
            ground.use(self.database)
            return question()

        return children.ask(there)

    def settle(self, within: float) -> float:
        """Waits until nothing is due, on its way or to be planned; the seconds it took."""
        begun = time.monotonic()
        children.until(lambda: self.ask(lambda: verdict.at_rest(clock.now())), within, step=0.15)
        return time.monotonic() - begun

    def end(self) -> None:
        for child in self.started:
            child.kill()

    def said(self) -> str:
        """The last of what the processes wrote."""
        return self.log.read_text(errors="replace")[-3000:] if self.log.exists() else ""


@contextmanager
def of(template: str, *, quick: bool = True) -> Iterator[Installation]:
    """A new one on a copy of a database; its processes, its database and its queue are gone afterwards."""
    number = next(_numbers)
    with ground.copy(template) as database:
        queue = f"faults-{ground.base.NAME}-{number}"
        made = Installation(database, queue, ground.OWN / f"installation-{number}.log", quick)
        try:
            yield made
        finally:
            made.end()
            ground.forget(queue)
