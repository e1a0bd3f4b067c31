"""What the last look at a message may say against sending it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.models import OutboxMessage


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message that is not to be sent: what becomes of it, and why, in words the patient could read.

    `instead` is the channel by which the same is to be told; empty where it is not to be told at all.
    """

    state: OutboxMessage.State
    reason: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Postponed:
    """A message whose time has been put off: until when, and why, in words the patient could read."""

    until: datetime
    reason: str
