"""The only door from a user to patient data. What no rule allows is refused.

Every `*_for` function is one query, answers a stranger exactly as if the thing did not exist, and tells a colleague
whose role is too small that it is.

`rules` say who may do what, `who` knows the visitor, `episodes`, `rows` and `messages` are the doors, `openings` keep
for the trail what they were asked.
"""

from tracker.access.episodes import Door, episode_for, episodes_of, own_episode, record_for
from tracker.access.messages import MessageDoor, call_for, message_for
from tracker.access.openings import Visitor, listed, refused
from tracker.access.rows import (
    RowDoor,
    alert_for,
    check_in_for,
    fact_for,
    hold_for,
    milestone_for,
    proposal_for,
    restriction_for,
)
from tracker.access.rules import MAY, SCOPES, STEP_UP, Do
from tracker.access.who import actor, caring, check, clinic_for, may, operations_for, operator, signed_in
from tracker.models import Actor

__all__ = [
    "MAY",
    "SCOPES",
    "STEP_UP",
    "Actor",
    "Do",
    "Door",
    "MessageDoor",
    "RowDoor",
    "Visitor",
    "actor",
    "alert_for",
    "call_for",
    "caring",
    "check",
    "check_in_for",
    "clinic_for",
    "episode_for",
    "episodes_of",
    "fact_for",
    "hold_for",
    "listed",
    "may",
    "message_for",
    "milestone_for",
    "operations_for",
    "operator",
    "own_episode",
    "proposal_for",
    "record_for",
    "refused",
    "restriction_for",
    "signed_in",
]
