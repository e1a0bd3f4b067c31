"""What staff may still see of a knee whose record cannot be worked out: each part that can be read by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tracker.models import Episode, Restriction
from tracker.selectors import alerts, happened
from tracker.selectors.alerts import Listed
from tracker.selectors.happened import Line

Part = TypeVar("Part")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """None stands for a part that cannot be read either."""

    orders: Sequence[Restriction] | None
    """The standing orders as they were signed, by date; nothing that came after them is taken into account."""
    alerts: Sequence[Listed] | None
    lines: Sequence[Line] | None

    @property
    def standing_alerts(self) -> Sequence[Listed]:
        return [alert for alert in self.alerts or () if alert.state != "closed"]


def unreadable(episode: Episode, *, most: int, every: bool) -> Unreadable:
    """`most` lines of the story; with `every` ordinary check-ins, too."""
    return Unreadable(
        orders=_part("orders", episode, lambda: _orders(episode)),
        alerts=_part("alerts", episode, lambda: alerts.of_episode(episode.pk)),
        lines=_part("story", episode, lambda: happened.happened(episode, most=most, every=every)),
    )


def _orders(episode: Episode) -> list[Restriction]:
    standing = Restriction.objects.filter(episode=episode, superseded_by=None)
    return list(standing.select_related("signature__by").order_by("starts_on"))


def _part(name: str, episode: Episode, read: Callable[[], Part]) -> Part | None:
    try:
        return read()
    except Exception:
        logger.exception("could not read the %s of episode %s", name, episode.pk)
        return None
