"""Books the appointments that the protocol asks for, and records what came of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from tracker import clock
from tracker.errors import Invalid
from tracker.models import Actor, Episode, Review
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case
from tracker.services import assessments, audit, dates, locks

LONGEST_AHEAD = timedelta(days=3 * 365)
"""Past every review of the protocols."""


@transaction.atomic
def book(*, episode: Episode, by: Actor, key: str, booked_at: datetime) -> Review:
    """Sets or moves the appointment of a review. Raises Invalid."""
    locks.hold(episode)
    now = clock.now()
    case = cases.case(episode, now=now)
    if not case.surgery_date <= booked_at.date() <= case.clinic_date + LONGEST_AHEAD:
        raise Invalid(
            {"booked_on": "An appointment is after the surgery and at most three years ahead. Check the year."}
        )
    row = _row(episode, case, key)
    row.booked_at, row.by = booked_at, by.user
    row.save()
    audit.note(by, "review booked", episode, row.pk, key=key)
    assessments.settle(episode=episode, now=now)
    return row


@transaction.atomic
def done(*, episode: Episode, by: Actor, key: str, done_on: date, result: str) -> Review:
    """Records that a review took place and what it showed. Raises Invalid."""
    locks.hold(episode)
    now = clock.now()
    case = cases.case(episode, now=now)
    dates.check_day("done_on", done_on, case, by)
    row = _row(episode, case, key)
    row.done_on, row.result, row.by = done_on, result.strip(), by.user
    row.save()
    audit.note(by, "review done", episode, row.pk, key=key)
    assessments.settle(episode=episode, now=now)
    return row


def _row(episode: Episode, case: Case, key: str) -> Review:
    planned = {review.key: review for review in case.plan.reviews}
    if key not in planned:
        raise Invalid({"key": f"This plan has no review {key}. Use one of: {', '.join(planned)}."})
    review = planned[key]
    row = Review.objects.filter(episode=episode, key=key).first()
    return row or Review(
        episode=episode,
        key=key,
        kind=review.kind,
        window_from=case.surgery_date + timedelta(days=review.earliest),
        window_to=case.surgery_date + timedelta(days=review.latest),
    )
