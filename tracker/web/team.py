"""The clinic's team and its settings, for the coordinator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tracker import access
from tracker.access import Actor, Do
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import Membership
from tracker.selectors import team as selector
from tracker.services import accounts, clinics, invites
from tracker.services import team as service
from tracker.web import limits, shell
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm

ROLES = (Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.AUDITOR)
CHOICES = [(role.value, role.value.capitalize()) for role in ROLES]


class Invited(StaffForm):
    name = fields.words("Name", 120, "Write their name.", required=True)
    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        error_messages=dict.fromkeys(("required", "invalid"), "Enter an e-mail address, such as name@example.org."),
    )
    role = fields.choice("Role", CHOICES, "Choose their role.")


class Settings(StaffForm):
    name = fields.words("Name of the clinic", 120, "Write the clinic's name.", required=True)
    phone = fields.words("Phone", 40, "Write the number that patients call.", required=True, type="tel")
    quiet_from = forms.TimeField(label="Quiet from", widget=forms.TimeInput({"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(
        label="Quiet until",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        help_text="No routine message leaves between the two. Urgent ones do.",
    )
    retention_years = forms.IntegerField(
        label="Keep records, years",
        min_value=1,
        max_value=100,
        help_text="After the recovery ended. Ask what the law of your country asks for.",
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), "Enter a whole number of years from 1 to 100."
        ),
    )
    emergency_access = forms.BooleanField(
        label="Clinicians of other clinics may open one record in an emergency, for an hour and announced",
        required=False,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A colleague on the page, and what may be done about them."""

    member: Any
    mine: bool


@dataclass(frozen=True, slots=True)
class Action:
    do: Callable[[Actor, Membership, HttpRequest], None]
    done: str


@require_safe
@login_required
def team(request: HttpRequest) -> HttpResponse:
    return _page(request, access.clinic_for(request.user, Do.TEAM))


@require_POST
@login_required
@limits.limited("invite")
def invite(request: HttpRequest) -> HttpResponse:
    by = access.clinic_for(request.user, Do.TEAM)
    form = Invited(request.POST, name="invite")
    if not form.is_valid():
        return _page(request, by, form, 400)
    said = form.cleaned_data
    try:
        invites.invite_staff(by=by, clinic=by.clinic, role=Role(said["role"]), name=said["name"], email=said["email"])
    except (Invalid, Conflict, Forbidden) as problem:
        form.refuse(problem)
        return _page(request, by, form, problem.status)
    messages.success(request, f"Invited. {said['email']} has a letter with the way in, which works for 72 hours.")
    return redirect("team")


@require_POST
@login_required
def change(request: HttpRequest, public_id: UUID, action: str) -> HttpResponse:
    """One change of one colleague."""
    by = access.clinic_for(request.user, Do.TEAM)
    member = selector.member(by.clinic, public_id)
    if member is None or action not in ACTIONS:
        raise NotFound
    try:
        ACTIONS[action].do(by, member, request)
    except (Invalid, Conflict, Forbidden) as problem:
        return _page(request, by, wrong=problem.sentence, status=problem.status)
    messages.success(request, ACTIONS[action].done.format(name=member.user.name))
    return redirect("team")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    by = access.clinic_for(request.user, Do.CLINIC)
    form = Settings(request.POST or None, initial={name: getattr(by.clinic, name) for name in clinics.SETTINGS})
    if request.method != "POST":
        return _settings(request, by, form)
    if not form.is_valid():
        return _settings(request, by, form, 400)
    try:
        clinics.change(by=by, changes=form.cleaned_data)
    except Invalid as problem:
        form.refuse(problem)
        return _settings(request, by, form, 400)
    messages.success(request, "The settings are saved.")
    return redirect("team-settings")


def _role(by: Actor, member: Membership, request: HttpRequest) -> None:
    wanted = request.POST.get("role", "")
    if wanted not in ROLES:
        raise Invalid({"role": "Choose a role."}, "Choose a role from the list.")
    service.change_role(by=by, member=member, role=Role(wanted))


def _duty(by: Actor, member: Membership, request: HttpRequest) -> None:
    service.set_duty(by=by, member=member, on_duty=request.POST.get("on_duty") == "on")


def _dismiss(by: Actor, member: Membership, request: HttpRequest) -> None:
    service.dismiss(by=by, member=member)


def _reset(by: Actor, member: Membership, request: HttpRequest) -> None:
    accounts.reset_second_factors(by=by, user=member.user)


def _deactivate(by: Actor, member: Membership, request: HttpRequest) -> None:
    service.deactivate(by=by, member=member)


ACTIONS = {
    "role": Action(_role, "{name} has the new role from now on, and was signed out."),
    "duty": Action(_duty, "Saved for {name}."),
    "dismiss": Action(_dismiss, "{name} no longer works here, and was signed out."),
    "reset": Action(_reset, "{name} must set up a new passkey or app at the next sign-in."),
    "deactivate": Action(_deactivate, "The account of {name} is closed."),
}


def _page(
    request: HttpRequest, by: Actor, form: Invited | None = None, status: int = 200, *, wrong: str = ""
) -> HttpResponse:
    context = {
        "people": [Shown(row, row.user_id == by.user.pk) for row in selector.members(by.clinic)],
        "roles": CHOICES,
        "form": form or Invited(name="invite"),
        "wrong": wrong,
    }
    return shell.page(request, "tracker/team/page.html", by, context, status)


def _settings(request: HttpRequest, by: Actor, form: Settings, status: int = 200) -> HttpResponse:
    return shell.page(request, "tracker/team/settings.html", by, {"form": form}, status)
