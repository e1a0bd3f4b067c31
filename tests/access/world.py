"""Two clinics with one of everything, every text of them marked, and everybody who might come to the door."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.test import Client

from recovery import health
from tests import post, scenes
from tests.scenes import Staff
from tracker import clock
from tracker.channels import webpush
from tracker.clinical.terms import Decision
from tracker.models import (
    Alert,
    ApiToken,
    CheckIn,
    Clearance,
    Episode,
    EpisodeFact,
    Hold,
    Kind,
    MilestoneRecord,
    OutboxMessage,
    Patient,
    PushSubscription,
    Restriction,
    User,
)
from tracker.services import (
    accounts,
    clearances,
    devices,
    episodes,
    heartbeats,
    links,
    measurements,
    milestones,
    reminders,
    restrictions,
    triage,
)
from tracker.services.restrictions import NewOrder

ACTORS = (
    "anonymous", "owner", "mate", "far patient", "physio", "surgeon", "coordinator", "auditor", "far surgeon",
)  # fmt: skip
"""Who comes to the door: the patient whose knee it is, a patient of the same clinic, one of another, the staff of the
clinic by role, and a surgeon of another clinic."""

MARKS = {"owner": "Quokka", "mate": "Wombat", "far": "Ocelot", "home": "Banksia"}
"""A word that stands in every text of a patient's record, and of a clinic's people, and nowhere else."""

MAY_SEE = {
    "anonymous": set(),
    "owner": {"owner", "home"},
    "mate": {"mate", "home"},
    "far patient": {"far"},
    "physio": {"owner", "mate", "home"},
    "surgeon": {"owner", "mate", "home"},
    "coordinator": {"owner", "mate", "home"},
    "auditor": {"home"},
    "far surgeon": {"far"},
}


class Visitor(Client):
    """A browser that forgets what it was told, so that signing out ends nothing for the next request."""

    def request(self, **asked: Any) -> Any:
        before = copy.deepcopy(self.cookies)
        try:
            return super().request(**asked)
        finally:
            self.cookies = before


@dataclass
class World:
    home: Staff
    far: Staff
    knee: Episode
    mates_knee: Episode
    far_knee: Episode
    users: dict[str, User | None]
    objects: dict[str, str]
    """The owner's objects by the word that stands before them in an address."""
    far_objects: dict[str, str]
    mates_objects: dict[str, str]

    def client(self, actor: str) -> Client:
        client = Visitor()
        user = self.users[actor]
        if user is not None:
            client.force_login(user)
        return client

    def absent(self) -> dict[str, str]:
        """The same words with ids that nothing has."""
        return {word: value if _names_nobody(value) else str(uuid4()) for word, value in self.objects.items()}

    def marks_not_for(self, actor: str) -> list[str]:
        return [mark for whose, mark in MARKS.items() if whose not in MAY_SEE[actor]]


def _names_nobody(value: str) -> bool:
    """Whether this is a key that everybody shares, such as a protocol's, rather than an id."""
    try:
        UUID(value)
    except ValueError:
        return True
    return False


def world() -> World:
    for part in health.needed():
        heartbeats.beat(part, now=clock.now())
    home = _clinic(MARKS["home"], "Banksia Road Clinic")
    far = _clinic(MARKS["far"], "Ocelot Street Clinic")
    knee, mates, theirs = (_knee(*who) for who in ((home, "owner"), (home, "mate"), (far, "far")))
    users = {
        "anonymous": None,
        "owner": _sign_in(knee),
        "mate": _sign_in(mates),
        "far patient": _sign_in(theirs),
        "physio": home.physiotherapist.user,
        "surgeon": home.surgeon.user,
        "coordinator": home.coordinator.user,
        "auditor": home.auditor.user,
        "far surgeon": far.surgeon.user,
    }
    return World(home, far, knee, mates, theirs, users, _objects(knee), _objects(theirs), _objects(mates))


def _clinic(mark: str, name: str) -> Staff:
    staff = scenes.clinic(name, phone=f"020 {mark}")
    for actor in (staff.physiotherapist, staff.surgeon, staff.coordinator, staff.auditor):
        actor.user.name = f"{actor.role} {mark}"
        actor.user.save()
    return staff


def _sign_in(knee: Episode) -> User:
    user = scenes.patient(knee).user
    accounts.issue_token(user=user, name=f"phone of {knee.patient.given_name}")
    _, key = webpush.new_keys()
    devices.subscribe(
        user=user,
        endpoint=f"https://fcm.googleapis.com/{knee.patient.given_name}",
        p256dh=key,
        auth=webpush.written(bytes(16)),
        now=clock.now(),
    )
    return user


def _knee(staff: Staff, whose: str) -> Episode:
    """A knee with one row of every kind, each of whose texts carries the mark."""
    mark = MARKS[whose]
    knee = scenes.knee(staff, given_name=mark, family_name=f"{mark}son", phone=f"07 {mark}", plate=mark, day=45)
    surgeon, patient = staff.surgeon, scenes.patient(knee)
    basis = f"The film of {mark}."
    today = scenes.today(staff.clinic)
    clearances.decide(episode=knee, by=surgeon, gate="G6", decision=Decision.REFUSED, basis=basis, decided_on=today)
    episodes.record_fact(episode=knee, by=surgeon, kind="modifier", value="smoker", reason=f"{mark} said so.")
    order = NewOrder(starts_on=today, reason=f"Swelling of {mark}.", max_percent=25)
    restrictions.order(episode=knee, by=surgeon, order=order)
    measurements.record(
        episode=knee, by=surgeon, kind="body_weight_kg", value=scenes.enrolment(staff).body_weight_kg, measured_on=today
    )
    milestones.reach(episode=knee, by=patient, key="QUAD_SET", reached_on=today)
    scenes.check_in(knee, pain_load=3, symptoms=["breathless"], note=f"{mark} writes.")
    triage.acknowledge(alert=Alert.objects.get(episode=knee, code="breathless"), by=surgeon, note=f"Calling {mark}.")
    return knee


def _objects(knee: Episode) -> dict[str, str]:
    def first(rows: Any) -> str:
        return str(rows.order_by("pk").values_list("pk", flat=True)[0])

    check_in = first(CheckIn.objects.filter(episode=knee))
    return {
        "episodes": str(knee.pk),
        "facts": str(EpisodeFact.objects.get(episode=knee, value="smoker").pk),
        "holds": first(Hold.objects.filter(episode=knee)),
        "restrictions": str(Restriction.objects.filter(episode=knee, superseded_by=None).latest("starts_on").pk),
        "clearances": first(Clearance.objects.filter(episode=knee)),
        "check-ins": check_in,
        "check-in": check_in,
        "done": check_in,
        "milestones": first(MilestoneRecord.objects.filter(episode=knee)),
        "alerts": str(Alert.objects.get(episode=knee, code="breathless").pk),
        "patients": str(Patient.objects.get(episodes=knee).pk),
        "tokens": first(ApiToken.objects.filter(user=knee.patient.user)),
        "messages": str(post.ended(knee, OutboxMessage.State.FAILED).pk),
        "calls": str(post.entry(knee, Kind.SILENCE).pk),
        "list": str(post.entry(knee, Kind.MILESTONES, channel="app").pk),
        "unsubscribe": reminders.unsubscribe_token(
            OutboxMessage(kind=Kind.CHECK_IN, channel="email", patient_id=knee.patient_id)
        ),
        "l": links.shorten(path="/today/", now=clock.now()).split("/")[2],
        "push": first(PushSubscription.objects.filter(user=knee.patient.user)),
        "protocols": "mowhto_std",
        "reviews": "xray_6w",
        "v1": "nothing/here/",
        "r": "1",
        "user": "1",
        "group": "1",
    }
