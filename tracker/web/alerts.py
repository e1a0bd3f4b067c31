"""The clinic's alerts: what nobody has taken up, what is in hand, what was closed and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.clinical.explain.clinician import label
from tracker.selectors import alerts as selector
from tracker.selectors.alerts import STATES, Listed
from tracker.web import addresses, shell
from tracker.web.staff_forms import Acknowledge, Close, HandOver, StaffForm
from tracker.web.staff_words import SHORT_PROCEDURES, evidence

CHIPS = {"R0": "r0", "R1": "r1", "R2": "r2", "R3": "r2", "R4": "info"}
WITHIN = {
    "R0": "now",
    "R1": "within 4 hours",
    "R2": "within 2 days",
    "R3": "within 7 days",
    "R4": "at the next contact",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An alert on a page, with the forms that answer it where they are asked for."""

    alert: Listed
    forms: Sequence[tuple[str, str, StaffForm, bool]] = field(default=())
    """Action, its label, the form, and whether it stands open."""

    @property
    def chip(self) -> str:
        return CHIPS[self.alert.urgency]

    @property
    def within(self) -> str:
        """How soon somebody must act."""
        return WITHIN[self.alert.urgency]

    @property
    def label(self) -> str:
        return label(self.alert.code)

    @property
    def operation(self) -> str:
        return f"{self.alert.side} · {SHORT_PROCEDURES.get(self.alert.procedure, self.alert.procedure)}"

    @property
    def evidence(self) -> list[tuple[str, str]]:
        return evidence(self.alert.evidence)


@require_safe
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.TRIAGE)
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    listed = selector.alerts(actor, state=state, page=addresses.number(request, "page"))
    access.listed(request.user, (alert.episode for alert in listed.alerts))
    at = addresses.row_id(request, "at")
    people = colleagues(actor) if at else []
    context = {
        "listed": listed,
        "alerts": [Shown(alert, responses(alert, people) if alert.id == at else ()) for alert in listed.alerts],
        "state": state,
        "states": [(each, listed.counts[each]) for each in STATES],
        "zone": ZoneInfo(actor.clinic.time_zone),
        "as_of": clock.now(),
        "back": f"/alerts/?state={state}",
    }
    return shell.page(request, "tracker/alerts/page.html", actor, context)


def colleagues(actor: Actor) -> list[tuple[str, str]]:
    """Whom an alert can be handed to, as choices."""
    return [(str(person.id), f"{person.name}, {person.role}") for person in selector.colleagues(actor)]


def responses(
    alert: Listed, people: Sequence[tuple[str, str]], refused: tuple[str, UUID, StaffForm] | None = None
) -> list[tuple[str, str, StaffForm, bool]]:
    """The forms that fit the alert's state; `refused` stands in for its own with what was typed."""
    if alert.state == "closed":
        return []
    offered: list[tuple[str, str, StaffForm]] = [
        ("acknowledge", "Acknowledge", Acknowledge(name=f"a{alert.id}")),
        ("close", "Close", Close(name=f"c{alert.id}")),
    ]
    if people:
        offered.append(("hand-over", "Hand over", HandOver(name=f"h{alert.id}", colleagues=people)))
    if alert.state == "acknowledged":
        offered = offered[1:]
    return [_answer(alert, *offer, refused, first=at == 0) for at, offer in enumerate(offered)]


def _answer(
    alert: Listed,
    action: str,
    said: str,
    form: StaffForm,
    refused: tuple[str, UUID, StaffForm] | None,
    *,
    first: bool,
) -> tuple[str, str, StaffForm, bool]:
    if refused and refused[:2] == (action, alert.id):
        return action, said, refused[2], True
    return action, said, form, first and refused is None
