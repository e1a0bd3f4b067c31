"""The call list: whom somebody has to phone, why, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.errors import Conflict, Invalid
from tracker.models import Call, Kind
from tracker.selectors import calls as selector
from tracker.selectors.calls import Entry
from tracker.selectors.operations import length
from tracker.services import calls as service
from tracker.web import addresses, shell, standstill
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm
from tracker.web.worklist_rows import clock_or_day

PAGE = 50
CHIPS = {
    Kind.ALERT_CALL: ("r0", "Urgent alert"),
    Kind.SILENCE: ("r2", "Silent"),
    Kind.UNSEEN: ("r2", "Not seen"),
    Kind.UNREACHABLE: ("info", "Not reached"),
    Kind.RECORD_REQUEST: ("info", "Deletion asked"),
}
STRICTER = ("r1", "Stricter limit")
SAID = {
    Call.Outcome.REACHED: "Noted: you spoke to the patient.",
    Call.Outcome.NO_ANSWER: "Noted: no answer. The call stays on the list.",
    Call.Outcome.SETTLED: "Noted: settled.",
}


class Record(StaffForm):
    """What came of a call."""

    outcome = fields.choice("What came of it", Call.Outcome.choices, "Choose what came of it.")
    note = fields.note("Note", "Say how it was settled.", required=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry on the page. `after` is the one that takes its place once it is done with."""

    entry: Entry
    chip: str
    word: str
    since: str
    waited: str
    tries: Sequence[tuple[str, str, str]]
    """When, by whom, and the note."""
    after: UUID | None
    form: Record | None = None

    @property
    def note(self) -> str:
        """What was typed before a refusal."""
        return str(self.form.data.get("note", "")) if self.form else ""


@require_safe
@login_required
def calls(request: HttpRequest) -> HttpResponse:
    return _page(request, access.clinic_for(request.user, Do.CALLS))


@require_POST
@login_required
def record(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What came of one call. Whoever records it stays where they are on the list."""
    door = access.call_for(request.user, public_id, Do.CALLS)
    form = Record(request.POST, name=f"c{public_id}")
    if not form.is_valid():
        return _page(request, door.actor, public_id, form, 400)
    try:
        service.record(message=door.message, by=door.actor, **form.cleaned_data)
    except (Invalid, Conflict) as problem:
        form.refuse(problem)
        return _page(request, door.actor, public_id, form, problem.status)
    standstill.forget()
    messages.success(request, SAID[Call.Outcome(form.cleaned_data["outcome"])])
    return redirect(f"/calls/{_anchor(request, public_id, form.cleaned_data['outcome'])}")


def _anchor(request: HttpRequest, public_id: UUID, outcome: str) -> str:
    """The same entry while it stays on the list, else the one after it."""
    page = addresses.number(request, "page")
    at = public_id if outcome == Call.Outcome.NO_ANSWER else addresses.posted_id(request, "after")
    return (f"?page={page}" if page > 1 else "") + (f"#c{at}" if at else "")


def _page(
    request: HttpRequest, actor: Actor, at: UUID | None = None, form: Record | None = None, status: int = 200
) -> HttpResponse:
    now, zone = clock.now(), ZoneInfo(actor.clinic.time_zone)
    entries = selector.open_entries(actor.clinic)
    pages = max(1, -(-len(entries) // PAGE))
    page = min(addresses.number(request, "page"), pages) or 1
    here = entries[(page - 1) * PAGE : page * PAGE]
    access.listed(request.user, (each.episode for each in here if each.episode is not None))
    after = dict(pairwise(each.id for each in here))
    shown = [_shown(each, after.get(each.id), now, zone, form if each.id == at else None) for each in here]
    context = {
        "calls": shown,
        "total": len(entries),
        "page": page,
        "pages": pages,
        "as_of": now,
        "zone": zone,
        "gone": form if form is not None and at not in [each.id for each in here] else None,
    }
    return shell.page(request, "tracker/calls/page.html", actor, context, status)


def _shown(entry: Entry, after: UUID | None, now: datetime, zone: ZoneInfo, form: Record | None) -> Shown:
    chip, word = STRICTER if entry.stricter else CHIPS.get(Kind(entry.kind), ("plain", "Call"))
    today = now.astimezone(zone).date()
    tries = [(clock_or_day(each.at, zone, today), each.by, each.note) for each in entry.tries]
    return Shown(
        entry=entry,
        chip=chip,
        word=word,
        since=clock_or_day(entry.since, zone, today),
        waited=length(now - entry.since),
        tries=tries,
        after=after,
        form=form,
    )
