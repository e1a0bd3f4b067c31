"""Proposals that wait for a second clinician: what each would do, and the two answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tracker import access
from tracker.access import Actor, Do
from tracker.clinical.explain.words import short_date
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, Invalid
from tracker.models import EpisodeFact, Proposal
from tracker.selectors import proposals as selector
from tracker.services import proposals as service
from tracker.web import addresses, shell
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm
from tracker.web.story import fact_value

PROPOSED = "Proposed. Nothing has changed: it is done when another clinician agrees."


class Refuse(StaffForm):
    reason = fields.note("Why not", "Say why not, so that your colleague understands.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A proposal in words, and what its reader may answer."""

    row: Any
    what: str
    """What it would do."""
    mine: bool
    """Whether the reader proposed it, and so waits for somebody else."""
    unfit: bool
    """Whether one of the two must be a surgeon, and neither would be."""
    form: Refuse

    @property
    def open(self) -> bool:
        return self.form.is_bound


@require_safe
@login_required
def proposals(request: HttpRequest) -> HttpResponse:
    return _page(request, access.clinic_for(request.user, Do.READ_AS_STAFF))


@require_POST
@login_required
def agree(request: HttpRequest, public_id: UUID) -> HttpResponse:
    door = access.proposal_for(request.user, public_id, Do.COUNTERSIGN)
    try:
        service.agree(proposal=door.row, by=door.actor)
    except (Invalid, Conflict, Forbidden) as problem:
        return _page(request, door.actor, {public_id: _refused(public_id, problem)}, problem.status)
    messages.success(request, "Signed by both of you. It is done.")
    return redirect(addresses.back(request, f"/episodes/{door.episode.pk}/"))


@require_POST
@login_required
def refuse(request: HttpRequest, public_id: UUID) -> HttpResponse:
    door = access.proposal_for(request.user, public_id, Do.COUNTERSIGN)
    form = Refuse(request.POST, name=f"p{public_id}")
    if not form.is_valid():
        return _page(request, door.actor, {public_id: form}, 400)
    try:
        service.refuse(proposal=door.row, by=door.actor, **form.cleaned_data)
    except (Invalid, Conflict, Forbidden) as problem:
        form.refuse(problem)
        return _page(request, door.actor, {public_id: form}, problem.status)
    messages.success(request, "Refused. Nothing has changed, and your colleague reads why.")
    return redirect(addresses.back(request, f"/episodes/{door.episode.pk}/"))


def shown(who: Actor, rows: Iterable[Any], forms: Mapping[UUID, Refuse] | None = None) -> list[Shown]:
    """Proposals as `who` reads them."""
    found = list(rows)
    facts = selector.withdrawn(found)
    return [_shown(who, row, facts, (forms or {}).get(row.pk)) for row in found]


def _shown(who: Actor, row: Any, facts: Mapping[str, EpisodeFact], form: Refuse | None) -> Shown:
    surgeons = Role.SURGEON in (who.role, row.role)
    return Shown(
        row=row,
        what=_what(row, facts),
        mine=row.by_id == who.user.pk,
        unfit=service.needs_surgeon(row) and not surgeons,
        form=form or Refuse(name=f"p{row.pk}"),
    )


def _what(row: Proposal, facts: Mapping[str, EpisodeFact]) -> str:
    said = row.said
    if row.act == Proposal.Act.CLEARANCE:
        on = short_date(date.fromisoformat(said["decided_on"]))
        return f"Clear gate {said['gate']} although a criterion is not met, decided {on}"
    if row.act == Proposal.Act.FACT:
        return f"Change to {fact_value(said['kind'], said['value'])}, which allows more"
    fact = facts.get(said["fact"])
    return f"Withdraw {fact_value(fact.kind, fact.value)}, so that the plan allows more" if fact else "Withdraw a fact"


def _refused(public_id: UUID, problem: Invalid | Conflict | Forbidden) -> Refuse:
    """An empty form that carries why agreeing did not work."""
    form = Refuse({}, name=f"p{public_id}")
    form.is_valid()
    form.errors.clear()
    form.refuse(problem)
    return form


def _page(
    request: HttpRequest, actor: Actor, forms: Mapping[UUID, Refuse] | None = None, status: int = 200
) -> HttpResponse:
    waiting = shown(actor, selector.waiting_in(actor.clinic), forms)
    answered = shown(actor, selector.answered_in(actor.clinic))
    access.listed(request.user, (each.row.episode_id for each in [*waiting, *answered]))
    context = {
        "waiting": waiting,
        "answered": answered,
        "gone": None if any(each.open for each in waiting) else next(iter((forms or {}).values()), None),
        "zone": ZoneInfo(actor.clinic.time_zone),
    }
    return shell.page(request, "tracker/proposals/page.html", actor, context, status)
