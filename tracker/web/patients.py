"""The clinic's patients by name, for whoever needs to find or reach one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access
from tracker.access import Do
from tracker.selectors import patients as selector
from tracker.web import addresses, shell
from tracker.web.staff_words import SHORT_PROCEDURES


@require_safe
@login_required
def patients(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.ENROL)
    query = addresses.words(request, "q")
    listed = selector.patients(actor, query=query, page=addresses.number(request, "page"))
    context = {"listed": listed, "query": query, "operations": SHORT_PROCEDURES}
    return shell.page(request, "tracker/patients/page.html", actor, context)
