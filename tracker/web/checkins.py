"""The check-in: asked on one page, saved in one step, answered at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from tracker.clinical import explain, rules
from tracker.clinical.findings import Finding, as_finding
from tracker.clinical.terms import Urgency
from tracker.errors import Conflict, Invalid, TooMany
from tracker.models import CheckIn, Episode
from tracker.selectors import answer, caregivers, episodes
from tracker.selectors import today as selector
from tracker.services import checkins
from tracker.web import closed, forms, limits, shell, voice
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
        **_urgent(given.found, to),
        "means": [explain.for_patient(finding, **to) for finding in given.later],
        "load": voice.load_against_order(given),
        "paused": given.paused,
        "on_behalf": door.actor.patient is None,
        "entered_by": caregivers.entered_by(door.row.pk),
        "episode": door.episode,
    }
    return shell.page(request, "tracker/checkins/done.html", door.actor, context)


def _save(request: HttpRequest, actor: Actor, episode: Episode, amending: CheckIn | None = None) -> HttpResponse:
    given = forms.posted(request.POST)
    raw = forms.raw(given)
    try:
        limits.spend_on_check_in(request, raw)
        forms.refuse_contradictions(given)
        answers = checkins.parse(raw)
        if amending is None:
            row = checkins.record(episode=episode, by=actor, answers=answers, client_key=_key(request.POST))
        else:
            row = checkins.amend(check_in=amending, by=actor, answers=answers)
    except (Invalid, Conflict, TooMany) as refusal:
        urgent = _red_flags(episode, actor, raw)
        page = _page(request, actor, episode, given, refusal, amending=amending, urgent=urgent)
        return limits.with_wait(page, refusal)
    return redirect("check-in-done", row.pk)


def _red_flags(episode: Episode, actor: Actor, raw: Mapping[str, Any]) -> Sequence[Finding]:
    """What was urgent in a refused check-in. A closed episode stores nothing, but whom to call can still be said."""
    try:
        kept: Sequence[Any] = checkins.keep_red_flags(episode=episode, by=actor, raw=raw)
        return [as_finding(alert) for alert in kept]
    except Conflict:
        return rules.red_flags_in(raw, None)


def _page(
    request: HttpRequest,
    actor: Actor,
    episode: Episode,
    given: dict[str, list[str]],
    refusal: Invalid | Conflict | TooMany | None = None,
    *,
    amending: CheckIn | None = None,
    urgent: Sequence[Finding] = (),
) -> HttpResponse:
    now = clock.now()
    case = selector.readable(episode, now=now, window=8)
    today = episodes.local_date(now, episode.patient.time_zone)
    day = amending.date if amending else today
    current, before = (case and selector.check_in_on(case, on) for on in (day, day - timedelta(1)))
    context = {
        "form": CheckInForm(given, refusal.fields if refusal else {}, before),
        "sentence": refusal.sentence if refusal and not refusal.fields else "",
        "days": _days(today, case.surgery_date if case else date.min),
        "checked_in": current,
        "entered_by": caregivers.entered_by(shown.id) if (shown := amending or current) else "",
        "amending": amending,
        "episode": episode,
        "ended": closed.of(episode),
        "clinic": episode.clinic,
        **_urgent(urgent, voice.of(episode)),
        "client_key": _key(request.POST) or uuid4(),
        "draft": "" if amending else f"check-in:{episode.pk}:{day}:{current.id if current else ''}",
    }
    return shell.page(request, "tracker/checkins/page.html", actor, context, refusal.status if refusal else 200)


def _urgent(found: Sequence[Finding], to: voice.To) -> dict[str, str]:
    """What comes before everything else on the page: the emergency number, then the call to the clinic."""
    emergencies, same_day = ([each for each in found if each.urgency is of] for of in (Urgency.R0, Urgency.R1))
    return {"emergency": voice.alarm(emergencies, to), "call": voice.said(same_day, to)}


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
