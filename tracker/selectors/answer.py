"""The answer to a check-in: what it raised, how urgent that is, and what is allowed now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.clinical import loads
from tracker.clinical.allowance import Allowance
from tracker.clinical.findings import Finding, as_finding, bare
from tracker.clinical.terms import Urgency
from tracker.models import CheckIn, Episode, Note
from tracker.selectors import episodes
from tracker.selectors.facts import check_in_of


@dataclass(frozen=True, slots=True)
class Answer:
    """Findings of one check-in by what they ask for, each the most urgent first."""

    allowed: Allowance
    emergencies: tuple[Finding, ...]
    same_day: tuple[Finding, ...]
    later: tuple[Finding, ...]
    reported_percent: int | None
    """Share of body weight that was reported; None where it was not."""
    over: bool | None
    """Whether it was clearly more than the limit known for that day; None where that is not judged."""


def answer(episode: Episode, row: CheckIn, *, now: datetime) -> Answer:
    """What to say to the patient who sent this check-in."""
    case = episodes.case(episode, now=now)
    of_row = [alert for alert in case.history.alerts if bare(alert.cause) == f"check-in:{row.pk}"]
    found = [as_finding(alert) for alert in sorted(of_row, key=lambda alert: alert.urgency)]
    fact = check_in_of(row)
    used = loads.reported_percent(fact, case.plan.weight)
    return Answer(
        allowed=episodes.allowance(case),
        emergencies=tuple(finding for finding in found if finding.urgency is Urgency.R0),
        same_day=tuple(finding for finding in found if finding.urgency is Urgency.R1),
        later=tuple(finding for finding in found if finding.urgency not in (Urgency.R0, Urgency.R1)),
        reported_percent=None if used is None else round(used),
        over=loads.over(fact, case.plan.weight, case.plan.protocol.thresholds.over_percent),
    )


def note(episode: Episode, row: CheckIn) -> str:
    """The free text of a check-in; empty where there is none, or where it was erased."""
    if not row.note_digest:
        return ""
    texts = Note.objects.filter(patient=episode.patient_id, digest=row.note_digest).values_list("text", flat=True)
    return texts.first() or ""
