"""A patient's own settings: when to be reminded, in which time zone, which programs may act for them."""

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

from tracker import access, clock
from tracker.access import Do
from tracker.errors import NotFound
from tracker.models import Actor, Episode, Kind
from tracker.selectors import settings as selector
from tracker.selectors.settings import Settings
from tracker.services import accounts, episodes, reminders
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


class ReminderForm(forms.Form):
    """When to be reminded of the check-in, in the patient's own time."""

    enabled = forms.BooleanField(label="Remind me to check in", required=False)
    at = forms.TimeField(
        label="At what time?",
        help_text="Your local time, for example 18:00.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Choose a time.", "invalid": "Write hours and minutes, for example 18:00."},
    )
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
        return _page(request, door.actor, found, ReminderForm(initial=_initial(door.episode, found)))
    form = ReminderForm(request.POST)
    if not form.is_valid():
        return _page(request, door.actor, found, form, status=400)
    _save(door.episode, door.actor, form.cleaned_data)
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
    reminder = ReminderForm(initial=_initial(door.episode, found))
    return _page(request, door.actor, found, reminder, None if secret else form, secret, 200 if secret else 400)


@require_POST
@login_required
def revoke_token(request: HttpRequest, public_id: UUID) -> HttpResponse:
    token = selector.token(access.signed_in(request.user), public_id)
    if token is None:
        raise NotFound
    accounts.revoke_token(token=token)
    messages.success(request, f"{token.name} can no longer read or write.")
    return redirect("settings")


def _initial(episode: Episode, found: Settings) -> dict[str, Any]:
    plan = found.check_in
    usual = {"enabled": False, "at": None} if plan is None else {"enabled": plan.enabled, "at": plan.at}
    return {"time_zone": episode.patient.time_zone, **usual}


def _save(episode: Episode, by: Actor, wanted: dict[str, Any]) -> None:
    """The zone first: the hour is meant in it."""
    if wanted["time_zone"] != episode.patient.time_zone:
        episodes.change_details(episode=episode, by=by, changes={"time_zone": wanted["time_zone"]})
    reminders.change(
        patient=episode.patient, kind=Kind.CHECK_IN, now=clock.now(), at=wanted["at"], enabled=wanted["enabled"]
    )


def _page(
    request: HttpRequest,
    actor: Actor,
    found: Settings,
    form: ReminderForm,
    token_form: TokenForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "token_form": token_form or TokenForm(), "tokens": found.tokens, "secret": secret}
    return shell.page(request, "tracker/settings/page.html", actor, context, status)
