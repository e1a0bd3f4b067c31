"""The clinic's patients by name, for whoever needs to find or reach one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Do
from tracker.selectors import invites
from tracker.selectors import patients as selector
from tracker.web import addresses, shell
from tracker.web.staff_words import SHORT_PROCEDURES


@require_safe
@login_required
def patients(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.ENROL)
    query = addresses.words(request, "q")
    listed = selector.patients(actor, query=query, page=addresses.number(request, "page"))
    invited = invites.of_patients({row.patient: row.login is not None for row in listed.rows}, now=clock.now())
    access.listed(request.user, (row.episode for row in listed.rows))
    context = {"invited": invited, "listed": listed, "query": query, "operations": SHORT_PROCEDURES}
    return shell.page(request, "tracker/patients/page.html", actor, context)
