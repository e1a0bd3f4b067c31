"""What can be done from the episode page: one entry an action, one view for all of them.

A form that is refused comes back on the page with what was typed; one that was overtaken comes back beside the new
state (409), with the new revision in it, so that the writer can decide again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from tracker import access
from tracker.access import Actor, Do, Visitor
from tracker.clinical.terms import Aids, Term
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import Episode, Proposal, User
from tracker.services import (
    clearances,
    closings,
    episodes,
    measurements,
    milestones,
    proposals,
    restrictions,
    reviews,
    triage,
)
from tracker.services.restrictions import NewOrder
from tracker.web import addresses
from tracker.web import staff_forms as forms
from tracker.web.alerts import colleagues
from tracker.web.episode_forms import Refused
from tracker.web.episodes import show
from tracker.web.proposals import PROPOSED
from tracker.web.staff_forms import StaffForm


@dataclass(frozen=True, slots=True)
class Call:
    """One posted form: who sent it, about which episode, and the row it is about, if any."""

    actor: Actor
    episode: Episode
    row: Any
    key: str


Make = Callable[[Any, Call], StaffForm]
Act = Callable[[Call, StaffForm], object]
Find = Callable[[Visitor, str, Do], Any]


@dataclass(frozen=True, slots=True)
class Action:
    """`where` is the address below the episode; `find` opens the door to the row that <row> names."""

    name: str
    where: str
    do: Do
    make: Make
    act: Act
    done: str
    find: Find | None = None


def _plain(form: type[StaffForm]) -> Make:
    return lambda data, call: form(data)


def _hand_over_form(data: Any, call: Call) -> StaffForm:
    return forms.HandOver(data, colleagues=colleagues(call.actor))


def _fact_form(data: Any, call: Call) -> StaffForm:
    return forms.Fact(data, protocols=forms.protocol_choices(call.episode.procedure))


def _sign(call: Call, form: StaffForm) -> object:
    return episodes.sign_plan(episode=call.episode, by=call.actor, revision=form.revision)


def _order(call: Call, form: StaffForm) -> object:
    said = form.cleaned_data
    order = NewOrder(
        starts_on=said["starts_on"],
        reason=said["reason"],
        max_percent=said["max_percent"],
        max_kg=said["max_kg"],
        term=Term(said["term"]),
        aids=Aids(said["aids"]) if said["aids"] else None,
        brace_min=said["brace_min"],
        brace_max=said["brace_max"],
    )
    return restrictions.order(episode=call.episode, by=call.actor, order=order, revision=form.revision)


def _clear(call: Call, form: StaffForm) -> object:
    return proposals.decide(episode=call.episode, by=call.actor, revision=form.revision, **form.cleaned_data)


def _release(call: Call, form: StaffForm) -> object:
    return clearances.release(hold=call.row, by=call.actor, revision=form.revision, **form.cleaned_data)


def _close_recovery(call: Call, form: StaffForm) -> object:
    return closings.close(episode=call.episode, by=call.actor, revision=form.revision, **form.cleaned_data)


def _reopen(call: Call, form: StaffForm) -> object:
    return closings.reopen(episode=call.episode, by=call.actor, revision=form.revision, **form.cleaned_data)


def _measure(call: Call, form: StaffForm) -> object:
    return measurements.record(episode=call.episode, by=call.actor, **form.cleaned_data)


def _reach(call: Call, form: StaffForm) -> object:
    return milestones.reach(episode=call.episode, by=call.actor, **form.cleaned_data)


def _confirm(call: Call, form: StaffForm) -> object:
    return milestones.confirm(record=call.row, by=call.actor)


def _withdraw_milestone(call: Call, form: StaffForm) -> object:
    return milestones.withdraw(record=call.row, by=call.actor, **form.cleaned_data)


def _fact(call: Call, form: StaffForm) -> object:
    return proposals.record_fact(episode=call.episode, by=call.actor, revision=form.revision, **form.cleaned_data)


def _withdraw_fact(call: Call, form: StaffForm) -> object:
    return proposals.withdraw_fact(fact=call.row, by=call.actor, revision=form.revision, **form.cleaned_data)


def _book(call: Call, form: StaffForm) -> object:
    said, zone = form.cleaned_data, ZoneInfo(call.episode.clinic.time_zone)
    booked_at = datetime.combine(said["booked_on"], said["booked_time"], zone)
    return reviews.book(episode=call.episode, by=call.actor, key=call.key, booked_at=booked_at)


def _done(call: Call, form: StaffForm) -> object:
    return reviews.done(episode=call.episode, by=call.actor, key=call.key, **form.cleaned_data)


def _look(call: Call, form: StaffForm) -> object:
    return triage.look(episode=call.episode, by=call.actor, **form.cleaned_data)


def _acknowledge(call: Call, form: StaffForm) -> object:
    return triage.acknowledge(alert=call.row, by=call.actor, **form.cleaned_data)


def _close(call: Call, form: StaffForm) -> object:
    return triage.close(alert=call.row, by=call.actor, **form.cleaned_data)


def _hand_over(call: Call, form: StaffForm) -> object:
    said = form.cleaned_data
    return triage.hand_over(alert=call.row, by=call.actor, to=User(pk=UUID(said["to"])), note=said["note"])


def _details(call: Call, form: StaffForm) -> object:
    return episodes.change_details(episode=call.episode, by=call.actor, changes=form.cleaned_data)


ALERT, HOLD, MILESTONE, FACT = access.alert_for, access.hold_for, access.milestone_for, access.fact_for

ACTIONS = (
    Action("sign-plan", "sign-plan/", Do.SIGN, _plain(forms.SignPlan), _sign, "The plan is signed."),
    Action("order", "restrictions/", Do.ORDER, _plain(forms.Order), _order, "The new restriction is signed."),
    Action("clear", "clearances/", Do.CLEAR, _plain(forms.Clear), _clear, "The decision is signed."),
    Action(
        "release", "holds/<row>/release/", Do.RELEASE, _plain(forms.Release), _release, "The hold is released.", HOLD
    ),
    Action(
        "close-recovery",
        "closing/",
        Do.CLOSE,
        _plain(forms.CloseRecovery),
        _close_recovery,
        "The recovery is closed.",
    ),
    Action("reopen", "reopening/", Do.REOPEN, _plain(forms.Reopen), _reopen, "The recovery is open again."),
    Action("measure", "measurements/", Do.MEASURE, _plain(forms.Measure), _measure, "The measurement is saved."),
    Action("reach", "milestones/", Do.REACH, _plain(forms.Reach), _reach, "The milestone is recorded."),
    Action(
        "confirm", "milestones/<row>/confirm/", Do.CONFIRM, _plain(forms.Confirm), _confirm, "Confirmed.", MILESTONE
    ),
    Action(
        "withdraw-milestone",
        "milestones/<row>/withdraw/",
        Do.WITHDRAW,
        _plain(forms.Withdraw),
        _withdraw_milestone,
        "The milestone is withdrawn.",
        MILESTONE,
    ),
    Action("fact", "facts/", Do.FACT, _fact_form, _fact, "The plan is worked out anew."),
    Action(
        "withdraw-fact",
        "facts/<row>/withdraw/",
        Do.FACT,
        _plain(forms.Withdraw),
        _withdraw_fact,
        "Withdrawn. What is signed stays until a surgeon signs anew.",
        FACT,
    ),
    Action("book", "reviews/<key>/book/", Do.REVIEW, _plain(forms.Book), _book, "The appointment is saved."),
    Action("done", "reviews/<key>/done/", Do.REVIEW, _plain(forms.Done), _done, "The review is recorded."),
    Action("look", "look/", Do.TRIAGE, _plain(forms.Look), _look, "Marked as seen."),
    Action(
        "acknowledge",
        "alerts/<row>/acknowledge/",
        Do.TRIAGE,
        _plain(forms.Acknowledge),
        _acknowledge,
        "Acknowledged.",
        ALERT,
    ),
    Action("close", "alerts/<row>/close/", Do.TRIAGE, _plain(forms.Close), _close, "The alert is closed.", ALERT),
    Action("hand-over", "alerts/<row>/hand-over/", Do.TRIAGE, _hand_over_form, _hand_over, "Handed over.", ALERT),
    Action("details", "details/", Do.DETAILS, _plain(forms.Details), _details, "The details are changed."),
)


def patterns() -> list[URLPattern]:
    """An address for every action, each named `episode-<action>`."""
    return [
        path(f"episodes/<str:episode>/{_typed(action.where)}", _view(action), name=f"episode-{action.name}")
        for action in ACTIONS
    ]


def _typed(where: str) -> str:
    return where.replace("<row>", "<str:row>").replace("<key>", "<slug:key>")


def _view(action: Action) -> Callable[..., HttpResponse]:
    @require_POST
    @login_required
    def view(request: HttpRequest, episode: str, row: str = "", key: str = "") -> HttpResponse:
        return _perform(request, action, _open(request, action, episode, row, key))

    view.__name__ = f"episode_{action.name.replace('-', '_')}"
    return view


def _open(request: HttpRequest, action: Action, episode: str, row: str, key: str) -> Call:
    """Through the door: the row must be the episode's own."""
    if action.find is None:
        door = access.episode_for(request.user, episode, action.do)
        return Call(door.actor, door.episode, None, key)
    found = action.find(request.user, row, action.do)
    if str(found.episode.pk) != episode:
        raise NotFound
    return Call(found.actor, found.episode, found.row, key)


def _perform(request: HttpRequest, action: Action, call: Call) -> HttpResponse:
    form = action.make(request.POST, call)
    if not form.is_valid():
        return _refused(request, action, call, form, 400)
    try:
        made = action.act(call, form)
    except (Invalid, Conflict, Forbidden) as problem:
        if isinstance(problem, Forbidden):
            access.refused(request.user, problem)
        form.refuse(problem)
        return _refused(request, action, call, form, problem.status)
    waits = isinstance(made, Proposal)
    messages.success(request, PROPOSED if waits else action.done)
    anchor = "proposals" if waits else ANCHORS.get(action.name, "main")
    return redirect(addresses.back(request, f"/episodes/{call.episode.pk}/#{anchor}"))


def _refused(request: HttpRequest, action: Action, call: Call, form: StaffForm, status: int) -> HttpResponse:
    row = str(call.row.pk) if call.row is not None else call.key
    return show(request, str(call.episode.pk), Refused(action.name, row, form), status)


ANCHORS: Mapping[str, str] = {
    "measure": "record",
    "reach": "milestones",
    "confirm": "milestones",
    "withdraw-milestone": "milestones",
    "fact": "basis",
    "withdraw-fact": "basis",
    "book": "reviews",
    "done": "reviews",
    "acknowledge": "alerts",
    "close": "alerts",
    "hand-over": "alerts",
}
"""The part of the page that shows what an action did."""
