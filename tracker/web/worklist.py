"""The worklist: who needs somebody today, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Do
from tracker.clinical.terms import Attention
from tracker.selectors import worklist as selector
from tracker.selectors.worklist import ALL, Row, Worklist
from tracker.web import addresses, shell
from tracker.web.worklist_rows import CHIPS, Look, rows_html

NEEDS = {attention.name.lower(): attention for attention in Attention}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; what it cannot mean is left out."""

    need: str
    query: str
    page: int
    at: UUID | None
    look_first: bool
    """Whether the next look is set first, rather than an alert acknowledged."""

    @property
    def address(self) -> str:
        """The query string that leads back here, without the row that is being answered."""
        kept = {"need": self.need, "q": self.query, "page": self.page if self.page > 1 else ""}
        return urlencode({name: value for name, value in kept.items() if value})


@dataclass(frozen=True, slots=True)
class Filter:
    label: str
    count: int
    href: str
    current: bool


@require_safe
@login_required
def worklist(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.WORKLIST)
    asked, now = _asked(request), clock.now()
    listed = selector.worklist(actor, now=now, need=asked.need, query=asked.query, page=asked.page)
    access.listed(request.user, (row.episode for row in listed.rows))
    zone = ZoneInfo(actor.clinic.time_zone)
    look = Look(now, zone, f"{asked.address}&" if asked.address else "", asked.at, listed.looked, listed.alerts)
    context = {
        "listed": listed,
        "rows": rows_html(listed.rows, look, partial(_answer, request, asked, listed, zone)),
        "filters": _filters(listed, asked),
        "asked": asked,
        "as_of": now,
        "zone": zone,
        "more": _further(asked, listed),
    }
    return shell.page(request, "tracker/worklist/page.html", actor, context)


def _asked(request: HttpRequest) -> Asked:
    need = request.GET.get("need", "")
    return Asked(
        need=need if need in NEEDS or need == ALL else "",
        query=addresses.words(request, "q"),
        page=addresses.number(request, "page"),
        at=addresses.row_id(request, "at"),
        look_first=request.GET.get("do") == "look",
    )


def _filters(listed: Worklist, asked: Asked) -> list[Filter]:
    current = "" if asked.query else asked.need
    offered = [("", "Needs someone", listed.needing)]
    offered += [
        (need, CHIPS[attention][1], listed.counts[attention])
        for need, attention in NEEDS.items()
        if attention < Attention.ON_TRACK and (listed.counts[attention] or need == current)
    ]
    offered.append((ALL, "All", listed.total))
    return [
        Filter(label, count, f"?need={need}" if need else "?", current == need and not asked.query)
        for need, label, count in offered
    ]


def _further(asked: Asked, listed: Worklist) -> dict[str, str]:
    """Addresses of the page before and after this one."""
    kept = {name: value for name, value in (("need", asked.need), ("q", asked.query)) if value}
    steps = {"before": listed.page - 1, "after": listed.page + 1}
    return {name: f"?{urlencode({**kept, 'page': to})}" for name, to in steps.items() if 1 <= to <= listed.pages}


def _answer(request: HttpRequest, asked: Asked, listed: Worklist, zone: ZoneInfo, row: Row) -> str:
    """The forms under the row that is being answered."""
    back = f"/worklist/?{asked.address}" if asked.address else "/worklist/"
    context = {
        "row": row,
        "alerts": listed.alerts.get(row.episode, ()),
        "next": f"{back}#e{row.episode}",
        "look_first": asked.look_first,
        "zone": zone,
    }
    return render_to_string("tracker/worklist/_answer.html", context, request)
