"""What somebody says about a key for a program."""

from __future__ import annotations

from typing import Any

from django import forms

from tracker.clinical.terms import Role
from tracker.models import Actor, Scope

LONGEST_DAYS = 365
USUAL_DAYS = 90

_FOR_PATIENTS = (Scope.READ, Scope.RECORD, Scope.EXPORT)
SCOPES: dict[Role, tuple[Scope, ...]] = {
    Role.PATIENT: _FOR_PATIENTS,
    Role.CAREGIVER: (Scope.READ, Scope.RECORD),
    Role.COORDINATOR: (Scope.READ, Scope.TREAT),
    Role.AUDITOR: (Scope.READ,),
}
"""What a role has any use for; clinicians for all."""

WORDS = {
    Scope.READ: "Read: see what you can see",
    Scope.RECORD: "Record: enter check-ins, measurements and milestones",
    Scope.TREAT: "Treat: work the worklist, enrol, change details",
    Scope.SIGN: "Sign: orders, clearances and releases in your name",
    Scope.EXPORT: "Export: fetch a whole record",
}


class TokenForm(forms.Form):
    """One program, what it may do, and for how long."""

    name = forms.CharField(
        label="Name of the program",
        max_length=80,
        error_messages={
            "required": "Give the program a name, so that you recognise it.",
            "max_length": "Use at most 80 letters.",
        },
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what the program may do.", "invalid_choice": "Tick what is in the list."},
    )
    days = forms.IntegerField(
        label="For how many days",
        help_text=f"Then it stops by itself. At most {LONGEST_DAYS}.",
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=USUAL_DAYS,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), "Enter 1 to 365 days."),
    )

    def __init__(self, *args: Any, who: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = SCOPES.get(who.role, tuple(Scope))
        self.fields["scopes"].choices = [(scope.value, WORDS[scope]) for scope in offered]  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [Scope.READ.value]
