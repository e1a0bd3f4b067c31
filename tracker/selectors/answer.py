"""The answer to a check-in: what it raised, how urgent that is, and what is allowed now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.clinical import loads
from tracker.clinical.findings import Finding, as_finding, bare, finding
from tracker.clinical.terms import Urgency
from tracker.models import CheckIn, Episode, Note
from tracker.selectors import episodes
from tracker.selectors.episodes import Case
from tracker.selectors.facts import check_in_of
from tracker.selectors.today import readable


@dataclass(frozen=True, slots=True)
class Answer:
    """Findings of one check-in, the most urgent first, and its load beside the limit of its day."""

    found: tuple[Finding, ...]
    paused: bool
    """Whether a hold keeps the next step shut."""
    reported_percent: int | None = None
    """Share of body weight that was reported; None where it was not."""
    over: bool | None = None
    """Whether it was clearly more than the limit known for that day; None where that is not judged."""

    @property
    def later(self) -> list[Finding]:
        return [each for each in self.found if each.urgency not in (Urgency.R0, Urgency.R1)]


def answer(episode: Episode, row: CheckIn, *, now: datetime) -> Answer:
    """What to say to the patient who sent this check-in, also where the rest of the record cannot be read."""
    case = readable(episode, now=now)
    return _from_row(row) if case is None else _from_case(case, row)


def _from_case(case: Case, row: CheckIn) -> Answer:
    alerts = [alert for alert in case.history.alerts if bare(alert.cause) == f"check-in:{row.pk}"]
    fact = check_in_of(row)
    used = loads.reported_percent(fact, case.plan.weight)
    return Answer(
        found=tuple(as_finding(alert) for alert in sorted(alerts, key=lambda alert: alert.urgency)),
        paused=episodes.allowance(case).frozen,
        reported_percent=None if used is None else round(used),
        over=loads.over(fact, case.plan.weight, case.plan.protocol.thresholds.over_percent),
    )


def _from_row(row: CheckIn) -> Answer:
    """What the check-in raised by itself, as kept with it: codes without the evidence that a milder sentence needs."""
    kept = ((each["code"], Urgency(each["urgency"])) for each in row.findings if each.get("urgency"))
    urgent = ((code, urgency) for code, urgency in kept if urgency in (Urgency.R0, Urgency.R1))
    found = [finding(code, urgency, f"check-in:{row.pk}") for code, urgency in urgent]
    return Answer(tuple(sorted(found, key=lambda each: each.urgency or Urgency.R4)), paused=True)


def note(episode: Episode, row: CheckIn) -> str:
    """The free text of a check-in; empty where there is none, or where it was erased."""
    if not row.note_digest:
        return ""
    texts = Note.objects.filter(patient=episode.patient_id, digest=row.note_digest).values_list("text", flat=True)
    return texts.first() or ""
