"""One breaker a channel: a provider that does not answer is tried seldom, by one sender at a time, until it does.

Three tries in a row without an answer open it. While it is open the messages wait where they are; after a pause that
doubles each time one of them may try. As soon as one gets through, all that the provider left lying is due at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from tracker.models import Breaker, OutboxMessage

OPENS_AFTER = 3
BETWEEN = timedelta(seconds=1)
"""Between the first tries, which come before it opens: a dead host is tried once a second at most."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=2), timedelta(seconds=30)
PROBE = timedelta(seconds=30)
"""For so long whoever may try is waited for: longer than any channel takes over one letter."""


def failing(*, now: datetime) -> dict[str, bool]:
    """The channels whose last try failed; True for those where the next may be made by now. Usually none."""
    return {row.channel: _may_be_tried(row, now) for row in Breaker.objects.filter(failures__gt=0)}


def shut(*, now: datetime) -> tuple[str, ...]:
    """The channels that must not be tried now."""
    return tuple(channel for channel, may_be_tried in failing(now=now).items() if not may_be_tried)


def may_try(*, channel: str, now: datetime) -> bool:
    """Whether this caller may hand a letter over now. While the breaker is open, one of all that ask, and that is it."""
    row = Breaker.objects.filter(channel=channel).first()
    if row is None or row.open_until is None:
        return row is None or _may_be_tried(row, now)
    mine = Breaker.objects.filter(channel=channel, open_until=row.open_until)
    return _may_be_tried(row, now) and bool(mine.update(open_until=now + PROBE))


@transaction.atomic
def failed(*, channel: str, detail: str, now: datetime) -> datetime:
    """Notes that the provider did not answer. Returns when the next try may be made."""
    Breaker.objects.bulk_create([Breaker(channel=channel)], ignore_conflicts=True)
    row = Breaker.objects.select_for_update().get(channel=channel)
    row.failures, row.last_error = row.failures + 1, detail
    if row.failures < OPENS_AFTER:
        row.since, again = now, now + BETWEEN
    else:
        row.since = row.since if row.open_until is not None else now
        row.open_until = again = now + pause_after(row.failures)
    row.save()
    return again


@transaction.atomic
def worked(*, channel: str, now: datetime) -> None:
    """Notes that the provider answers: closes the breaker, and what it left lying need not wait any longer."""
    troubled = Breaker.objects.filter(channel=channel, failures__gt=0)
    was_open = troubled.filter(open_until__isnull=False).exists()
    troubled.update(failures=0, open_until=None, since=None, last_error="")
    if was_open:
        waiting = OutboxMessage.objects.filter(channel=channel, state=OutboxMessage.State.DUE, due_at__gt=now)
        waiting.exclude(last_error="").update(due_at=now)


def pause_after(failures: int) -> timedelta:
    """How long nobody tries after so many failures in a row: 2 s, doubled each time, at most 30 s."""
    pause: timedelta = FIRST_PAUSE * 2 ** min(max(0, failures - OPENS_AFTER), 10)
    return min(LONGEST_PAUSE, pause)


def _may_be_tried(row: Breaker, now: datetime) -> bool:
    """An instant further ahead than any pause lasts was written under a clock that was wrong, and holds nobody up."""
    after = row.open_until or (row.since and row.since + BETWEEN)
    return after is None or not now < after <= now + max(LONGEST_PAUSE, PROBE)
