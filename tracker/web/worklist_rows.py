"""The rows of the worklist as HTML, put together in Python because a template would cost ten times as much a row.

Everything that comes from a person passes through `escape`; the rest is our own vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString, mark_safe

from tracker.clinical.sparkline import HEIGHT, WIDTH
from tracker.clinical.terms import Attention, Phase
from tracker.selectors.worklist import Row, Unacknowledged, post_op_day

CHIPS: Mapping[Attention, tuple[str, str]] = {
    Attention.EMERGENCY: ("r0", "Emergency"),
    Attention.SAME_DAY: ("r1", "Same day"),
    Attention.NOT_EVALUATED: ("r1", "Not evaluated"),
    Attention.SOON: ("r2", "Within 2 days"),
    Attention.GATE_DUE: ("r1", "Gate due"),
    Attention.OVER_LOADING: ("r2", "Over-loading"),
    Attention.UNSEEN: ("r2", "Not seen"),
    Attention.THIS_WEEK: ("r2", "This week"),
    Attention.BEHIND: ("r2", "Behind"),
    Attention.SILENT: ("r2", "Silent"),
    Attention.ROUTINE: ("info", "Routine"),
    Attention.ON_TRACK: ("ok", "On track"),
}
"""The colour and the word of every need; the word alone says it too."""

OPERATIONS = {
    "MOWHTO": "opening tibial",
    "LCWHTO": "closing tibial",
    "MCWDFO": "closing femoral",
    "LOWDFO": "opening femoral",
    "DLO": "double level",
}

UNKNOWN = "not known"
NOT_ASSESSED = "No assessment is kept for this knee. Open it and judge for yourself."


@dataclass(frozen=True, slots=True)
class Look:
    """From where and when the list is looked at."""

    now: datetime
    zone: ZoneInfo
    query: str
    """The list's own query string without `at`, already encoded, with a trailing & unless empty."""
    at: UUID | None
    looked: frozenset[UUID]
    alerts: Mapping[UUID, Sequence[Unacknowledged]]

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()


def rows_html(rows: Sequence[Row], look: Look, answer: Callable[[Row], str]) -> SafeString:
    """All rows. `answer` gives the forms under the row that is being answered."""
    today, query = look.today, escape(look.query)
    parts = []
    for row in rows:
        parts.append(_row(row, look, today, query))
        if row.episode == look.at:
            parts.append(answer(row))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped where it is made


def _row(row: Row, look: Look, today: date, query: str) -> str:
    key, name = str(row.episode), escape(row.name)
    chip, need = CHIPS[row.need]
    looked = row.episode in look.looked
    classes = " ".join(filter(None, ("cur" if row.episode == look.at else "", "looked" if looked else "")))
    return (
        f'<tr id="e{key}" class="{classes}"><td class="need"><span class="chip {chip}">{need}</span>{_seen_mark(row, looked)}</td>'
        f'<td class="who"><b>{name}</b><small>{row.side[0].upper()} · {OPERATIONS[row.procedure]}</small></td>'
        f'<td class="why">{_why(row, look, today)}</td>'
        f'<td class="day">{_day(row, look.now)}</td>'
        f'<td class="load">{_load(row)}</td>'
        f'<td class="sp">{_spark(row.sparkline)}</td>'
        f'<td class="last">{_last(row, look.zone, today)}</td>'
        f'<td class="do"><a class="button quiet" href="/episodes/{key}/" aria-label="Open {name}">Open</a>'
        f'<a class="link" href="?{query}at={key}#e{key}" aria-label="Respond: {name}">Respond</a></td></tr>'
    )


def _seen_mark(row: Row, looked: bool) -> str:
    if not looked:
        return ""
    if row.next_look_on is None:
        return "<small>✓ seen</small>"
    return f"<small>✓ look {short_date(row.next_look_on)}</small>"


def _why(row: Row, look: Look, today: date) -> str:
    said = escape(row.reason or "") if row.attention is not None else NOT_ASSESSED
    waiting = look.alerts.get(row.episode)
    if waiting:
        said += f"<small>Alert {clock_or_day(waiting[0].opened_at, look.zone, today)}, not acknowledged</small>"
    if row.as_of is not None and row.as_of < today:
        said += f'<small class="warn-text">Assessed {short_date(row.as_of)}, not since</small>'
    return said


def _day(row: Row, now: datetime) -> str:
    if row.surgery_date is None:
        return UNKNOWN
    day = post_op_day(row.surgery_date, now, row.time_zone)
    return f"Day {day}<small>{Phase(row.phase).name.lower() if row.phase else ''}</small>"


def _load(row: Row) -> str:
    if row.term is None:
        return UNKNOWN
    limit = "" if row.max_kg is None or row.term == "NWB" else f" <span>≤ {row.max_kg} kg</span>"
    return f"<b>{row.term}</b>{limit}{_SEEN[row.seen]}"


_SEEN = {
    True: "<small>seen by patient</small>",
    False: '<small class="warn-text">not yet seen</small>',
    None: '<small class="warn-text">not signed</small>',
}


def _spark(drawn: Mapping[str, Any] | None) -> str:
    """The kept drawing; what it shows is said in words in the next cell, so it is hidden from a screen reader."""
    if not drawn or not drawn.get("line"):
        return "<small>no pain yet</small>"
    x, y = drawn["last"][:2]
    band = f'<path class="band" d="{escape(drawn["band"])}"/>' if drawn.get("band") else ""
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">{band}'
        f'<path class="line" d="{escape(drawn["line"])}"/><circle cx="{x:g}" cy="{y:g}" r="2.6"/></svg>'
    )


def _last(row: Row, zone: ZoneInfo, today: date) -> str:
    if row.last_check_in is None:
        return "none yet"
    if row.last_check_in == today and row.last_check_in_at is not None:
        return clock_or_day(row.last_check_in_at, zone, today)
    return day_name(row.last_check_in, today)


def clock_or_day(at: datetime, zone: ZoneInfo, today: date) -> str:
    """When something was entered, as the clinic says it: "today 07:52", "yesterday 16:10", "17 Nov"."""
    local = at.astimezone(zone)
    named = day_name(local.date(), today)
    return f"{named} {local:%H:%M}" if named in ("today", "yesterday") else named


@cache
def day_name(day: date, today: date) -> str:
    """A day as people near it say it."""
    ago = (today - day).days
    if ago in (0, 1):
        return ("today", "yesterday")[ago]
    return f"{day:%a} {short_date(day)}" if 1 < ago < 7 else short_date(day)


@cache
def short_date(day: date) -> str:
    return f"{day.day} {day:%b}"
