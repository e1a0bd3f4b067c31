"""A patient's page as somebody reads it who helps that patient: "your left leg" is Anna's.

The sentences speak to the patient. For a helper the first word of each piece of text that does names the patient, those
after it say "they". What speaks to whoever reads, such as whom to call, stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

UNTOUCHED = re.compile(r"(<textarea.*?</textarea>|<[^>]*>)", re.DOTALL)
"""Tags, and what somebody typed."""
VERBS = {"are": "is", "have": "has", "do": "does", "were": "was", "touch": "touches"} | {
    verb: f"{verb}s" for verb in ("feel", "need", "take", "think", "like", "rest", "start", "stand", "walk")
}
"""What follows "you" and changes with the person."""

READER = re.compile(r"\bif you like\b|\bwhat you do not know\b|\bcall you\b", re.IGNORECASE)
"""Said to whoever reads."""
PHRASES: tuple[tuple[str, str], ...] = (
    (r"\bYou told us\b", "We were told"),
    (r"\bYour (clinic)\b", r"The \1"),
    (r"\byour (clinic)\b", r"the \1"),
    (r"\bPut (?=up to|no|as much)", "You may put "),
    (r"\bWear the brace on\b", "You wear the brace on"),
    (r"\band keep your own\b", "and keeps your own"),
    (r"\bwhen you put\b", "when you puts"),
    (r"\bHave you\b", "Has you"),
    (r"\bDo you\b", "Does you"),
    (r"\byou still take\b", "you still takes"),
    (r"\bOnly mine\b", "Only your"),
    (r"\bnot yours\b", "not your"),
    (r"\bin my\b", "in your"),
    (r"\bmy\b", "your"),
    (r"\bI cannot\b", "You cannot"),
)
"""What needs more than another pronoun; what comes of it goes through the pronouns next."""
ASKING = ("Does ", "Did ", "did ")
"""Before "you" in a question: the verb after it stays as it is."""
PRONOUN = re.compile(r"\b(Yourself|yourself|Your|your|You|you)\b(?: (" + "|".join(VERBS) + r")\b)?")


@register.filter(is_safe=True)
def told_of(text: str, helping: Any) -> SafeString | str:
    """The text, which may be HTML, as a helper reads it; unchanged for the patient. `helping` has the patient's name."""
    if not helping:
        return text
    name = str(conditional_escape(helping.name))
    parts = UNTOUCHED.split(str(conditional_escape(text)))
    return mark_safe("".join(part if part.startswith("<") else _retold(part, name) for part in parts))  # noqa: S308


def _retold(text: str, name: str) -> str:
    kept = READER.search(text)
    if kept:
        return _retold(text[: kept.start()], name) + kept[0] + _retold(text[kept.end() :], name)
    for pattern, instead in PHRASES:
        text = re.sub(pattern, instead, text)
    return PRONOUN.sub(_pronouns(name), text)


def _pronouns(name: str) -> Callable[[re.Match[str]], str]:
    """The name at first; "their" for what is theirs after that, while who acts keeps the name."""
    named = False

    def instead(found: re.Match[str]) -> str:
        nonlocal named
        word, verb = found[1].lower(), found[2]
        if word == "yourself":
            return "themselves"
        again, named = named, True
        if word == "your":
            return ("Their" if found[1] == "Your" else "their") if again else f"{name}'s"
        if verb is None:
            return name
        asked = found.string[: found.start()].endswith(ASKING)
        return f"{name} {verb if asked else VERBS[verb]}"

    return instead
