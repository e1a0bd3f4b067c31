"""The check-in: asked on one page, saved in one step, answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.clinical import explain
from tracker.clinical.findings import as_finding
from tracker.errors import Invalid
from tracker.models import CheckIn, Episode
from tracker.selectors import answer, episodes
from tracker.selectors import today as selector
from tracker.services import checkins
from tracker.web import forms, shell, voice
from tracker.web.forms import CheckInForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def check_in(request: HttpRequest) -> HttpResponse:
    """Today's check-in, or that of one of the days before."""
    door = access.own_episode(request.user, Do.CHECK_IN)
    if request.method == "POST":
        return _save(request, door.actor, door.episode)
    return _page(request, door.actor, door.episode, {})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def amend(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """A correction: a new row for the same day, which names the one it corrects."""
    door = access.check_in_for(request.user, public_id, Do.AMEND)
    if request.method == "POST":
        return _save(request, door.actor, door.episode, door.row)
    given = forms.answered(door.row, answer.note(door.episode, door.row))
    return _page(request, door.actor, door.episode, given, amending=door.row)


@require_safe
@login_required
def done(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What the check-in means and whom to call, the emergency number before anything else."""
    door = access.check_in_for(request.user, public_id, Do.READ)
    given = answer.answer(door.episode, door.row, now=clock.now())
    to = voice.of(door.episode)
    context = {
        "row": door.row,
        "at": door.row.entered_at.astimezone(ZoneInfo(door.episode.patient.time_zone)),
        "clinic": door.episode.clinic,
        "emergency": voice.said(given.emergencies, to),
        "call": [explain.for_patient(finding, **to) for finding in given.same_day],
        "means": [explain.for_patient(finding, **to) for finding in given.later],
        "load": voice.load_against_order(given),
        "paused": given.allowed.frozen,
        "on_behalf": door.actor.patient is None,
        "episode": door.episode,
    }
    return shell.page(request, "tracker/checkins/done.html", door.actor, context)


def _save(request: HttpRequest, actor: Actor, episode: Episode, amending: CheckIn | None = None) -> HttpResponse:
    given = forms.posted(request.POST)
    raw = forms.raw(given)
    try:
        forms.refuse_contradictions(given)
        answers = checkins.parse(raw)
        if amending is None:
            row = checkins.record(episode=episode, by=actor, answers=answers, client_key=_key(request.POST))
        else:
            row = checkins.amend(check_in=amending, by=actor, answers=answers)
    except Invalid as refusal:
        kept = checkins.keep_red_flags(episode=episode, by=actor, raw=raw)
        return _page(request, actor, episode, given, refusal, amending=amending, alerts=kept)
    return redirect("check-in-done", row.pk)


def _page(
    request: HttpRequest,
    actor: Actor,
    episode: Episode,
    given: dict[str, list[str]],
    refusal: Invalid | None = None,
    *,
    amending: CheckIn | None = None,
    alerts: Sequence[Any] = (),
) -> HttpResponse:
    case = episodes.case(episode, now=clock.now(), window=8)
    day = amending.date if amending else case.patient_date
    today = selector.check_in_on(case, day)
    context = {
        "form": CheckInForm(given, refusal.fields if refusal else {}, selector.check_in_on(case, day - timedelta(1))),
        "days": _days(case.patient_date, case.surgery_date),
        "checked_in": today,
        "amending": amending,
        "episode": episode,
        "clinic": episode.clinic,
        "emergency": voice.said([as_finding(alert) for alert in alerts], voice.of(episode)),
        "client_key": _key(request.POST) or uuid4(),
        "draft": "" if amending else f"check-in:{episode.pk}:{day}:{today.id if today else ''}",
    }
    return shell.page(request, "tracker/checkins/page.html", actor, context, refusal.status if refusal else 200)


def _days(today: date, surgery: date) -> list[tuple[date, str]]:
    """The days a patient may report for, with today first."""
    names = {0: "Today", 1: "Yesterday"}
    days = (today - timedelta(back) for back in range(8))
    return [
        (day, f"{names.get((today - day).days, '')}, {day:%A} {day.day} {day:%B}".removeprefix(", "))
        for day in days
        if day >= surgery
    ]


def _key(data: QueryDict) -> UUID | None:
    """The page's own key, which makes a double press one check-in."""
    try:
        return UUID(data.get("client_key", ""))
    except ValueError:
        return None
