"""Whom the patient lets help them: invited by the patient, seen and ended by the patient, at once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access, clock
from tracker.access import Do, Door
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import CaregiverLink, Relation
from tracker.selectors import caregivers as selector
from tracker.selectors.episodes import local_date
from tracker.services import caregivers
from tracker.web import limits, shell

MAY = (("read", "Look only"), ("record", "Look, and enter check-ins for me"))
USUAL = timedelta(days=90)


class Helper(forms.Form):
    name = forms.CharField(label="Their name", max_length=120, error_messages={"required": "Write their name."})
    email = forms.EmailField(
        label="Their e-mail address",
        help_text="They need one of their own. The link goes there.",
        error_messages={
            "required": "Write their e-mail address.",
            "invalid": "Write the whole address, for example sam@example.org.",
        },
    )
    relation = forms.ChoiceField(
        label="What they are to you",
        choices=[("", "Choose"), *Relation.choices],
        error_messages={"required": "Choose what they are to you."},
    )
    may = forms.ChoiceField(
        label="What they may do",
        choices=MAY,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what they may do."},
    )
    until = forms.DateField(
        label="Until when",
        help_text="At most a year from today. You can end it at any time before.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Choose a day.", "invalid": "Choose a day, for example 2027-01-31."},
    )

    def refuse(self, problem: Invalid | Conflict) -> None:
        """Puts the sentences of the service where they belong."""
        if not problem.fields:
            self.add_error(None, problem.sentence)
        for name, said in problem.fields.items():
            self.add_error(name if name in self.fields else None, said)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limits.limited("invite")
def helpers(request: HttpRequest) -> HttpResponse:
    """GET: who helps. POST: one more is invited, which asks for a fresh sign-in."""
    if request.method != "POST":
        door = access.own_episode(request.user, Do.SETTINGS)
        return _page(request, door, Helper(initial={"until": _today(door) + USUAL, "may": "read"}))
    door = access.own_episode(request.user, Do.CAREGIVERS)
    form = Helper(request.POST)
    if not form.is_valid():
        return _page(request, door, form, 400)
    given = form.cleaned_data
    try:
        link = caregivers.invite(
            by=door.actor,
            name=given["name"],
            email=given["email"],
            relation=given["relation"],
            may_record=given["may"] == "record",
            until=given["until"],
        )
    except (Invalid, Conflict) as refusal:
        form.refuse(refusal)
        return _page(request, door, form, refusal.status)
    messages.success(
        request, f"We have sent {link.name} a link. It asks for your date of birth: tell it to them yourself."
    )
    return redirect("caregivers")


@require_POST
@login_required
@limits.limited("invite")
def invite_again(request: HttpRequest, public_id: UUID) -> HttpResponse:
    door = access.own_episode(request.user, Do.CAREGIVERS)
    link = _link(door, public_id)
    try:
        caregivers.invite_again(by=door.actor, link=link)
        messages.success(request, f"We have sent {link.name} a new link. The old one has ended.")
    except Conflict as refusal:
        messages.warning(request, refusal.sentence)
    return redirect("caregivers")


@require_POST
@login_required
def end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """At once, so without a fresh sign-in."""
    door = access.own_episode(request.user, Do.SETTINGS)
    link = caregivers.end(by=door.actor, link=_link(door, public_id))
    messages.success(request, f"{link.name} no longer sees anything. What they entered stays.")
    return redirect("caregivers")


def _link(door: Door, public_id: UUID) -> CaregiverLink:
    """One of this patient's own; another's does not exist for them."""
    link = selector.link_of(door.episode.patient, public_id)
    if link is None:
        raise NotFound
    return link


def _today(door: Door) -> date:
    return local_date(clock.now(), door.episode.patient.time_zone)


def _page(request: HttpRequest, door: Door, form: Helper, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "helpers": selector.helpers(door.episode.patient, now=clock.now()),
        "clinic": door.episode.clinic,
    }
    return shell.page(request, "tracker/caregivers/page.html", door.actor, context, status)
