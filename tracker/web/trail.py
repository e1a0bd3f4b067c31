"""The trail for whom it is kept: the clinic's auditor line by line, the patient as who looked at their record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Do
from tracker.clinical.terms import Role
from tracker.models import AuditEvent
from tracker.selectors import trail as selector
from tracker.selectors.operations import length
from tracker.selectors.trail import STAFF, State, Trail, Wanted
from tracker.selectors.trail_lines import Line
from tracker.selectors.who_looked import Visitor, looks_at
from tracker.web import addresses, shell, trail_words
from tracker.web.staff_words import ROLES
from tracker.web.worklist_rows import clock_or_day

Outcome = AuditEvent.Outcome
OUTCOMES = {Outcome.DONE: "Done", Outcome.SEEN: "Seen", Outcome.REFUSED: "Refused"}
CHIPS = {Outcome.DONE: "ok", Outcome.SEEN: "plain", Outcome.REFUSED: "r1"}
UNNAMED = {Role.PATIENT: "The patient", Role.CAREGIVER: "A helper of the patient"}
HELPER = "somebody who helps you"


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the trail as a sentence."""

    at: datetime
    chip: str
    word: str
    sentence: str
    record: str
    emergency: bool


@require_safe
@login_required
def trail(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.TRAIL)
    wanted, now, zone = _wanted(request), clock.now(), ZoneInfo(actor.clinic.time_zone)
    found = selector.trail(actor, wanted)
    chip, word, sentences = state_in_words(selector.state(actor.clinic, now=now), now, zone)
    context = {
        "lines": [_said(line, found) for line in found.lines],
        "unknown_record": found.unknown_record,
        "wanted": wanted,
        "outcomes": OUTCOMES.items(),
        "further": _further(wanted, found.further),
        "chip": chip,
        "word": word,
        "state": sentences,
        "zone": zone,
        "as_of": now,
    }
    return shell.page(request, "tracker/trail/page.html", actor, context)


def _wanted(request: HttpRequest) -> Wanted:
    outcome = request.GET.get("outcome", "")
    return Wanted(
        person=addresses.words(request, "person"),
        record=addresses.words(request, "record"),
        outcome=outcome if outcome in OUTCOMES else "",
        day=_day(request, "day"),
        before=_before(request.GET.get("before", "")),
    )


def _day(request: HttpRequest, name: str) -> date | None:
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if day.year > FIRST_YEAR else None


FIRST_YEAR = 2000
"""Nothing is older, and what reckons with days has room before it."""


def _before(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _further(wanted: Wanted, before: int | None) -> str:
    """The address of the next page."""
    kept = {"person": wanted.person, "record": wanted.record, "outcome": wanted.outcome, "day": wanted.day or ""}
    return urlencode({name: value for name, value in {**kept, "before": before}.items() if value}) if before else ""


def _said(line: Line, found: Trail) -> Said:
    outcome = Outcome(line.outcome)
    record = (found.records.get(line.episode) or f"episode {str(line.episode)[:8]}") if line.episode else ""
    return Said(
        at=line.at,
        chip=CHIPS[outcome],
        word=OUTCOMES[outcome],
        sentence=f"{_who(line, found)} {_what(line)}.",
        record=record,
        emergency=line.pk in found.emergencies,
    )


def _who(line: Line, found: Trail) -> str:
    if line.user is None:
        return "The program" if not line.via else "Somebody who was not signed in"
    name = found.staff.get(line.user)
    if name is None:
        who = UNNAMED.get(Role(line.role)) if line.role in UNNAMED else None
        return who or f"User {str(line.user)[:8]}"
    role = ROLES.get(Role(line.role), line.role) if line.role in STAFF else ""
    said = f"{name}, {role}," if role else name
    return f"A program of {said}" if line.via.startswith("token:") else said


def _what(line: Line) -> str:
    if line.outcome == Outcome.SEEN:
        listed = f", with {line.listed} record{'' if line.listed == 1 else 's'}" if line.listed else ""
        return f"looked at {trail_words.page_called(line.page)}{listed}"
    if line.outcome == Outcome.DONE:
        return trail_words.done(line.action)
    if line.page:
        return f"was refused {trail_words.page_called(line.page)}: {trail_words.why(line.why)}"
    return f"was refused: {line.action.replace('_', ' ')}"


def state_in_words(state: State, now: datetime, zone: ZoneInfo) -> tuple[str, str, list[str]]:
    """A colour, a word and sentences on whether the clinic's chain is whole."""
    today = now.astimezone(zone).date()
    sealed = "Nothing has been sealed yet."
    if state.sealed_at is not None:
        sealed = f"{state.number} lines, sealed up to {clock_or_day(state.sealed_at, zone, today)}."
    checked = "The whole chain has not been checked yet."
    if state.checked_at is not None:
        checked = f"Checked {clock_or_day(state.checked_at, zone, today)}: {_found(state.faults)}"
    if state.faults:
        return "r0", "Changed afterwards", [f"{checked} {TELL}", sealed]
    if state.unsealed.oldest is not None:
        waits = (
            f"{state.unsealed.count} lines wait for their seal, the oldest for {length(now - state.unsealed.oldest)}."
        )
        return "r1", "Not sealed", [f"{waits} {TELL}", sealed, checked]
    return ("ok", "Whole", [sealed, checked]) if state.checked_at else ("plain", "Not checked yet", [sealed, checked])


TELL = "Tell whoever runs this installation."


def _found(faults: int) -> str:
    return f"{faults} lines are not as they were sealed." if faults else "every line is as it was sealed."


# --- For the patient ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """Somebody who was in the record on one day, in words."""

    name: str
    role: str
    when: str
    what: str
    emergency: bool


@require_safe
@login_required
def who_looked(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.LOOKED)
    patient = door.episode.patient
    zone = ZoneInfo(patient.time_zone)
    today = clock.now().astimezone(zone).date()
    looks = looks_at(patient, until=min(_day(request, "until") or today, today))
    context = {
        "days": [
            (day.on, [_shown(visitor, zone) for visitor in day.visitors], lists_in_words(day.lists))
            for day in looks.days
        ],
        "looks": looks,
        "earlier": looks.since.toordinal() > 1 and date.fromordinal(looks.since.toordinal() - 1),
        "today": today,
        "latest": looks.until == today,
    }
    return shell.page(request, "tracker/trail/who_looked.html", door.actor, context)


def _shown(visitor: Visitor, zone: ZoneInfo) -> Shown:
    first, last = (f"{at.astimezone(zone):%H:%M}" for at in (visitor.first, visitor.last))
    role = HELPER if visitor.role == Role.CAREGIVER else (ROLES.get(Role(visitor.role), "") if visitor.role else "")
    return Shown(
        name=visitor.name,
        role=f"{role}, {visitor.clinic}" if visitor.clinic else role,
        when=first if first == last else f"{first} to {last}",
        what=_acts(visitor),
        emergency=visitor.emergency,
    )


def _acts(visitor: Visitor) -> str:
    """ "Looked at your record 3 times, signed an order." """
    acts = [trail_words.to_patient(action) for action in visitor.deeds]
    if visitor.looks:
        acts.insert(0, f"looked at your record{times(visitor.looks)}")
    said = joined(list(dict.fromkeys(acts)))
    return f"{said[:1].upper()}{said[1:]}{', with a program' if visitor.programs else ''}."


def times(number: int) -> str:
    return "" if number == 1 else f" {number} times"


def joined(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def lists_in_words(lists: dict[str, int]) -> str:
    """One sentence for all the lists of a day."""
    if not lists:
        return ""
    return f"Your name stood on a list that was opened by {joined([f'{name}{times(n)}' for name, n in lists.items()])}."
