"""Two clinics with one of everything, every text of them marked, and everybody who might come to the door."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from django.test import Client

from recovery import health
from tests import post, scenes
from tests.scenes import Staff
from tracker import clock
from tracker.channels import webpush
from tracker.clinical.terms import Decision
from tracker.models import (
    Actor,
    Alert,
    ApiToken,
    CaregiverLink,
    CheckIn,
    Clearance,
    EmergencyAccess,
    Episode,
    EpisodeFact,
    Erasure,
    Hold,
    Kind,
    MilestoneRecord,
    OutboxMessage,
    Patient,
    Proposal,
    PushSubscription,
    Restriction,
    Role,
    User,
)
from tracker.services import (
    accounts,
    clearances,
    devices,
    episodes,
    erasure,
    heartbeats,
    links,
    measurements,
    milestones,
    notes,
    proposals,
    reminders,
    restrictions,
    transfers,
    triage,
)
from tracker.services.restrictions import NewOrder
from tracker.web.presence import PLACE

MARKS = {
    "owner": "Quokka",
    "mate": "Wombat",
    "far": "Ocelot",
    "moved": "Numbat",
    "restricted": "Bilby",
    "erased": "Dunnart",
    "home": "Banksia",
    "there": "Tamarack",
}
"""A word that stands in every text of a patient's record, and of a clinic's people, and nowhere else."""

_TREATED = {"owner", "mate", "home", "there"}
_THERE = {"far", "moved", "home", "there"}
"""Clinics know of each other, and a record that moved names those who treated it before."""
MAY_SEE = {
    "anonymous": set(),
    "owner": {"owner", "home", "there"},
    "mate": {"mate", "home"},
    "far patient": {"far", "there"},
    "paused": {"restricted", "home"},
    "reader": {"owner", "home"},
    "writer": {"owner", "home"},
    "physio": _TREATED,
    "surgeon": _TREATED,
    # Who may lift a restriction reads on whom it lies.
    "coordinator": _TREATED | {"restricted"},
    "auditor": {"home", "there"},
    "far surgeon": _THERE,
    "commuter here": _TREATED,
    "commuter away": _THERE,
    "operator": {"home", "there"},
    "deactivated": set(),
    "one factor": {"home"},
    "stale": _TREATED,
    "program": _TREATED,
    "guest": _THERE | {"owner"},
    "undecided": {"home", "there"},
    "lapsed": set(),
    "ended program": set(),
}
"""Whose words each may read. Clinics and their people are no secret to whoever runs the installation."""

ACTORS = tuple(MAY_SEE)
STALE = timedelta(minutes=6)


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
    things: dict[str, dict[str, str]]
    """Whose, then what: an id by the word that stands before it in an address."""
    secrets: dict[str, str]
    """Of the programs."""

    @property
    def objects(self) -> dict[str, str]:
        return self.things["own"]

    @property
    def far_objects(self) -> dict[str, str]:
        return self.things["far"]

    @property
    def mates_objects(self) -> dict[str, str]:
        return self.things["same"]

    def client(self, actor: str) -> Client:
        if actor in self.secrets:
            return Visitor(headers={"Authorization": f"Bearer {self.secrets[actor]}"})
        client, user = Visitor(), self.users[actor]
        if user is not None:
            client.force_login(user)
            self._arrange(client, actor)
        return client

    def _arrange(self, client: Client, actor: str) -> None:
        """How they signed in, and where they act, where that is not by a passkey just now in their only place."""
        session = client.session
        if actor == "one factor":
            session[METHODS] = [{"method": "password", "at": clock.now().timestamp()}]
        if actor == "stale":
            session[METHODS] = [{**way, "at": (clock.now() - STALE).timestamp()} for way in session[METHODS]]
        if actor.startswith("commuter"):
            clinic = self.home.clinic if actor == "commuter here" else self.far.clinic
            session[PLACE] = f"clinic:{clinic.pk}"
        session.save()
        if actor == "deactivated":
            user = self.users[actor]
            assert user is not None
            User.objects.filter(pk=user.pk).update(is_active=False)

    def values(self, whose: str) -> dict[str, str]:
        """What stands in an address: `own`, `same` clinic, `far`, `moved`, `restricted`, `erased` or `absent`."""
        return self.absent() if whose == "absent" else self.things[whose]

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
    far = _clinic(MARKS["there"], "Tamarack Street Clinic")
    knees = {whose: _knee(far if whose == "far" else home, whose) for whose in MARKS if whose not in ("home", "there")}
    signed_in = {whose: _sign_in(knee) for whose, knee in knees.items()}
    readers = {may: _helper(knees["owner"], may) for may in ("reader", "writer")}
    for whose in knees.keys() - {"owner"}:
        _helper(knees[whose], f"friend of {MARKS[whose]}")
    things = {
        "own" if whose == "owner" else "same" if whose == "mate" else whose: _objects(knee)
        for whose, knee in knees.items()
    }
    _go(home, far, knees)
    users = {
        "anonymous": None,
        "owner": signed_in["owner"],
        "mate": signed_in["mate"],
        "far patient": signed_in["far"],
        "paused": signed_in["restricted"],
        **readers,
        "physio": home.physiotherapist.user,
        "surgeon": home.surgeon.user,
        "coordinator": home.coordinator.user,
        "auditor": home.auditor.user,
        "far surgeon": far.surgeon.user,
        "commuter here": _in_two(home, far),
        "operator": _operator(),
        "deactivated": _colleague(home, "left").user,
        "one factor": _colleague(home, "new").user,
        "stale": home.surgeon.user,
        "program": home.surgeon.user,
    }
    users["commuter away"] = users["undecided"] = users["commuter here"]
    users["guest"] = _guest(far, knees["owner"])
    users["lapsed"] = _helper(knees["owner"], "lapsed", days=-1)
    users["ended program"] = home.surgeon.user
    secrets = {actor: _program(home) for actor in ("program", "ended program")}
    ended = accounts.standing_token(secrets["ended program"])
    assert ended is not None
    accounts.revoke_token(token=ended)
    return World(home, far, knees["owner"], knees["mate"], knees["far"], users, things, secrets)


def _go(home: Staff, far: Staff, knees: dict[str, Episode]) -> None:
    """One record goes to the other clinic, on one nobody works, and one is gone."""
    for knee in (knees["restricted"], knees["erased"]):
        for alert in Alert.objects.filter(episode=knee):
            triage.close(alert=alert, by=home.surgeon, outcome="seen", note="Seen.")
    erasure.restrict(patient=knees["restricted"].patient, reason=Erasure.Reason.ASKED, by=home.coordinator)
    erasure.erase(patient=knees["erased"].patient, reason=Erasure.Reason.ASKED, by=home.coordinator)
    moved = transfers.ask(episode=knees["moved"], by=home.surgeon, to=far.clinic.pk, reason="Moves house.")
    transfers.accept(transfer=moved, by=far.surgeon, owner=far.surgeon.user.pk)


def _helper(knee: Episode, may: str, days: int = 90) -> User:
    """Somebody whom the owner lets help."""
    user = scenes.user(f"{may} of somebody")
    CaregiverLink.objects.create(
        patient=knee.patient,
        user=user,
        relation="friend",
        name=f"{may} of {knee.patient.given_name}",
        email=user.email,
        may_record=may == "writer",
        made_by=scenes.patient(knee).user,
        made_at=clock.now(),
        expires_at=clock.now() + timedelta(days=days),
    )
    return user


def _colleague(staff: Staff, name: str) -> Actor:
    return scenes.member(staff.clinic, Role.PHYSIOTHERAPIST, f"{name} {MARKS['home']}")


def _program(home: Staff) -> str:
    """The secret of one that may read."""
    name = f"program of {MARKS['home']}"
    return accounts.issue_token(user=home.surgeon.user, name=name, clinic=home.clinic, scopes=["read"])[1]


def _guest(far: Staff, knee: Episode) -> User:
    """A surgeon of the other clinic who opened one record in an emergency."""
    who = scenes.member(far.clinic, Role.PHYSIOTHERAPIST, f"guest {MARKS['there']}")
    EmergencyAccess.objects.create(
        episode=knee,
        user=who.user,
        clinic=far.clinic,
        role=who.role.value,
        reason_digest=notes.keep(knee.patient, "Found without papers."),
        asked_at=clock.now(),
        started_at=clock.now(),
        expires_at=clock.now() + timedelta(minutes=60),
    )
    return who.user


def _in_two(home: Staff, far: Staff) -> User:
    user = scenes.member(home.clinic, Role.PHYSIOTHERAPIST, "Both").user
    user.memberships.create(clinic=far.clinic, role=Role.PHYSIOTHERAPIST.value)
    return user


def _operator() -> User:
    return User.objects.create_superuser("operator@example.org", scenes.PASSWORD, name="Op")


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
    other = episodes.record_fact(episode=knee, by=surgeon, kind="modifier", value="bmi_35", reason=f"{mark} is tall.")
    asked, reason = {"fact": str(other.pk)}, f"{mark} was weighed again."
    proposals._stored(
        knee,
        scenes.member(staff.clinic, Role.PHYSIOTHERAPIST, "Second Opinion"),
        Proposal.Act.WITHDRAWAL,
        asked,
        reason,
    )
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
        "proposals": first(Proposal.objects.filter(episode=knee)),
        "emergency-access": str(uuid4()),
        "transfers": str(uuid4()),
        "team": str(knee.clinic.memberships.filter(role=Role.PHYSIOTHERAPIST.value).order_by("pk")[0].user_id),
        "caregivers": first(CaregiverLink.objects.filter(patient=knee.patient)),
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
        "invites": "nothing",
        "key": "1-nothing",
        "confirm-email": "nothing",
        "file": "json",
        "keys": "1",
        "v1": "nothing/here/",
        "r": "1",
        "user": str(knee.clinic.memberships.filter(role=Role.PHYSIOTHERAPIST.value).order_by("pk")[0].user_id),
        "clinic": str(knee.clinic_id),
        "admin": "nothing/",
        "group": "1",
    }
