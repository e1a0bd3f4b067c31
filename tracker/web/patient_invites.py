"""Inviting a patient, from their own page: by mail, or on paper for somebody without an address."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access, clock
from tracker.access import Do, Door
from tracker.errors import Conflict, Invalid, Problem
from tracker.models import Episode, Invite
from tracker.selectors import invites as selector
from tracker.selectors.invites import Standing
from tracker.services import invites, tickets
from tracker.web import limits, shell


def context(episode: Episode) -> dict[str, Any]:
    """For the part of the patient's page that says where their invite stands."""
    return {
        "invited": selector.of_patient(episode.patient, now=clock.now()),
        "clinic_zone": ZoneInfo(episode.clinic.time_zone),
    }


@require_POST
@login_required
@limits.limited("invite")
def invite(request: HttpRequest, episode: str) -> HttpResponse:
    """`action=send` sends a new one, which voids the old; `action=void` takes back the one that stands."""
    door = access.episode_for(request.user, episode, Do.INVITE)
    try:
        said = _take_back(door) if request.POST.get("action") == "void" else send(door)
        messages.success(request, said)
    except (Conflict, Invalid) as refusal:
        messages.warning(request, in_a_line(refusal))
    return redirect(f"/episodes/{door.episode.pk}/#invite")


def in_a_line(problem: Problem) -> str:
    """What stands in the way, for a notice."""
    return " ".join(sentence for said in problem.fields.values() for sentence in said) or problem.sentence


def send(door: Door) -> str:
    sent = invites.invite_patient(by=door.actor, patient=door.episode.patient)
    return f"The invite is on its way to {sent.email}."


def _take_back(door: Door) -> str:
    standing = selector.of_patient(door.episode.patient, now=clock.now())
    if standing.invite is not None and standing.is_open:
        invites.void(by=door.actor, invite=standing.invite)
    return "The invite was taken back: its link leads nowhere now."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def printed(request: HttpRequest, episode: str) -> HttpResponse:
    """The page to hand over, with the link as a picture to photograph. POST makes a new one and voids the old."""
    door = access.episode_for(request.user, episode, Do.HAND_OVER)
    if request.method == "POST":
        try:
            limits.spend(request, "invite")
            invites.invite_patient(by=door.actor, patient=door.episode.patient, printed=True)
        except Conflict as refusal:
            messages.warning(request, refusal.sentence)
        return redirect(f"/episodes/{door.episode.pk}/invite/print/")
    standing = selector.of_patient(door.episode.patient, now=clock.now())
    context = {
        "episode": door.episode,
        "patient": door.episode.patient,
        "clinic": door.episode.clinic,
        "zone": ZoneInfo(door.episode.clinic.time_zone),
        "invited": standing,
        **(_link(standing.invite) if standing.invite and standing.standing is Standing.PRINTED else {}),
    }
    return shell.page(request, "tracker/invites/printed.html", door.actor, context)


def _link(made: Invite) -> dict[str, Any]:
    link = settings.SITE_URL + tickets.path_of(made)
    return {"link": link, "picture": picture(link), "made": made}


def picture(link: str) -> SafeString:
    """The link as a QR code, drawn as one path."""
    import qrcode  # with it comes an imaging library, which no other page needs
    from qrcode.image.svg import SvgPathImage

    drawn = qrcode.make(link, image_factory=SvgPathImage, border=2)
    return mark_safe(drawn.to_string(encoding="unicode"))  # noqa: S308 - drawn here, from our own address
