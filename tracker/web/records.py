"""The record of a patient as a whole: a copy for clinicians to hand over; erasing and restricting, by the coordinator."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tracker import access
from tracker.access import Do, Door
from tracker.errors import Conflict, Forbidden
from tracker.models import Erasure, Patient
from tracker.selectors import privacy as selector
from tracker.services import erasure, requests
from tracker.web import privacy, shell
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm


class Decision(TextChoices):
    ERASE = "erase", "Erase it for good"
    RESTRICT = "restrict", "Keep it until its retention ends, and let nobody work with it"
    LIFT = "lift", "Lift the restriction"
    DECLINE = "decline", "Keep it as it is: the patient has been told why"


DONE = {
    Decision.ERASE: "The record is erased. What was recorded clinically stays under a name that means nobody.",
    Decision.RESTRICT: "The record is restricted. It stands in no list, and no message goes out.",
    Decision.LIFT: "The restriction is lifted.",
    Decision.DECLINE: "The request is settled.",
}
REASONS = (
    (Erasure.Reason.ASKED, "The patient asked for it"),
    (Erasure.Reason.MISTAKE, "The record was made by mistake"),
)


class Decide(StaffForm):
    """What becomes of a record. The family name is typed, so that nobody erases the wrong one with a slip."""

    decision = fields.choice("What becomes of the record", (), "Choose what becomes of the record.")
    reason = fields.choice("Why", REASONS, "Choose why.")
    sure = fields.words(
        "Family name of the patient",
        80,
        "Type the family name, so that it is the right record.",
        required=True,
        help_text="To make sure that it is the right record.",
        autocomplete="off",
    )

    def __init__(self, data: Any = None, *, patient: Patient, asked: bool) -> None:
        super().__init__(data, name="record")
        self.patient = patient
        ways = [Decision.ERASE, Decision.LIFT if patient.restricted_at else Decision.RESTRICT]
        ways += [Decision.DECLINE] if asked else []
        self.fields["decision"] = fields.choice(
            "What becomes of the record", ((way, str(way.label)) for way in ways), "Choose what becomes of the record."
        )

    def clean_sure(self) -> str:
        typed = " ".join(self.cleaned_data["sure"].split())
        if typed.casefold() != " ".join(self.patient.family_name.split()).casefold():
            raise forms.ValidationError("This is not the family name of this patient. Look at whose record this is.")
        return ""


@require_safe
@login_required
def records(request: HttpRequest) -> HttpResponse:
    """Who waits for an answer, and whose record is restricted."""
    actor = access.clinic_for(request.user, Do.ERASE)
    found = selector.decisions(actor)
    access.listed(request.user, (row.episode for row in [*found.asked, *found.restricted] if row.episode))
    return shell.page(request, "tracker/privacy/records.html", actor, {"decisions": found})


@require_safe
@login_required
def record(request: HttpRequest, patient: UUID) -> HttpResponse:
    return _page(request, _door(request, patient))


@require_safe
@login_required
def file(request: HttpRequest, patient: UUID, kind: str) -> HttpResponse:
    door = access.record_for(request.user, patient, Do.EXPORT)
    _check_staff(door)
    return privacy.download(request, door, kind)


@require_POST
@login_required
def decide(request: HttpRequest, patient: UUID) -> HttpResponse:
    door = access.record_for(request.user, patient, Do.ERASE)
    form = _form(door, request.POST)
    if not form.is_valid():
        return _page(request, door, form, status=400)
    decision = Decision(form.cleaned_data["decision"])
    try:
        _do(door, decision, form.cleaned_data["reason"])
    except Conflict as refusal:
        form.refuse(refusal)
        return _page(request, door, form, status=refusal.status)
    messages.success(request, DONE[decision])
    return redirect("records")


def _do(door: Door, decision: Decision, reason: str) -> None:
    patient, by = door.episode.patient, door.actor
    if decision is Decision.DECLINE:
        requests.decline(episode=door.episode, by=by)
        return
    act = {Decision.ERASE: erasure.erase, Decision.RESTRICT: erasure.restrict, Decision.LIFT: erasure.lift}[decision]
    act(patient=patient, reason=reason, by=by)


def _door(request: HttpRequest, patient: UUID) -> Door:
    """By what the role may do: a coordinator decides, a clinician hands over a copy."""
    actor = access.actor(request.user)
    do = Do.ERASE if actor is not None and access.may(actor, Do.ERASE) else Do.EXPORT
    door = access.record_for(request.user, patient, do)
    _check_staff(door)
    return door


def _check_staff(door: Door) -> None:
    if door.actor.patient is not None:
        raise Forbidden("Your own record is under Settings.")


def _form(door: Door, data: Any = None) -> Decide:
    patient = door.episode.patient
    return Decide(data, patient=patient, asked=selector.standing(patient).asked_at is not None)


def _page(request: HttpRequest, door: Door, form: Decide | None = None, status: int = 200) -> HttpResponse:
    patient = door.episode.patient
    context = {
        "person": patient,
        "standing": selector.standing(patient),
        "may_decide": access.may(door.actor, Do.ERASE),
        "alert": erasure.open_alert(patient),
        "form": form or _form(door),
    }
    return shell.page(request, "tracker/privacy/record.html", door.actor, context, status)
