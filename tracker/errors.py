"""What can go wrong, in words a person can act on. Pages and the API show the same sentences."""

from __future__ import annotations

from collections.abc import Mapping


class Problem(Exception):  # noqa: N818 - the word of RFC 9457, which the API speaks
    """A refusal. `sentence` tells what and what to do; `fields` tells it field by field."""

    status = 400
    code = "problem"
    sentence = "That could not be done."

    def __init__(
        self,
        sentence: str = "",
        *,
        code: str = "",
        fields: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        self.sentence = sentence or self.sentence
        self.code = code or self.code
        self.fields = {name: [said] if isinstance(said, str) else list(said) for name, said in (fields or {}).items()}
        super().__init__(self.sentence)


class Invalid(Problem):
    """Something that was sent cannot be right."""

    code = "invalid"
    sentence = "Some answers need another look."

    def __init__(self, fields: Mapping[str, str | list[str]], sentence: str = "", *, code: str = "") -> None:
        super().__init__(sentence, code=code, fields=fields)


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    sentence = "Your role does not allow this. Ask a colleague whose role does."


class StepUp(Forbidden):
    """The right person, but signed in too long ago for something as weighty as this."""

    code = "step_up"
    sentence = "Confirm that it is you: sign in again, then repeat this. Programs need a token with the scope for it."


class SecondFactorMissing(Forbidden):
    """Staff who have only shown a password."""

    code = "second_factor"
    sentence = "Set up a passkey or an authenticator app first. No patient is shown before that."


class Locked(Forbidden):
    """A browser of staff in which nobody has done anything for a while."""

    code = "locked"
    sentence = "This page is locked, because nobody did anything here for a while. Unlock it first."


class PlaceMissing(Forbidden):
    """Somebody who works in several clinics, or cares for several people, and has not said for whom they act now."""

    code = "place"
    sentence = "Choose first where you are working now."


class SecondNeeded(Forbidden):
    """Something that loosens outside the protocol. Nothing was changed: a colleague has to agree first."""

    code = "second"
    sentence = "This allows more than the protocol does, so it takes two clinicians. A colleague must agree."


class NotFound(Problem):
    """Also what a stranger hears, so that nobody learns what exists."""

    status = 404
    code = "not_found"
    sentence = "There is nothing here. Check the address, or go back to the start."


class Conflict(Problem):
    """Somebody was faster, or something stands in the way. `current` is the row as it is now."""

    status = 409
    code = "conflict"
    sentence = "This has changed since you opened it. Look at the new state, then decide again."

    def __init__(self, sentence: str = "", *, code: str = "", current: object | None = None) -> None:
        super().__init__(sentence, code=code)
        self.current = current


class TooMany(Problem):
    """More often than an honest person would: a machine, or somebody who presses again and again."""

    status = 429
    code = "too_many"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        """Seconds to wait before asking again."""
        super().__init__(f"That was too often in a short time. Wait {_in_words(retry_after)}, then try again.")


def _in_words(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds" if seconds > 1 else "a second"
    minutes = -(-seconds // 60)
    return f"{minutes} minutes" if minutes < 90 else f"{-(-minutes // 60)} hours"
