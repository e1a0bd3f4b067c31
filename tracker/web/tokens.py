"""Keys for programs: what each may do, until when. Making one is as weighty as making a way to sign in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from tracker import access
from tracker.errors import Forbidden, NotFound
from tracker.models import Scope
from tracker.selectors import tokens
from tracker.services import accounts
from tracker.web import account, confirm
from tracker.web.token_form import USUAL_DAYS, TokenForm


@require_POST
@login_required
def make(request: HttpRequest) -> HttpResponse:
    """A new key, whose secret is shown this once."""
    confirm.confirmed(request)
    who = access.actor(request.user)
    if who is None:
        raise Forbidden("You have no record and no clinic here, so a program would have nothing to do.")
    form = TokenForm(_said(request), who=who)
    if not form.is_valid():
        return account.page(request, who, form, status=400)
    said = form.cleaned_data
    clinic = who.clinic if who.patient is None else None
    _, secret = accounts.issue_token(
        user=who.user, name=said["name"], scopes=said["scopes"], clinic=clinic, days=said["days"]
    )
    return account.page(request, who, secret=secret)


def _said(request: HttpRequest) -> Any:
    """A form that asks for a name alone, as older pages do, means a key that reads and records."""
    said = request.POST.copy()
    if "scopes" not in said and "days" not in said:
        said.setlist("scopes", [Scope.READ.value, Scope.RECORD.value])
        said["days"] = str(USUAL_DAYS)
    return said


@require_POST
@login_required
def end(request: HttpRequest, public_id: UUID) -> HttpResponse:
    token = tokens.token(access.signed_in(request.user), public_id)
    if token is None:
        raise NotFound
    accounts.revoke_token(token=token)
    messages.success(request, f"{token.name} can no longer read or write.")
    return redirect("account")
