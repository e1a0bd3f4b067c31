"""Enrolment: one page that shows the worked-out plan before anything is saved."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from tracker import access
from tracker.access import Actor, Do
from tracker.clinical.plan import Plan
from tracker.errors import Conflict, Invalid
from tracker.models import Episode
from tracker.selectors import staff
from tracker.services import episodes
from tracker.services.episodes import Enrolment
from tracker.web import patient_invites, shell
from tracker.web.enrolment_form import Enrol
from tracker.web.staff_fields import time_zone_options


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def enrolment(request: HttpRequest) -> HttpResponse:
    """GET: an empty form. POST `action=preview`: the same with its plan. POST `action=save`: the episode."""
    actor = access.clinic_for(request.user, Do.ENROL)
    surgeons = staff.surgeons(actor)
    if request.method != "POST":
        initial = {"time_zone": actor.clinic.time_zone, "surgeon": surgeons[0][0] if len(surgeons) == 1 else ""}
        return _page(request, actor, Enrol(surgeons=surgeons, initial=initial))
    form = Enrol(request.POST, surgeons=surgeons)
    if not form.is_valid():
        return _page(request, actor, form, status=400)
    given = form.enrolment()
    try:
        if request.POST.get("action") != "save":
            return _page(request, actor, form, plan=episodes.preview(by=actor, enrolment=given), given=given)
        episode = episodes.enrol(by=actor, enrolment=given)
    except (Invalid, Conflict) as problem:
        form.refuse(problem)
        return _page(request, actor, form, status=problem.status)
    messages.success(request, "The patient is enrolled.")  # no name: it may stay in the session unread
    if request.POST.get("invite"):
        _invite(request, actor, episode)
    return redirect(f"/episodes/{episode.pk}/")


def _invite(request: HttpRequest, actor: Actor, episode: Episode) -> None:
    """What stands in its way is said; the patient is enrolled all the same."""
    try:
        messages.success(request, patient_invites.send(access.Door(actor, episode)))
    except (Conflict, Invalid) as problem:
        messages.warning(request, f"No invite was sent. {patient_invites.in_a_line(problem)}")


def _page(
    request: HttpRequest,
    actor: Actor,
    form: Enrol,
    *,
    plan: Plan | None = None,
    given: Enrolment | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "plan": plan,
        "given": given,
        "warnings": list(warnings(plan, given)) if plan and given else [],
        "time_zones": time_zone_options(),
    }
    return shell.page(request, "tracker/enrolment/page.html", actor, context, status=status)


def warnings(plan: Plan, given: Enrolment) -> Iterator[str]:
    """What is allowed but deserves a second look before it is saved."""
    protocol = plan.protocol
    against = [rule.name for rule in plan.rules if rule.no_accelerated]
    if protocol.opt_in and against:
        yield (
            f"{protocol.name} does not go with: {', '.join(against)}. The plan below therefore follows the strictest "
            "of it and the standard protocol, day by day."
        )
    elif protocol.opt_in:
        yield f"{protocol.name} is by choice only. Make sure the surgeon has chosen it."
    if given.baseline_pain is None and protocol.pain is not None:
        yield "Without the pain before surgery, the expected range rests on the average patient, not on this one."
    if not given.email and not given.phone:
        yield "Without e-mail and phone nobody can remind or call this patient."
