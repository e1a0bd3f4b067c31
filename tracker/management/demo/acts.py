"""Carries out what a story tells, each deed by the service and the person who would do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import singledispatch
from zoneinfo import ZoneInfo

from tracker import access, clock
from tracker.access import Do
from tracker.clinical.terms import Role
from tracker.management.demo.deeds import (
    Answer,
    Book,
    Decide,
    Deed,
    Look,
    Measure,
    Reach,
    Release,
    Report,
    Reviewed,
    See,
    Sign,
    Tighten,
)
from tracker.models import Actor, Episode
from tracker.selectors import alerts
from tracker.selectors import episodes as cases
from tracker.services import (
    checkins,
    clearances,
    episodes,
    measurements,
    milestones,
    restrictions,
    reviews,
    triage,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """One knee, and everybody who has to do with it."""

    episode: Episode
    surgery: date
    staff: Mapping[Role, Actor]
    patient: Actor

    def by(self, role: Role) -> Actor:
        return self.patient if role is Role.PATIENT else self.staff[role]

    def on(self, day: int) -> date:
        return self.surgery + timedelta(days=day)

    @property
    def today(self) -> date:
        """Today as the story's clock has it."""
        return clock.today(self.episode.clinic.time_zone)


@singledispatch
def carry_out(deed: Deed, scene: Scene) -> None:
    raise TypeError(f"nobody knows how to do {deed!r}")


@carry_out.register
def _sign(deed: Sign, scene: Scene) -> None:
    episodes.sign_plan(episode=scene.episode, by=scene.staff[Role.SURGEON])


@carry_out.register
def _report(deed: Report, scene: Scene) -> None:
    answers = checkins.parse({"date": scene.today, **deed.answers})
    checkins.record(episode=scene.episode, by=scene.patient, answers=answers)


@carry_out.register
def _see(deed: See, scene: Scene) -> None:
    allowed = cases.allowance(cases.case(scene.episode, now=clock.now()))
    if allowed.order_id is not None and allowed.acknowledged_at is None:
        door = access.restriction_for(scene.patient.user, allowed.order_id, Do.ACKNOWLEDGE)
        restrictions.acknowledge(restriction=door.row, by=door.actor)


@carry_out.register
def _measure(deed: Measure, scene: Scene) -> None:
    measurements.record(
        episode=scene.episode,
        by=scene.staff[Role.PHYSIOTHERAPIST],
        kind=deed.kind,
        value=Decimal(deed.value),
        measured_on=scene.today,
    )


@carry_out.register
def _reach(deed: Reach, scene: Scene) -> None:
    milestones.reach(episode=scene.episode, by=scene.by(deed.by), key=deed.key, reached_on=scene.on(deed.on))


@carry_out.register
def _book(deed: Book, scene: Scene) -> None:
    at = datetime.combine(scene.on(deed.on), time(10, 30), ZoneInfo(scene.episode.clinic.time_zone))
    reviews.book(episode=scene.episode, by=scene.staff[Role.COORDINATOR], key=deed.key, booked_at=at)


@carry_out.register
def _reviewed(deed: Reviewed, scene: Scene) -> None:
    reviews.done(episode=scene.episode, by=scene.by(deed.by), key=deed.key, done_on=scene.today, result=deed.result)


@carry_out.register
def _decide(deed: Decide, scene: Scene) -> None:
    decider, other = Role.SURGEON, Role.PHYSIOTHERAPIST
    if not deed.gate.imaging:
        decider, other = other, decider
    clearances.decide(
        episode=scene.episode,
        by=scene.staff[decider],
        gate=deed.gate,
        decision=deed.decision,
        basis=deed.basis,
        decided_on=scene.today,
        second=scene.staff[other],
    )


@carry_out.register
def _tighten(deed: Tighten, scene: Scene) -> None:
    order = restrictions.NewOrder(starts_on=scene.today, max_percent=deed.percent, reason=deed.reason)
    restrictions.order(episode=scene.episode, by=scene.staff[Role.PHYSIOTHERAPIST], order=order)


@carry_out.register
def _answer(deed: Answer, scene: Scene) -> None:
    therapist = scene.staff[Role.PHYSIOTHERAPIST]
    for listed in alerts.of_episode(scene.episode.pk):
        if listed.state == "open":
            alert = access.alert_for(therapist.user, listed.id, Do.TRIAGE).row
            triage.acknowledge(alert=alert, by=therapist, note=deed.plan)
            triage.close(alert=alert, by=therapist, outcome=deed.outcome, note=deed.note)


@carry_out.register
def _release(deed: Release, scene: Scene) -> None:
    surgeon = scene.staff[Role.SURGEON]
    for hold in cases.case(scene.episode, now=clock.now()).history.holds:
        if hold.released_on is None:
            row = access.hold_for(surgeon.user, hold.id, Do.RELEASE).row
            clearances.release(hold=row, by=surgeon, basis=deed.basis)


@carry_out.register
def _look(deed: Look, scene: Scene) -> None:
    again = None if deed.again is None else scene.today + timedelta(days=deed.again)
    triage.look(episode=scene.episode, by=scene.staff[Role.PHYSIOTHERAPIST], next_look_on=again)
