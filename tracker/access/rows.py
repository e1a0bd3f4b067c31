"""Doors to the rows of an episode. Such a row opens as far as its episode does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model

from tracker.access.episodes import open_episode
from tracker.access.openings import Visitor, id_of, unknown
from tracker.access.rules import Do
from tracker.access.who import role_in, signed_in
from tracker.models import Actor, Alert, CheckIn, Episode, EpisodeFact, Hold, MilestoneRecord, Proposal, Restriction

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class RowDoor(Generic[Row]):
    """A row of an episode that `actor` may do the asked thing with."""

    actor: Actor
    episode: Episode
    row: Row


def alert_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Alert]:
    return _row_for(Alert, visitor, public_id, do)


def restriction_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Restriction]:
    return _row_for(Restriction, visitor, public_id, do)


def check_in_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[CheckIn]:
    return _row_for(CheckIn, visitor, public_id, do)


def hold_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Hold]:
    return _row_for(Hold, visitor, public_id, do)


def milestone_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[MilestoneRecord]:
    return _row_for(MilestoneRecord, visitor, public_id, do)


def fact_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[EpisodeFact]:
    return _row_for(EpisodeFact, visitor, public_id, do)


def proposal_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Proposal]:
    return _row_for(Proposal, visitor, public_id, do)


def _row_for(model: type[Row], visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Row]:
    user = signed_in(visitor)
    rows = model._default_manager.select_related("episode__patient", "episode__clinic")
    row: Any = rows.annotate(staff_role=role_in(user, "episode__clinic")).filter(pk=id_of(public_id)).first()
    if row is None:
        raise unknown(user, do, public_id)
    row.episode.staff_role = row.staff_role
    door = open_episode(user, row.episode, do, public_id)
    return RowDoor(door.actor, door.episode, row)
