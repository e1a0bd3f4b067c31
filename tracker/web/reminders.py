"""Reminders: what the patient will be told next and why, what was sent, what was not, and how they want it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access, clock
from tracker.access import Do, Door
from tracker.errors import Invalid
from tracker.models import ChannelName, Kind, OutboxMessage
from tracker.selectors import reminders as selector
from tracker.selectors.reminders import Coming, Entry, Told
from tracker.selectors.wishes import wishes as wishes_of
from tracker.services import reach
from tracker.services import reminders as service
from tracker.services.kinds import RULES
from tracker.web import push, shell
from tracker.web.choices import Choices

State = OutboxMessage.State

SHOWN, LATEST = 25, 6
"""Messages of the past on the page, and those of them that stand open."""
NEAR = 3
"""Days that stand open; the rest of the week is folded."""
NAMES = {Kind.NUDGE.value: "Second reminder"}
"""Where a patient would say it otherwise."""
BY_WAY = {
    ChannelName.EMAIL.value: "by e-mail",
    ChannelName.SMS.value: "by text message",
    ChannelName.PUSH.value: "as a notification on your phone",
    ChannelName.APP.value: "in your list here",
}
ENDS: Mapping[str, tuple[str, str]] = {
    State.SENT: ("ok", "Sent"),
    State.UNCERTAIN: ("r2", "May have arrived"),
    State.FAILED: ("r1", "Did not arrive"),
    State.DEAD: ("r1", "Did not arrive"),
    State.EXPIRED: ("plain", "Not sent"),
    State.CANCELLED: ("plain", "Not sent"),
}
"""The colour and the word for what became of a message; the reason follows."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message to come. Several things at one moment and by one way are one message."""

    at: datetime
    now: bool
    """Whether it is leaving just now."""
    what: str
    way: str
    why: str

    @property
    def time(self) -> str:
        return f"{self.at:%H:%M}"


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Past:
    """A message that has come to its end, in words."""

    when: str
    what: str
    way: str
    chip: str
    word: str
    reason: str


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reminders(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.SETTINGS)
    patient = door.episode.patient
    wishes = wishes_of(patient, installed=reach.installed())
    if request.method != "POST":
        return _page(request, door, Choices(wishes=wishes))
    form = Choices(request.POST, wishes=wishes)
    if not form.is_valid() or not form.keep(patient, clock.now()):
        return _page(request, door, form, status=400)
    messages.success(request, "Saved. What comes next has been worked out anew.")
    return redirect("reminders")


@require_POST
@login_required
def test(request: HttpRequest) -> HttpResponse:
    """A message on trial, so that the patient sees whether one way works."""
    door = access.own_episode(request.user, Do.SETTINGS)
    patient, channel = door.episode.patient, request.POST.get("channel", "")
    try:
        service.test(patient=patient, channel=channel, now=clock.now())
    except Invalid as problem:
        wishes = wishes_of(patient, installed=reach.installed())
        return _page(request, door, Choices(wishes=wishes), refused=" ".join(problem.fields["channel"]), status=400)
    messages.success(request, f"A test is on its way {BY_WAY[channel]}. It should be there within a few minutes.")
    return redirect("/reminders/#test")


@require_POST
@login_required
def read(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The patient's "I have read this"."""
    door = access.message_for(request.user, public_id, Do.SETTINGS)
    if door.actor.patient is not None:
        service.read(patient=door.actor.patient, now=clock.now(), ids=[door.message.pk])
    return redirect("/reminders/#list")


def _page(request: HttpRequest, door: Door, form: Choices, *, refused: str = "", status: int = 200) -> HttpResponse:
    patient, now = door.episode.patient, clock.now()
    lines = coming(selector.week_ahead(patient, now=now, usable=reach.usable(patient)), now)
    today = clock.today(patient.time_zone)
    days = by_day(lines, today)
    past = [_past(told, today) for told in selector.history(patient, now=now, limit=SHOWN)]
    context = {
        "clinic": door.episode.clinic,
        "patient": patient,
        "next": lines[0] if lines else None,
        "next_day": days[0].name if days else "",
        "days": days[:NEAR],
        "later": days[NEAR:],
        "entries": [_entry(entry, today) for entry in selector.entries(patient, now=now)],
        "past": past[:LATEST],
        "before": past[LATEST:],
        "form": form,
        "tests": [(way.channel, BY_WAY[way.channel]) for way in form.wishes.ways],
        "refused": refused,
        **push.context(door.actor.user),
    }
    return shell.page(request, "tracker/reminders/page.html", door.actor, context, status)


def coming(planned: Iterable[Coming], now: datetime, ways: Mapping[str, str] = BY_WAY) -> list[Line]:
    """One line a message: what goes out at one moment by one way is bundled."""
    bundles = groupby(planned, key=lambda each: (each.at, each.channel))
    return [_line(at, ways.get(channel, channel), list(bundle), now) for (at, channel), bundle in bundles]


def _line(at: datetime, way: str, bundle: Sequence[Coming], now: datetime) -> Line:
    what = list(dict.fromkeys(NAMES.get(each.kind, each.label) for each in bundle))
    also = "".join(f" and {name[:1].lower()}{name[1:]}" for name in what[1:])
    why = dict.fromkeys(f"{said.rstrip('.')}." for each in bundle for said in (each.why, each.reason) if said)
    return Line(at, at <= now, what[0] + also, way, " ".join(why))


def by_day(lines: Sequence[Line], today: date) -> list[Day]:
    return [Day(day_name(day, today), list(of)) for day, of in groupby(lines, key=lambda line: line.at.date())]


def day_name(day: date, today: date) -> str:
    """A day as people near it say it: "Tomorrow", "Wednesday 17 June"."""
    near = {0: "Today", 1: "Tomorrow", -1: "Yesterday"}
    return near.get((day - today).days, f"{day:%A} {day.day} {day:%B}")


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry of the patient's own list, in words, with where it leads."""

    id: UUID
    what: str
    when: str
    path: str
    go: str


def _entry(entry: Entry, today: date) -> Listed:
    rule = RULES.get(entry.kind)
    what, path, go = (rule.line, rule.path, rule.go) if rule else (entry.label, "/today/", "Open")
    return Listed(entry.id, what, f"{day_name(entry.at.date(), today)}, {entry.at:%H:%M}", path, go)


def end_of(state: str, channel: str, otherwise: str) -> tuple[str, str]:
    """The colour and the word for what became of a message."""
    if channel == ChannelName.APP and state == State.SENT:
        return "info", "In the list"
    return ENDS.get(state, ("plain", otherwise))


def _past(told: Told, today: date) -> Past:
    chip, word = end_of(told.state, told.channel, told.state_label)
    when = f"{day_name(told.at.date(), today)}, {told.at:%H:%M}"
    return Past(when, NAMES.get(told.kind, told.label), BY_WAY.get(told.channel, told.channel), chip, word, told.reason)
