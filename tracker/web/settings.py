"""A patient's own settings: in which time zone they are, and the way to what else they can set."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms.utils import flatatt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from tracker import access
from tracker.access import Do, Door
from tracker.models import Actor, Episode
from tracker.selectors import settings as selector
from tracker.selectors.settings import Settings
from tracker.services import episodes
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
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "tokens": found.tokens, "reminder": found.check_in}
    return shell.page(request, "tracker/settings/page.html", door.actor, context, status)
