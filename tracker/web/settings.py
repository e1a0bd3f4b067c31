"""A patient's own settings: when to be reminded, in which time zone, which programs may read."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from tracker import access
from tracker.access import Actor, Do
from tracker.errors import Forbidden, Invalid
from tracker.selectors import settings as selector
from tracker.services import accounts, reminders
from tracker.web import shell


class ReminderForm(forms.Form):
    """When to be reminded of the check-in, in the patient's own time."""

    enabled = forms.BooleanField(label="Remind me to check in", required=False)
    at = forms.TimeField(
        label="At what time?",
        help_text="Your local time, for example 18:00.",
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"required": "Choose a time.", "invalid": "Write the time as hours and minutes, for example 18:00."},
    )
    time_zone = forms.ChoiceField(
        label="Your time zone",
        help_text="Change it when you travel. What you may do follows the stricter of both days.",
        error_messages={"invalid_choice": "Choose a time zone from the list."},
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right")))
        self.fields["time_zone"].choices = [(zone, zone.replace("_", " ")) for zone in zones]  # type: ignore[attr-defined]
