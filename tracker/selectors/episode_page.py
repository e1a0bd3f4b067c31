"""What the episode page shows a clinician: the decision that is due with its facts, then everything else known.

The record is one statement, the alerts two, the story one, the messages two; none grows with the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from tracker.clinical import orders as laying
from tracker.clinical.allowance import Allowance
from tracker.clinical.goals import Review
from tracker.clinical.history import Hold
from tracker.clinical.openings import Opening, openings
from tracker.clinical.orders import Level
from tracker.clinical.terms import FactKind, Modifier
from tracker.models import Actor, Assessment, Episode
from tracker.selectors import alerts, episodes, facts, happened, told
from tracker.selectors.alerts import Listed
from tracker.selectors.episodes import Case
from tracker.selectors.gates import GateQuestion, question
from tracker.selectors.happened import Line
from tracker.selectors.record import Rows
from tracker.selectors.today import readable
from tracker.selectors.told import Messages


@dataclass(frozen=True, slots=True)
class Goal:
    """A milestone as last assessed, with the record that says it was reached, if there is one."""

    key: str
    name: str
    state: str
    earliest: int
    typical: int
    latest: int | None
    reached_on: date | None
    day: int | None
    """The post-operative day it was reached on."""
    confirmed: bool
    record: str | None
    """Id of the standing record; None where a measurement or a gate shows it."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A review the plan asks for, with what became of it."""

    key: str
    name: str
    window_from: date
    window_to: date
    booked_at: datetime | None
    done_on: date | None
    result: str
    late: bool


@dataclass(frozen=True, slots=True)
class Fact:
    """A standing fact that the plan rests on."""

    id: str
    kind: str
    value: str
    since: date
    needed: bool
    """Whether the plan cannot do without one of its kind."""


@dataclass(frozen=True, slots=True)
class EpisodePage:
    case: Case
    allowed: Allowance
    kept: Assessment | None
    gate: GateQuestion | None
    steps: Sequence[Opening]
    to_sign: Sequence[Level]
    """What signing the plan would lay; shown while nobody has signed, or a fact has changed since."""
    holds: Sequence[Hold]
    alerts: Sequence[Listed]
    goals: Sequence[Goal]
    visits: Sequence[Visit]
    facts: Sequence[Fact]
    lines: Sequence[Line]
    messages: Messages

    @property
    def day(self) -> int:
        return self.allowed.post_op_day

    @property
    def standing_alerts(self) -> Sequence[Listed]:
        return [alert for alert in self.alerts if alert.state != "closed"]

    @property
    def outdated(self) -> bool:
        """Whether the kept assessment is older than the clinic's today, or missing."""
        return self.kept is None or self.kept.as_of < self.case.clinic_date


EVERYTHING = 1000
"""Lines of the story at most when all of it is asked for."""


def episode_page(actor: Actor, episode: Episode, *, now: datetime, every: bool = False) -> EpisodePage | None:
    """The page of one episode as `actor` may see it; with `every` its whole story.

    None where the record cannot be read: see `unreadable`.
    """
    case = readable(episode, now=now, window=None)
    if case is None:
        return None
    allowed = episodes.allowance(case)
    kept = getattr(episode, "assessment", None)
    return EpisodePage(
        case=case,
        allowed=allowed,
        kept=kept,
        gate=question(actor, case, allowed),
        steps=openings(case.plan, case.history.clearances, case.history.holds),
        to_sign=laying.to_sign(case.plan, case.history, today=case.clinic_date),
        holds=[hold for hold in case.history.holds if hold.released_on is None],
        alerts=alerts.of_episode(episode.pk),
        goals=goals(case, kept),
        visits=visits(case),
        facts=standing_facts(case),
        lines=happened.happened(episode, most=EVERYTHING if every else happened.SHOWN, every=every),
        messages=told.messages(episode),
    )


def for_reading(page: EpisodePage) -> EpisodePage:
    """The same page for somebody who decides nothing here."""
    return replace(page, gate=page.gate and replace(page.gate, mine=False))


def goals(case: Case, kept: Assessment | None) -> list[Goal]:
    """The milestones in the plan's order, as the kept assessment has them."""
    records = _standing_records(case.rows)
    return [_goal(case, entry, records.get(entry["key"])) for entry in (kept.milestones if kept else ())]


def _goal(case: Case, entry: Mapping[str, Any], record: str | None) -> Goal:
    reached_on = facts.day(entry.get("reached_on"))
    return Goal(
        key=entry["key"],
        name=entry["name"],
        state=entry["state"],
        earliest=entry["earliest"],
        typical=entry["typical"],
        latest=entry["latest"],
        reached_on=reached_on,
        day=case.plan.day(reached_on) if reached_on else None,
        confirmed=bool(entry.get("confirmed")),
        record=record,
    )


def _standing_records(rows: Rows) -> dict[str, str]:
    gone = {facts.name(row["record_id"]) for row in rows["milestone_event"] if row["kind"] == "withdrawn"}
    return {row["key"]: facts.name(row["id"]) for row in rows["milestone"] if facts.name(row["id"]) not in gone}


def visits(case: Case) -> list[Visit]:
    """The reviews of the plan, the next ones first and those done at the end."""
    rows = {row["key"]: row for row in case.rows["review"]}
    found = [_visit(case, review, rows.get(review.key)) for review in case.plan.reviews]
    return sorted(found, key=lambda visit: (visit.done_on is not None, visit.window_from))


def _visit(case: Case, review: Review, row: Mapping[str, Any] | None) -> Visit:
    booked_at = facts.instant(row["booked_at"]) if row and row["booked_at"] else None
    done_on = facts.day(row["done_on"]) if row else None
    until = case.surgery_date + timedelta(days=review.latest)
    return Visit(
        key=review.key,
        name=review.name,
        window_from=case.surgery_date + timedelta(days=review.earliest),
        window_to=until,
        booked_at=booked_at,
        done_on=done_on,
        result=row["result"] if row else "",
        late=done_on is None and booked_at is None and until < case.clinic_date,
    )


def standing_facts(case: Case) -> list[Fact]:
    """What the plan rests on now: the date, the protocol, the weight, then each modifier."""
    standing = [row for row in case.rows["fact"] if row["gone"] is None]
    latest = {row["kind"]: row for row in sorted(standing, key=lambda row: str(row["recorded_at"]))}
    wanted = [latest[kind] for kind in FactKind if kind in latest and kind != FactKind.MODIFIER]
    wanted += [row for row in standing if row["kind"] == FactKind.MODIFIER and row["value"] in set(Modifier)]
    number = {kind: sum(row["kind"] == kind for row in standing) for kind in FactKind}
    return [
        Fact(
            id=facts.name(row["id"]),
            kind=row["kind"],
            value=row["value"],
            since=date.fromisoformat(row["since"]),
            needed=row["kind"] != FactKind.MODIFIER and number[FactKind(row["kind"])] < 2,
        )
        for row in wanted
    ]
