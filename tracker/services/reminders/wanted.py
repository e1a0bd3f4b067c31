"""What a patient's state asks to be told on a day: one small pure function a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime

from tracker.models import Kind
from tracker.services.reminders.look import Look, Want, due_milestones, kept, operated_on, slot_of
from tracker.services.reminders.staff import STAFF_FINDERS


def check_in(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Each day from the one after surgery."""
    if (day, "") not in look.standing and day > min(map(operated_on, look.episodes)):
        yield Want(day, "", at, look.episodes[0])


def milestones(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a milestone, when it is due by the patient's own plan."""
    for episode in look.episodes:
        for key in due_milestones(kept(episode)):
            if not look.told(slot := slot_of(episode, key)):
                yield Want(day, slot, at, episode)


FINDERS: dict[str, Callable[[Look, date, datetime], Iterator[Want]]] = {
    Kind.CHECK_IN: check_in,
    Kind.MILESTONES: milestones,
    **STAFF_FINDERS,
}
