"""What staff tests look at: the days of a June week in London, who was told, what waits on the call list."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import mails, run
from tracker.clinical.terms import Aids
from tracker.clock import StoppedClock
from tracker.models import Alert, Episode, OutboxMessage, Restriction
from tracker.selectors import calls
from tracker.services import restrictions

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 6, day) for day in (15, 16, 17, 18, 19))


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """London's summer clock, an hour ahead of UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def pass_hours(clock: StoppedClock, hours: float, *, every: timedelta = timedelta(minutes=15)) -> None:
    """Time goes by with the engine running."""
    end = clock.instant + timedelta(hours=hours)
    while clock.instant < end:
        clock.set(min(clock.instant + every, end))
        run()


def told(path: Path, subject: str) -> list[str]:
    """To whom mail with that subject went, by address."""
    return sorted(str(mail["To"]) for mail in mails(path) if mail["Subject"] == subject)


def ends(kind: str) -> list[tuple[str, str]]:
    """What became of the messages of a kind, earliest first."""
    return list(OutboxMessage.objects.filter(kind=kind).order_by("due_at", "pk").values_list("state", "reason"))


def waiting(home: Staff) -> list[str]:
    """The kinds of the entries of the call list, in their order."""
    return [entry.kind for entry in calls.open_entries(home.clinic)]


def order(home: Staff, knee: Episode, percent: int, *, aids: Aids = Aids.TWO_CRUTCHES) -> Restriction:
    """The surgeon's word on what the leg may carry from today on."""
    wanted = restrictions.NewOrder(
        max_percent=percent, aids=aids, starts_on=scenes.today(home.clinic), reason="More swelling."
    )
    return restrictions.order(episode=knee, by=home.surgeon, order=wanted)


def alarm(knee: Episode) -> Alert:
    """An urgent alert, by what the patient reports."""
    return Alert.objects.get(check_in=scenes.check_in(knee, pain_load=4, symptoms=["breathless"]), code="breathless")
