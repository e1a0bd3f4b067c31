"""A patient's move to another clinic: the offer, and the answer of the clinic that it is made to."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tracker import access
from tracker.access import Actor, Do
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import Transfer
from tracker.selectors import transfers as selector
from tracker.services import transfers as service
from tracker.web import shell
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm


class Ask(StaffForm):
    to = forms.CharField(widget=forms.Select)
    reason = fields.note("Why the patient moves", "Say why the patient moves.")

    def __init__(self, data: Any = None, *, clinics: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["to"] = fields.choice("To which clinic", clinics, "Choose a clinic from the list.")
        self.order_fields(["to", "reason"])


class Accept(StaffForm):
    owner = forms.CharField(widget=forms.Select)
    record_number = fields.words(
        "Record number here", 40, help_text="Leave empty to keep the patient's number from the other clinic."
    )

    def __init__(self, data: Any = None, *, owners: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["owner"] = fields.choice("Who looks after what is open", owners, "Choose a clinician.")
        self.order_fields(["owner", "record_number"])


@require_safe
@login_required
def transfers(request: HttpRequest) -> HttpResponse:
    return _page(request, access.clinic_for(request.user, Do.READ_AS_STAFF))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def ask(request: HttpRequest, episode: str) -> HttpResponse:
    door = access.episode_for(request.user, episode, Do.TRANSFER)
    form = Ask(request.POST if request.method == "POST" else None, clinics=selector.clinics(door.actor.clinic))
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid():
            said = form.cleaned_data
            try:
                service.ask(episode=door.episode, by=door.actor, to=UUID(said["to"]), reason=said["reason"])
            except (Invalid, Conflict) as problem:
                form.refuse(problem)
                status = problem.status
            else:
                messages.success(request, "Offered. Nothing changes until the other clinic accepts.")
                return redirect("transfers")
    context = {"form": form, "episode": door.episode, "patient": door.episode.patient}
    return shell.page(request, "tracker/transfers/ask.html", door.actor, context, status)


@require_POST
@login_required
def accept(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = access.clinic_for(request.user, Do.RECEIVE)
    row = _offer(by, public_id)
    form = Accept(request.POST, owners=selector.owners(by.clinic), name=f"t{public_id}")
    if not form.is_valid():
        return _page(request, by, (public_id, form), 400)
    said = form.cleaned_data
    try:
        service.accept(transfer=row, by=by, owner=UUID(said["owner"]), record_number=said["record_number"])
    except (Invalid, Conflict, Forbidden) as problem:
        form.refuse(problem)
        return _page(request, by, (public_id, form), problem.status)
    messages.success(request, "The patient is yours now, with all that is open.")
    return redirect("transfers")


@require_POST
@login_required
def refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = access.clinic_for(request.user, Do.RECEIVE)
    return _said(request, by, lambda: service.refuse(transfer=_offer(by, public_id), by=by), "Refused.")


@require_POST
@login_required
def take_back(request: HttpRequest, public_id: UUID) -> HttpResponse:
    by = access.clinic_for(request.user, Do.TRANSFER)
    return _said(request, by, lambda: service.take_back(transfer=_offer(by, public_id), by=by), "Taken back.")


def _said(request: HttpRequest, by: Actor, act: Any, done: str) -> HttpResponse:
    try:
        act()
    except Conflict as problem:
        messages.warning(request, problem.sentence)
        return _page(request, by, status=problem.status)
    messages.success(request, done)
    return redirect("transfers")


def _offer(by: Actor, public_id: UUID) -> Transfer:
    found = selector.transfer(by.clinic, public_id)
    if found is None:
        raise NotFound
    return found


def _page(
    request: HttpRequest, by: Actor, refused: tuple[UUID, Accept] | None = None, status: int = 200
) -> HttpResponse:
    owners, offered = selector.owners(by.clinic), selector.incoming(by.clinic)
    outgoing, answered = selector.outgoing(by.clinic), selector.answered(by.clinic)
    access.listed(request.user, (each.episode for each in [*offered, *outgoing, *answered] if each.episode))
    incoming = [
        (offer, refused[1] if refused and refused[0] == offer.id else Accept(owners=owners, name=f"t{offer.id}"))
        for offer in offered
    ]
    context = {
        "incoming": incoming,
        "outgoing": outgoing,
        "answered": answered,
        "gone": refused[1] if refused and refused[0] not in [offer.id for offer, _ in incoming] else None,
        "zone": ZoneInfo(by.clinic.time_zone),
    }
    return shell.page(request, "tracker/transfers/page.html", by, context, status)
