"""The only door from a user to patient data: `rules` say who may do what, `who` knows the visitor, `doors` open rows."""

from tracker.access.doors import (
    Door,
    MessageDoor,
    RowDoor,
    alert_for,
    call_for,
    check_in_for,
    episode_for,
    episodes_of,
    fact_for,
    hold_for,
    message_for,
    milestone_for,
    own_episode,
    proposal_for,
    restriction_for,
)
from tracker.access.rules import MAY, SCOPES, STEP_UP, Do
from tracker.access.who import Visitor, actor, caring, check, clinic_for, may, operations_for, operator, signed_in
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
    "may",
    "message_for",
    "milestone_for",
    "operations_for",
    "operator",
    "own_episode",
    "proposal_for",
    "restriction_for",
    "signed_in",
]
