"""A patient's own settings: in which time zone they are, which programs may act for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access
from tracker.access import Do, Door
from tracker.errors import NotFound
from tracker.models import Actor, Episode
from tracker.selectors import settings as selector
from tracker.selectors.settings import Settings
from tracker.services import accounts, episodes
from tracker.web import shell

AREAS = ("Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
ZONES = [*sorted(zone for zone in available_timezones() if zone.partition("/")[0] in AREAS), "UTC"]
CHOOSE_ZONE = "Choose a time zone from the list."


SELECTED = SafeString(" selected")


class ZoneSelect(forms.Select):
    """Put together in Python: Django renders a template for every option, and there are hundreds."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((zone, SELECTED if zone == value else "", label) for zone, label in self.choices),
        )
        return format_html(
            '<select name="{}"{}>{}</select>', name, flatatt(self.build_attrs(self.attrs, attrs)), options
        )


class ZoneForm(forms.Form):
    """Where the patient is; reminders keep their hour on the wall there."""

    time_zone = forms.ChoiceField(
        label="Your time zone",
        help_text="Change it when you travel. Your level is then the stricter of both places' days.",
        choices=[(zone, zone.replace("_", " ")) for zone in ZONES],
        widget=ZoneSelect,
        error_messages={"invalid_choice": CHOOSE_ZONE, "required": CHOOSE_ZONE},
    )


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name of the program",
        max_length=80,
        error_messages={
            "required": "Give the program a name, so that you recognise it.",
            "max_length": "Use at most 80 letters.",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def settings(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.SETTINGS)
    found = selector.settings(door.actor.user, door.episode.patient)
    if request.method != "POST":
        return _page(request, door, found, ZoneForm(initial=_initial(door.episode)))
    form = ZoneForm(request.POST)
    if not form.is_valid():
        return _page(request, door, found, form, status=400)
    _save(door.episode, door.actor, form.cleaned_data["time_zone"])
    messages.success(request, "Saved.")
    return redirect("settings")


@require_POST
@login_required
def make_token(request: HttpRequest) -> HttpResponse:
    """A new key, whose secret is shown this once."""
    door = access.own_episode(request.user, Do.SETTINGS)
    form, secret = TokenForm(request.POST), ""
    if form.is_valid():
        _, secret = accounts.issue_token(user=door.actor.user, name=form.cleaned_data["name"])
    found = selector.settings(door.actor.user, door.episode.patient)
    zone = ZoneForm(initial=_initial(door.episode))
    return _page(request, door, found, zone, None if secret else form, secret, 200 if secret else 400)


@require_POST
@login_required
def revoke_token(request: HttpRequest, public_id: UUID) -> HttpResponse:
    token = selector.token(access.signed_in(request.user), public_id)
    if token is None:
        raise NotFound
    accounts.revoke_token(token=token)
    messages.success(request, f"{token.name} can no longer read or write.")
    return redirect("settings")


def _initial(episode: Episode) -> dict[str, str]:
    return {"time_zone": episode.patient.time_zone}


def _save(episode: Episode, by: Actor, zone: str) -> None:
    if zone != episode.patient.time_zone:
        episodes.change_details(episode=episode, by=by, changes={"time_zone": zone})


def _page(
    request: HttpRequest,
    door: Door,
    found: Settings,
    form: ZoneForm,
    token_form: TokenForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "token_form": token_form or TokenForm(),
        "tokens": found.tokens,
        "reminder": found.check_in,
        "secret": secret,
    }
    return shell.page(request, "tracker/settings/page.html", door.actor, context, status)
