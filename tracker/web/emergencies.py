"""Emergency access: asking for it, ending it, agreeing to a colleague's, and the list for whoever watches over it."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth import user_logged_out
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import EmergencyAccess, User
from tracker.selectors import emergencies as selector
from tracker.services import emergencies as service
from tracker.web import limits, shell
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm

ASKED = "Written down. If there is exactly one such patient and the clinic allows it, the record stands open below."


class Ask(StaffForm):
    clinic = forms.CharField(widget=forms.Select)
    family_name = fields.words("Family name", 80, "Write the patient's family name.", required=True, autocomplete="off")
    birth_date = fields.day("Date of birth", "Enter the date of birth.")
    reason = fields.note(
        "Why you need it now",
        "Say why, in at least 20 letters.",
        rows=3,
        help_text="At least 20 letters. The patient is told, and their clinic reads this.",
    )

    def __init__(self, data: Any = None, *, clinics: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["clinic"] = fields.choice("The patient's clinic", clinics, "Choose the patient's clinic.")
        self.order_fields(["clinic", "family_name", "birth_date", "reason"])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def emergency_access(request: HttpRequest) -> HttpResponse:
    who = access.actor(request.user)
    if who is not None and who.role in (Role.COORDINATOR, Role.AUDITOR):
        return _oversight(request)
    if request.method != "POST":
        return _page(request, access.clinic_for(request.user, Do.READ_AS_STAFF))
    by = access.clinic_for(request.user, Do.EMERGENCY)
    form = Ask(request.POST, clinics=selector.clinics(by))
    if not form.is_valid():
        return _page(request, by, form, 400)
    limits.spend(request, "emergency-access")
    try:
        service.ask(by=by, **form.cleaned_data)
    except Invalid as problem:
        form.refuse(problem)
        return _page(request, by, form, 400)
    messages.success(request, ASKED)
    return redirect("emergency-access")


@require_POST
@login_required
def end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    who = access.clinic_for(request.user, Do.READ_AS_STAFF)
    opened = _row(who, public_id)
    if opened.user_id != who.user.pk:
        raise NotFound
    service.end(opened=opened, by=who)
    messages.success(request, "Ended. The record is closed to you.")
    return redirect("emergency-access")


@require_POST
@login_required
def agree(request: HttpRequest, public_id: UUID) -> HttpResponse:
    who = access.clinic_for(request.user, Do.EMERGENCY)
    try:
        service.agree(opened=_row(who, public_id), by=who)
    except (Conflict, Forbidden) as problem:
        messages.warning(request, problem.sentence)
        return _page(request, who, status=problem.status)
    messages.success(request, "Agreed. Your colleague can read the record for an hour.")
    return redirect("emergency-access")


def _row(who: Actor, public_id: UUID) -> EmergencyAccess:
    found = selector.row(who, public_id)
    if found is None:
        raise NotFound
    return found


def _page(request: HttpRequest, who: Actor, form: Ask | None = None, status: int = 200) -> HttpResponse:
    now = clock.now()
    opened = list(selector.open_to(who, now=now))
    access.listed(request.user, (row.episode_id for row in opened))
    context = {
        "form": form or Ask(clinics=selector.clinics(who)),
        "opened": opened,
        "waiting": selector.own_waiting(who, since=now - service.WAITS),
        "colleagues": selector.of_colleagues(who, since=now - service.WAITS),
        "zone": ZoneInfo(who.clinic.time_zone),
    }
    return shell.page(request, "tracker/emergencies/page.html", who, context, status)


def _oversight(request: HttpRequest) -> HttpResponse:
    """What others opened, week by week, for the auditor and the coordinator of the clinic whose records they are."""
    if request.method == "POST":
        access.clinic_for(request.user, Do.EMERGENCY)
    who = access.actor(request.user)
    if who is None:
        raise Forbidden
    access.check(who, Do.TRAIL if who.role is Role.AUDITOR else Do.OPERATIONS)
    zone = ZoneInfo(who.clinic.time_zone)
    rows = list(selector.into(who.clinic, now=clock.now()))
    access.listed(request.user, (row.episode_id for row in rows))
    weeks = groupby(rows, key=lambda row: _week(row, zone))
    context = {
        "weeks": [(week, list(found)) for week, found in weeks],
        "zone": zone,
        "allowed": who.clinic.emergency_access,
    }
    return shell.page(request, "tracker/emergencies/list.html", who, context)


def _week(row: EmergencyAccess, zone: ZoneInfo) -> str:
    if row.started_at is None:
        return ""
    year, week, _ = row.started_at.astimezone(zone).isocalendar()
    return f"Week {week} of {year}"


@receiver(user_logged_out)
def close_on_sign_out(sender: type[User], request: HttpRequest, user: User | None, **_: Any) -> None:
    """An hour at most, and never beyond the end of the session."""
    if isinstance(user, User):
        service.end_all(user=user)
