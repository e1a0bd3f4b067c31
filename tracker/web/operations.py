"""Operations: are reminders going out, what is stuck, and which of the clinic's messages did not arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.models import Kind, OutboxMessage, User
from tracker.selectors import operations as selector
from tracker.selectors import undelivered
from tracker.selectors.operations import Broken, Part, Pulse, channel_word, length
from tracker.selectors.totals import Totals
from tracker.selectors.totals import totals as count
from tracker.selectors.undelivered import Undelivered
from tracker.services import audit, erasure, outbox, reach, sending
from tracker.web import addresses, shell, standstill
from tracker.web.staff_words import MESSAGES

State = OutboxMessage.State

LISTS = {
    State.FAILED: ("Refused", "The provider refused these for good. Put the address right, then send again."),
    State.DEAD: ("Given up", "Tried many times in vain. Send again once the provider answers."),
    State.UNCERTAIN: (
        "May have arrived",
        "The line broke at the one moment after which nobody can know. A reminder is never repeated by itself.",
    ),
    State.EXPIRED: ("Too late", "Their time had passed before they could leave. Listed so that you can see it."),
}
"""What became of a message, and what that means, in the order of the page."""
INSTEAD = {
    "email": "Sent by e-mail instead.",
    "sms": "Sent by text message instead.",
    "push": "Sent as a notification instead.",
    "app": "It stands in the patient's list instead.",
}
BLAND = frozenset({Kind.CHECK_IN, Kind.NUDGE, Kind.REVIEW_TOMORROW, Kind.TEST, Kind.MORNING_LIST})
"""Kinds whose name tells nothing clinical."""


@dataclass(frozen=True, slots=True)
class Sign:
    """How one part of the engine is doing: its name, what it does, when it was heard of, and one word for that."""

    name: str
    does: str
    heard: str
    word: str
    chip: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A message on the page, named as the reader of the page may know it."""

    message: Undelivered
    kind: str
    way: str
    instead: str


@require_safe
@login_required
def operations(request: HttpRequest) -> HttpResponse:
    return _page(request, access.operations_for(request.user))


@require_POST
@login_required
def replay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Gives a message another chance, and keeps who did."""
    door = access.message_for(request.user, public_id, Do.OPERATIONS)
    message, back = door.message, addresses.back(request, "/operations/#messages")
    with transaction.atomic():
        made_due = outbox.replay(message, now=clock.now())
        if made_due:
            audit.note(
                door.actor, "message replayed", message.episode, message.pk, kind=message.kind, was=message.state
            )
    if made_due:
        messages.success(request, "It is due again. Just before it leaves we ask once more whether it is still wanted.")
    else:
        messages.warning(request, "This message is on its way already, or has been dealt with.")
    return redirect(back)


@require_POST
@login_required
def resume(request: HttpRequest) -> HttpResponse:
    """Opens sending again after a restore, by somebody who has made sure that this database is the only one."""
    user = access.operator(request.user)
    if request.POST.get("sure") != "on":
        return _page(request, access.operations_for(user), unsure=True, status=400)
    expired = erasure.come_back(by=user.name or user.email, now=clock.now())
    audit.note_of_user(user, "sending opened", expired=str(expired))
    standstill.forget()
    messages.success(request, f"Sending is open again. Messages that fell due meanwhile and expired: {expired}.")
    return redirect("operations")


def _page(request: HttpRequest, actor: Actor | None, *, unsure: bool = False, status: int = 200) -> HttpResponse:
    now = clock.now()
    pulse, totals = selector.pulse(now=now), count(now=now)
    faults = selector.faults(pulse)
    context = {
        "stuck": "",  # the page itself says it
        "faults": [fault for fault in faults if fault.vital],
        "remarks": [fault for fault in faults if not fault.vital],
        "signs": [_sign(part, pulse) for part in selector.PARTS],
        "providers": _providers(pulse),
        "waiting": _waiting(pulse),
        "last_sent": _ago(totals.last_sent, now),
        "totals": _totals(totals),
        "as_of": now,
        "zone": ZoneInfo(actor.clinic.time_zone if actor else "UTC"),
        **(_shut(request, now, unsure) if pulse.shut else {}),
        **(_messages(request, actor, now) if actor else {}),
    }
    return shell.page(request, "tracker/operations/page.html", actor, context, status)


def _shut(request: HttpRequest, now: datetime, unsure: bool) -> dict[str, Any]:
    """How sending is opened again, for whoever may."""
    may_open = isinstance(request.user, User) and request.user.is_superuser
    return {"shut": True, "may_open": may_open, "fell_due": sending.how_many_fell_due(before=now), "unsure": unsure}


def _sign(part: Part, pulse: Pulse) -> Sign:
    silence = pulse.silence(part)
    heard = "never heard of" if silence is None else f"{length(silence)} ago"
    if pulse.is_silent(part):
        return Sign(part.name, part.does, heard, "silent", "r0" if part.vital else "r2")
    if silence is None:
        return Sign(part.name, part.does, heard, "not in use", "plain")
    return Sign(part.name, part.does, heard, "working", "ok")


def _providers(pulse: Pulse) -> list[Sign]:
    """Each way out of the house, and since when its provider does not answer."""
    broken = {each.channel: each for each in pulse.broken}
    return [_provider(name, broken.get(name), pulse) for name in sorted({*reach.installed(), *broken})]


def _provider(channel: str, broken: Broken | None, pulse: Pulse) -> Sign:
    if broken is None:
        return Sign(channel_word(channel), "", "", "answers", "ok")
    return Sign(channel_word(channel), broken.error, f"for {length(pulse.now - broken.since)}", "no answer", "r0")


def _waiting(pulse: Pulse) -> str:
    if pulse.oldest_due is None:
        return "Nothing waits that should have left."
    return f"What should have left first has waited for {length(pulse.now - pulse.oldest_due)}."


def _ago(at: datetime | None, now: datetime) -> str:
    return "No message has been sent yet." if at is None else f"The last one left {length(now - at)} ago."


def _totals(totals: Totals) -> list[tuple[str, int]]:
    """Counts of the whole installation, which name nobody."""
    words = {State.SENT: "Sent", **{state: word for state, (word, _) in LISTS.items()}}
    return [(word, totals.ended.get(state, 0)) for state, word in words.items()]


def _messages(request: HttpRequest, actor: Actor, now: datetime) -> dict[str, Any]:
    listed = undelivered.undelivered(
        actor, now=now, state=request.GET.get("state", ""), page=addresses.number(request, "page")
    )
    access.listed(request.user, {row.episode: None for row in listed.rows if row.episode is not None})
    return {
        "listed": listed,
        "rows": [_shown(row, actor) for row in listed.rows],
        "lists": [(state.value, word, listed.counts[state]) for state, (word, _) in LISTS.items()],
        "meaning": LISTS[State(listed.state)][1],
    }


def _shown(row: Undelivered, actor: Actor) -> Shown:
    known = access.may(actor, Do.READ_AS_STAFF) or row.kind in BLAND
    plain = "Message to the patient" if row.to_patient else "Notice to a colleague"
    instead = INSTEAD.get(row.instead or "", "") if row.to_patient else ""
    return Shown(row, MESSAGES.get(row.kind, row.kind) if known else plain, channel_word(row.channel), instead)
