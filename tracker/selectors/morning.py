"""How much waits for a clinic, as numbers that name nobody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q

from tracker.clinical.findings import NOT_EVALUATED
from tracker.clinical.terms import Attention, Urgency
from tracker.models import Alert, AlertEvent, Assessment, Clinic, Episode
from tracker.selectors import calls
from tracker.selectors.standing import workable


@dataclass(frozen=True, slots=True)
class Waiting:
    """Urgent alerts not closed, calls to be made, and patients by their place on the worklist, as its tiles count them."""

    urgent: int
    decisions: int
    calls: int
    behind: int
    silent: int

    def lines(self) -> Iterator[str]:
        """Each number that is not zero, in words."""
        for number, one, many in (
            (self.urgent, "urgent alert", "urgent alerts"),
            (self.decisions, "decision due", "decisions due"),
            (self.calls, "phone call to make", "phone calls to make"),
            (self.behind, "patient behind the plan", "patients behind the plan"),
            (self.silent, "patient who has gone silent", "patients who have gone silent"),
        ):
            if number:
                yield f"{number} {one if number == 1 else many}"


def waiting(clinic: Clinic) -> Waiting:
    """Three statements."""
    places = _places(clinic)
    return Waiting(
        urgent=_urgent(clinic),
        decisions=places.get(Attention.GATE_DUE, 0),
        calls=calls.count(clinic),
        behind=places.get(Attention.BEHIND, 0),
        silent=places.get(Attention.SILENT, 0),
    )


def _urgent(clinic: Clinic) -> int:
    closed = AlertEvent.objects.filter(alert=OuterRef("pk"), kind=AlertEvent.Kind.CLOSED)
    urgent = Q(urgency__in=(Urgency.R0, Urgency.R1)) | Q(code=NOT_EVALUATED)
    return Alert.objects.filter(urgent, ~Exists(closed), workable("episode__patient"), episode__clinic=clinic).count()


def _places(clinic: Clinic) -> dict[int, int]:
    kept = Assessment.objects.filter(workable("episode__patient"), clinic=clinic, episode__state=Episode.State.OPEN)
    return dict(kept.values_list("attention").annotate(Count("pk")).order_by())
