"""A date of birth as people type it: day, month and year apart, so that no phone turns it into a calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

NO_DATE = "Write day, month and year as numbers, for example 31 3 1970."


def _part(label: str, most: int, complete: str) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": complete, "maxlength": most}
    return forms.IntegerField(label=label, widget=forms.TextInput(attrs=attrs), error_messages=_ERRORS)


_ERRORS = {"required": NO_DATE, "invalid": NO_DATE}


class BirthDate(forms.Form):
    day = _part("Day", 2, "bday-day")
    month = _part("Month", 2, "bday-month")
    year = _part("Year", 4, "bday-year")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            given["birth_date"] = date(given["year"], given["month"], given["day"])
        except (KeyError, ValueError, OverflowError):
            self.refuse(NO_DATE)
        return given

    def refuse(self, sentence: str) -> None:
        """One sentence for the three of them, at the first."""
        for name in ("day", "month", "year"):
            self.errors.pop(name, None)
        self.add_error("day", sentence)
