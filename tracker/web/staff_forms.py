"""What staff type, read and checked once: every refusal names the field and the remedy.

The services check again what depends on the record; what they refuse is put back to the same fields by `refuse`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from typing import Any

from django import forms

from tracker.clinical import protocol as protocols
from tracker.clinical.terms import MEASUREMENTS, WEIGHT_RANGE, Decision, FactKind, Term
from tracker.errors import Problem
from tracker.models import AlertEvent, Episode
from tracker.web import staff_fields as fields
from tracker.web.staff_words import AIDS, ENDINGS, TERMS, modifier_names


class StaffForm(forms.Form):
    """A form whose ids carry a prefix of their own, so that many stand on one page, and that knows the revision."""

    required_css_class = ""

    def __init__(self, data: Any = None, *, name: str = "", initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id=f"{name or 'id'}-%s")

    @property
    def revision(self) -> int | None:
        """The revision of the episode that the writer saw, if the page told."""
        text = str(self.data.get("revision", ""))
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def refuse(self, problem: Problem) -> None:
        """Puts what a service refused to the fields it names, and the rest on top."""
        for name, sentences in problem.fields.items():
            for sentence in sentences:
                self.add_error(name if name in self.fields else None, sentence)
        if not problem.fields:
            self.add_error(None, problem.sentence)


class Acknowledge(StaffForm):
    note = fields.note("What you are doing about it", "Say what you are going to do about it.")


class Close(StaffForm):
    outcome = fields.choice("What came of it", AlertEvent.Outcome.choices, "Choose what came of it.")
    note = fields.note("What was done", "Say what was done.")


class HandOver(StaffForm):
    to = forms.CharField(widget=forms.Select)
    note = fields.note("What your colleague needs to know", "Say what your colleague needs to know.")

    def __init__(self, data: Any = None, *, colleagues: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["to"] = fields.choice("To whom", colleagues, "Choose a colleague from the list.")


class Look(StaffForm):
    next_look_on = fields.day("Next look", required=False, help_text="Leave empty for tomorrow's list.")


class SignPlan(StaffForm):
    """Nothing to type: the surgeon read the plan on the page."""


class Order(StaffForm):
    term = fields.choice("Level", ((term, said) for term, said in TERMS.items()), "Choose the level.")
    max_percent = fields.whole(
        "At most, percent of body weight", 0, 100, " percent", help_text="NWB, WBAT and FWB say it by themselves."
    )
    max_kg = fields.decimal("At most, kg", 0, 250, " kg", help_text="Only where kilograms bind below the percent.")
    aids = fields.choice("Walking aids", AIDS.items(), required=False, empty="As the level needs")
    brace_min = fields.whole("Brace from, degrees", -20, 160, " degrees")
    brace_max = fields.whole("Brace to, degrees", -20, 160, " degrees")
    starts_on = fields.day("From", "Choose the day from which it holds.")
    reason = fields.note("Reason", "Say why the restriction changes.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        term = cleaned.get("term")
        if term and cleaned.get("max_percent") is None and "max_percent" not in self.errors:
            cleaned["max_percent"] = PERCENT_OF_TERM.get(Term(term))
            if cleaned["max_percent"] is None:
                self.add_error("max_percent", f"{term} needs its percent of body weight. Enter it.")
        lower, upper = cleaned.get("brace_min"), cleaned.get("brace_max")
        if lower is not None and upper is not None and lower > upper:
            self.add_error("brace_max", "The brace must open further than it starts. Enter the larger angle here.")
        return cleaned


PERCENT_OF_TERM = {Term.NWB: 0, Term.WBAT: 100, Term.FWB: 100}
"""Terms that say their percent by themselves."""


class Clear(StaffForm):
    gate = fields.choice(
        "Gate", ((gate.value, rule.name) for gate, rule in protocols.gates().items()), "Choose the gate."
    )
    decision = fields.choice(
        "Decision", ((Decision.CLEARED, "Clear"), (Decision.REFUSED, "Not yet")), "Choose the decision."
    )
    basis = fields.note(
        "What you base it on", "Say what the decision rests on, such as the film and what it shows.", rows=3
    )
    decided_on = fields.day(
        "Decided on", "Choose the day of the decision.", help_text="The ladder counts from this day."
    )


class Release(StaffForm):
    basis = fields.note("Why the hold can end", "Say what the release rests on.")


class CloseRecovery(StaffForm):
    outcome = fields.choice("What became of it", ENDINGS.items(), "Choose what became of it.")
    note = fields.note("Note", "", required=False)


class Reopen(StaffForm):
    reason = fields.note("Reason", "Say why this recovery is taken up again.")


class Measure(StaffForm):
    kind = fields.choice(
        "What",
        ((kind, f"{known.label}, {known.unit}") for kind, known in MEASUREMENTS.items()),
        "Choose what was measured.",
    )
    value = fields.decimal("Value", -100, 5000, "", required=True, step="0.01")
    measured_on = fields.day("Measured on", "Choose the day it was measured.")


class Reach(StaffForm):
    key = forms.CharField(widget=forms.Select)
    reached_on = fields.day("Reached on", "Choose the day it was reached.")
    value = fields.decimal("Value", -1000, 10000, "", step="0.01", help_text="If it has one, such as degrees or hours.")

    def __init__(self, data: Any = None, *, milestones: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(data, **options)
        offered = list(milestones) or list(milestone_names().items())
        self.fields["key"] = fields.choice("Milestone", offered, "Choose the milestone.")


class Confirm(StaffForm):
    """Nothing to type."""


class Withdraw(StaffForm):
    reason = fields.note("Reason", "Say why it is withdrawn.")


class Fact(StaffForm):
    """One dated fact that the plan rests on. The value is asked in the way its kind needs."""

    kind = fields.choice("Kind", ((kind.value, kind.value) for kind in FactKind), "Choose the kind of fact.")
    since = fields.day("Known since", "Choose the day since which it holds.")
    reason = fields.note("Reason", "Say why the plan changes.")

    def __init__(
        self, data: Any = None, *, kind: str = "", protocols: Iterable[tuple[str, str]] = (), **options: Any
    ) -> None:
        super().__init__(data, **options)
        self.of_kind = kind or str(self.data.get("kind", ""))
        self.fields["kind"].widget = forms.HiddenInput()
        self.initial["kind"] = self.of_kind
        self.fields["value"] = self._value(list(protocols))
        self.order_fields(["kind", "value", "since", "reason"])

    def _value(self, protocols: list[tuple[str, str]]) -> forms.Field:
        lowest, highest = WEIGHT_RANGE
        ways: dict[str, forms.Field] = {
            FactKind.MODIFIER: fields.choice(
                "Risk factor or finding", modifier_names().items(), "Choose what was found."
            ),
            FactKind.BODY_WEIGHT: fields.decimal("Body weight, kg", lowest, highest, " kg", required=True),
            FactKind.PROTOCOL: fields.choice("Protocol", protocols, "Choose the protocol."),
            FactKind.SURGERY_DATE: fields.day("Date of surgery", "Enter the date of surgery."),
        }
        return ways.get(self.of_kind) or fields.words("Value", 40, "Enter the value.", required=True)

    def clean_value(self) -> str:
        value = self.cleaned_data["value"]
        return value.isoformat() if isinstance(value, date) else str(value)


class Book(StaffForm):
    booked_on = fields.day("Day", "Choose the day of the appointment.")
    booked_time = forms.TimeField(
        label="Time",
        widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages=dict.fromkeys(("required", "invalid"), "Enter the time, such as 14:30."),
    )


class Done(StaffForm):
    done_on = fields.day("Took place on", "Choose the day it took place.")
    result = fields.words("Result", 200, "Say what it showed, in a few words.", required=True)


class Details(StaffForm):
    """Who the patient is and how to reach them; nothing clinical can be changed here."""

    given_name = fields.words("Given name", 80, "Write the patient's given name.", required=True)
    family_name = fields.words("Family name", 80, "Write the patient's family name.", required=True)
    phone = fields.words("Phone", 40, type="tel")
    email = fields.email("E-mail")
    time_zone = fields.time_zone()
    record_number = fields.words("Record number", 40)


def details_of(episode: Episode) -> dict[str, str]:
    """The details as they stand."""
    return {name: getattr(episode.patient, name) for name in Details.base_fields}


@cache
def milestone_names() -> dict[str, str]:
    """Every milestone of the shipped protocols."""
    return {goal.key: goal.name for protocol in protocols.shipped().values() for goal in protocol.milestones}


def protocol_choices(procedure: str = "") -> list[tuple[str, str]]:
    """The shipped protocols for a procedure, or all of them with what each is for."""
    shipped = protocols.shipped().items()
    if procedure:
        return [(key, protocol.name) for key, protocol in shipped if procedure in protocol.procedures]
    return [(key, f"{protocol.name} ({', '.join(protocol.procedures)})") for key, protocol in shipped]
