"""A check-in that staff enter for a patient, such as over the phone: any day since surgery."""

from __future__ import annotations

from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.errors import Conflict, Forbidden, Invalid, TooMany
from tracker.models import Alert, Episode
from tracker.selectors import episodes
from tracker.selectors.today import readable
from tracker.services import checkins
from tracker.web import episode_unreadable, forms, limits, shell
from tracker.web.forms import CheckInForm


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def check_in(request: HttpRequest, episode: str) -> HttpResponse:
    door = access.episode_for(request.user, episode, Do.CHECK_IN)
    if door.actor.patient is not None:
        raise Forbidden("This page is for the clinic. Use your own check-in.")
    if request.method == "POST":
        return _save(request, door.actor, door.episode)
    today = episodes.local_date(clock.now(), door.episode.patient.time_zone)
    return _page(request, door.actor, door.episode, {"date": [today.isoformat()]})


def _save(request: HttpRequest, actor: Actor, episode: Episode) -> HttpResponse:
    given = forms.posted(request.POST)
    raw = forms.raw(given)
    try:
        limits.spend_on_check_in(request, raw)
        forms.refuse_contradictions(given)
        row = checkins.record(episode=episode, by=actor, answers=checkins.parse(raw), client_key=_key(request))
    except (Invalid, Conflict, TooMany) as refusal:
        kept = checkins.keep_red_flags(episode=episode, by=actor, raw=raw) if isinstance(refusal, Invalid) else []
        return limits.with_wait(_page(request, actor, episode, given, refusal, kept), refusal)
    return redirect("check-in-done", row.pk)


def _page(
    request: HttpRequest,
    actor: Actor,
    episode: Episode,
    given: dict[str, list[str]],
    refusal: Invalid | Conflict | TooMany | None = None,
    kept: list[Alert] | None = None,
) -> HttpResponse:
    """`kept` are the alerts that a refused check-in raised all the same."""
    now = clock.now()
    case = readable(episode, now=now, window=1)
    context = {
        "form": CheckInForm(given, refusal.fields if refusal else {}),
        "sentence": refusal.sentence if refusal and not refusal.fields else "",
        "episode": episode,
        "patient": episode.patient,
        "shut": episode.state == Episode.State.CLOSED,
        "clinic": episode.clinic,
        "zone": ZoneInfo(episode.clinic.time_zone),
        "alerts": kept or [],
        "unreadable": case is None,
        "first_day": case and case.surgery_date,
        "last_day": episodes.local_date(now, episode.patient.time_zone),
        "client_key": _key(request) or uuid4(),
        **episode_unreadable.reference(episode),
    }
    return shell.page(request, "tracker/episodes/check_in.html", actor, context, refusal.status if refusal else 200)


def _key(request: HttpRequest) -> UUID | None:
    """The page's own key, which makes a double press one check-in."""
    try:
        return UUID(request.POST.get("client_key", ""))
    except ValueError:
        return None
