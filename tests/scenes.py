"""People, clinics and knees for tests, made through the services as the product makes them.

    riverside = scenes.clinic()                                  # a clinic with one person in each role
    knee = scenes.knee(riverside)                                # 84 kg, left, mowhto_std, operated 21 days ago, signed
    scenes.check_in(knee, pain_load=3, reported_load="half")     # by the patient, for today
    scenes.clear(riverside, knee, "G6")
    client.force_login(scenes.patient(knee).user)

"Today" is the product's clock: hold it with the `clock` fixture.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.test import Client

from tracker import clock
from tracker.clinical.terms import Decision, FactKind, Gate, Modifier, Procedure, Role, Side
from tracker.models import Actor, CheckIn, Clearance, Clinic, Episode, EpisodeFact, Invite, Membership, User
from tracker.services import caregivers, checkins, clearances, consents, episodes, joining, protocols
from tracker.services.enrolment import Enrolment

PASSWORD = "a password that only tests use"

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Staff:
    """A clinic with somebody in each role."""

    clinic: Clinic
    physiotherapist: Actor
    surgeon: Actor
    coordinator: Actor
    auditor: Actor


def clinic(name: str = "Riverside Knee Clinic", zone: str = "Europe/London", **fields: Any) -> Staff:
    """A clinic and its people. Shipped protocols are put in the table if they are not there."""
    protocols.ship()
    details = {"phone": "020 7946 0000", "emergency_number": "112"} | fields
    made = Clinic.objects.create(name=name, time_zone=zone, **details)
    return Staff(
        made,
        member(made, Role.PHYSIOTHERAPIST, "Jo Mbeki"),
        member(made, Role.SURGEON, "Dr A. Osei"),
        member(made, Role.COORDINATOR, "Kit Lane"),
        member(made, Role.AUDITOR, "Ann Reid"),
    )


def member(of: Clinic, role: Role, name: str = "Sam Doe") -> Actor:
    """Somebody new who works in the clinic in this role."""
    someone = user(name)
    Membership.objects.create(user=someone, clinic=of, role=role.value)
    return Actor(someone, role, of)


def user(name: str = "Sam Doe") -> User:
    return User.objects.create_user(f"person{next(_numbers)}@example.org", PASSWORD, name=name)


def sign_in_again(browser: Client) -> None:
    """As the same person, who has just now shown who they are: what is weighty asks for that."""
    browser.force_login(User.objects.get(pk=browser.session["_auth_user_id"]))


def today(of: Clinic) -> date:
    return clock.today(of.time_zone)


def enrolment(staff: Staff, *, day: int = 21, **changes: Any) -> Enrolment:
    """A left opening-wedge tibial osteotomy of 84 kg, `day` days ago; `changes` are fields of Enrolment."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "given_name": "Robin",
        "family_name": f"Hale{number}",
        "birth_date": date(1979, 5, 4),
        "sex": "female",
        "email": f"patient{number}@example.org",
        "phone": "020 7946 0001",
        "time_zone": staff.clinic.time_zone,
        "body_weight_kg": Decimal(84),
        "procedure": Procedure.MOWHTO,
        "side": Side.LEFT,
        "surgery_date": today(staff.clinic) - timedelta(days=day),
        "protocol": "mowhto_std",
        "baseline_pain": 5,
        "baseline_flexion": 130,
        "surgeon_id": staff.surgeon.user.pk,
        "fixation": "long_locking",
    }
    modifiers = tuple(Modifier(key) for key in changes.pop("modifiers", ()))
    return Enrolment(**usual | {"modifiers": modifiers} | changes)


def knee(staff: Staff, *, signed: bool = True, day: int = 21, **changes: Any) -> Episode:
    """An enrolled knee whose patient can sign in; signed by the surgeon unless told otherwise."""
    episode = episodes.enrol(by=staff.coordinator, enrolment=enrolment(staff, day=day, **changes))
    who = episode.patient
    who.user = user(f"{who.given_name} {who.family_name}")
    who.consent_version, who.consent_at = consents.CURRENT, clock.now()
    who.save()
    if signed:
        episodes.sign_plan(episode=episode, by=staff.surgeon)
    return episode


def patient(episode: Episode) -> Actor:
    """The patient of the knee, as somebody who acts."""
    who = episode.patient
    assert who.user is not None
    return Actor(who.user, Role.PATIENT, episode.clinic, who)


def check_in(episode: Episode, *, days_ago: int = 0, by: Actor | None = None, **answers: Any) -> CheckIn:
    """A check-in of a day; by the patient unless told otherwise. Answers are those of the API: `symptoms=[]`."""
    on = clock.today(episode.patient.time_zone) - timedelta(days=days_ago)
    parsed = checkins.parse({"date": on.isoformat(), **(answers or {"pain_load": 3})})
    return checkins.record(episode=episode, by=by or patient(episode), answers=parsed)


def spoil(staff: Staff, episode: Episode) -> Episode:
    """A date of surgery in its record that no reader understands, by a way around the product."""
    EpisodeFact.objects.create(
        episode=episode,
        kind=FactKind.SURGERY_DATE,
        value="last spring",
        since=today(staff.clinic),
        by=staff.surgeon.user,
        recorded_at=clock.now() + timedelta(seconds=1),
    )
    return episode


def helper(episode: Episode, name: str = "Sam Doe", *, days: int = 30) -> User:
    """The patient's partner, who has accepted to look and to check in for them, for so many days."""
    link = caregivers.invite(
        by=patient(episode),
        name=name,
        email=f"helper{next(_numbers)}@example.org",
        relation="partner",
        may_record=True,
        until=today(episode.clinic) + timedelta(days=days),
    )
    invite = Invite.objects.get(caregiver=link)
    return User.objects.get(pk=joining.accept(invite=invite.pk, user=None, consent=consents.CURRENT).pk)


def diary(staff: Staff, episode: Episode, pain: list[int | None], **answers: Any) -> list[CheckIn]:
    """One check-in a day, the last of them yesterday, entered by the physiotherapist; None leaves the day out."""
    days = zip(range(len(pain), 0, -1), pain, strict=True)
    return [
        check_in(episode, days_ago=ago, by=staff.physiotherapist, pain_load=score, symptoms=[], **answers)
        for ago, score in days
        if score is not None
    ]


def clear(
    staff: Staff, episode: Episode, gate: str, *, decision: Decision = Decision.CLEARED, days_ago: int = 0
) -> Clearance:
    """The surgeon's decision on a gate, with which the physiotherapist agrees where it takes two."""
    on = today(staff.clinic) - timedelta(days=days_ago)
    basis = "X-ray seen, no change."
    return clearances.decide(
        episode=episode,
        by=staff.surgeon,
        gate=Gate(gate),
        decision=decision,
        basis=basis,
        decided_on=on,
        second=staff.physiotherapist,
    )
