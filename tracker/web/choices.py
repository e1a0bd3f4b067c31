"""What a patient chooses about reminders: the hour, which ones, by which ways, and when there is to be quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms

from tracker.errors import Invalid, Problem
from tracker.models import ChannelName, Kind, Patient
from tracker.selectors.wishes import Way, Wishes
from tracker.services import reminders
from tracker.services.kinds import OPTIONAL

WAYS = {
    ChannelName.EMAIL.value: "E-mail",
    ChannelName.SMS.value: "Text message",
    ChannelName.PUSH.value: "Notification on this phone or computer",
}
ABOUT = {
    Kind.CHECK_IN: "Daily check-in: every day, unless you have checked in by then",
    Kind.NUDGE: "A second one at 18:00, if you have not checked in by then",
    Kind.NEXT_STEP: "Next step: a few days before it",
    Kind.REVIEW_TOMORROW: "Appointment: the day before",
    Kind.MILESTONES: "Goals of the week: on Mondays",
    Kind.QUESTIONNAIRE: "Questionnaires of your clinic: when their time has come",
}
"""The kinds that can be switched off, as the patient reads them."""
NAMES = {kind: said.partition(":")[0] for kind, said in ABOUT.items()} | {Kind.NUDGE: "Second reminder at 18:00"}
HOURS = "Write hours and minutes, for example 22:00."


def clock_field(label: str, missing: str = "", *, required: bool = False, help_text: str = "") -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages={"required": missing, "invalid": HOURS},
    )


class Choices(forms.Form):
    """One answer a question; what is not asked, such as a way this installation lacks, stays as it is."""

    at = clock_field("When should we remind you to check in?", "Choose a time.", required=True)
    kinds = forms.MultipleChoiceField(
        label="What should we send you?",
        required=False,
        choices=list(ABOUT.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    quiet_from = clock_field("Quiet from")
    quiet_until = clock_field("Quiet until")

    def __init__(self, data: Any = None, *, wishes: Wishes) -> None:
        super().__init__(data, initial=_as_chosen(wishes))
        self.wishes = wishes
        offered = [(way.channel, WAYS[way.channel]) for way in wishes.ways]
        self.fields["ways"] = _several("By which ways?", [(way.channel, _with_address(way)) for way in wishes.ways])
        for kind in OPTIONAL:
            self.fields[f"by_{kind}"] = _several(NAMES[Kind(kind)], offered)

    @property
    def by_kind(self) -> Sequence[forms.BoundField]:
        return [self[f"by_{kind}"] for kind in OPTIONAL]

    @property
    def wrong_by_kind(self) -> bool:
        return any(field.errors for field in self.by_kind)

    @property
    def quiet(self) -> Sequence[forms.BoundField]:
        return [self["quiet_from"], self["quiet_until"]]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if len(self.wishes.ways) > 1:
            for kind in cleaned.get("kinds", ()):
                if not cleaned.get(f"by_{kind}"):
                    self.add_error(f"by_{kind}", "Choose at least one way, or switch this reminder off above.")
        return cleaned

    def refuse(self, problem: Problem) -> None:
        """Puts what a service refused to the fields it names."""
        for name, sentences in problem.fields.items():
            self.add_error(name if name in self.fields else None, " ".join(sentences))

    def keep(self, patient: Patient, now: datetime) -> bool:
        """Keeps what was chosen; False where a service refused it."""
        said = self.cleaned_data
        try:
            reminders.quiet(patient=patient, quiet_from=said["quiet_from"], quiet_until=said["quiet_until"], now=now)
        except Invalid as problem:
            self.refuse(problem)
            return False
        for way in self.wishes.ways:
            if way.allowed != (way.channel in said["ways"]):
                reminders.allow(patient=patient, channel=way.channel, allowed=not way.allowed, now=now)
        for kind in OPTIONAL:
            at = said["at"] if kind == Kind.CHECK_IN else None
            enabled, ways = kind in said["kinds"], self._ways(kind)
            reminders.change(patient=patient, kind=kind, now=now, at=at, enabled=enabled, channels=ways)
        return True

    def _ways(self, kind: str) -> list[str] | None:
        """Those chosen and those not asked about, in the order in which they are tried. None leaves them as they are."""
        chosen, plan = self.cleaned_data[f"by_{kind}"], self.wishes.plans.get(kind)
        if not chosen or plan is None:
            return chosen or None
        asked = [way.channel for way in self.wishes.ways]
        kept = {name for name in plan.channels if name not in asked}
        return [name for name in ChannelName.values if name in kept or name in chosen]


def _several(label: str, choices: Sequence[tuple[str, str]]) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, widget=forms.CheckboxSelectMultiple)


def _with_address(way: Way) -> str:
    said = WAYS[way.channel]
    if not way.address:
        return f"{said}: {MISSING[way.channel]}"
    return f"{said}: {way.address}{', where messages do not arrive' if way.fails else ''}"


MISSING = {
    ChannelName.EMAIL.value: "your clinic has no address, ask them to add it",
    ChannelName.SMS.value: "your clinic has no number, ask them to add it",
    ChannelName.PUSH.value: "not set up yet",
}


def _as_chosen(wishes: Wishes) -> dict[str, Any]:
    plans = wishes.plans
    check_in = plans.get(Kind.CHECK_IN)
    return {
        "at": check_in.at if check_in else OPTIONAL[Kind.CHECK_IN].at,
        "kinds": [kind for kind in OPTIONAL if kind in plans and plans[kind].enabled],
        "ways": [way.channel for way in wishes.ways if way.allowed],
        "quiet_from": wishes.quiet_from,
        "quiet_until": wishes.quiet_until,
        **{f"by_{kind}": plans[kind].channels for kind in OPTIONAL if kind in plans},
    }
