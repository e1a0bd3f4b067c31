"""The people of the API's tests: a clinic with everyone in it, and programs that speak for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from rest_framework.test import APIClient

from tracker import access, clock
from tracker.clinical.terms import Procedure, Role, Side
from tracker.models import Clinic, Episode, Membership, Protocol, User
from tracker.services import accounts, episodes, protocols
from tracker.services.episodes import Enrolment

WEIGHT = Decimal(84)
STAFF = (Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.AUDITOR)


class Program(APIClient):
    """A program that speaks for one user by token, as JSON."""

    def __init__(self, user: User | None = None, **options: Any) -> None:
        super().__init__(**options)
        if user is not None:
            _, secret = accounts.issue_token(user=user, name="test")
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def send(self, path: str, body: object = None, *, verb: str = "post", **headers: str) -> Any:
        """POST of a JSON body to a path under the API; headers as keywords, `If_Match="3"`."""
        named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        return getattr(self, verb)(f"/api/v1/{path}", {} if body is None else body, format="json", **named)

    def read(self, path: str) -> Any:
        return self.get(f"/api/v1/{path}")


@dataclass
class House:
    """A clinic with its staff, by role. Every text in it carries the clinic's own mark."""

    mark: str
    clinic: Clinic
    staff: dict[Role, User] = field(default_factory=dict)

    def actor(self, role: Role) -> access.Actor:
        found = access.actor(self.staff[role])
        assert found is not None
        return found

    def program(self, role: Role) -> Program:
        return Program(self.staff[role])


def house(mark: str, zone: str = "Europe/London") -> House:
    """A clinic with one person in each role."""
    if not Protocol.objects.exists():
        protocols.ship()
    clinic = Clinic.objects.create(name=f"{mark} Clinic", time_zone=zone, phone=f"+44 {mark}", emergency_number="999")
    made = House(mark, clinic)
    for role in STAFF:
        user = User.objects.create_user(f"{role}@{mark.lower()}.example", name=f"{mark} {role}")
        Membership.objects.create(user=user, clinic=clinic, role=role)
        made.staff[role] = user
    return made


def patient_user(episode: Episode) -> User:
    """The sign-in of the episode's patient, made when first asked for."""
    patient = episode.patient
    if patient.user is None:
        patient.user = User.objects.create_user(f"{patient.pk}@patients.example", name=str(patient))
        patient.save()
    return patient.user


def enrolled(at: House, *, days_ago: int = 21, **other: Any) -> Episode:
    """A left knee, mowhto_std, 84 kg, operated on `days_ago`, taken on by the physiotherapist. Nothing is signed."""
    today = clock.today(at.clinic.time_zone)
    said: dict[str, Any] = {
        "given_name": f"{at.mark}given",
        "family_name": f"{at.mark}family{Episode.objects.count()}",
        "birth_date": today.replace(year=today.year - 55),
        "sex": "female",
        "phone": f"+44 1 {at.mark}",
        "email": f"{at.mark.lower()}@patients.example",
        "time_zone": at.clinic.time_zone,
        "body_weight_kg": WEIGHT,
        "procedure": Procedure.MOWHTO,
        "side": Side.LEFT,
        "surgery_date": today - timedelta(days=days_ago),
        "protocol": "mowhto_std",
        "baseline_pain": 5,
    }
    by = at.actor(Role.PHYSIOTHERAPIST)
    episode = episodes.enrol(by=by, enrolment=Enrolment(**said | other))
    patient_user(episode)
    return episode


def signed(at: House, **other: Any) -> Episode:
    """The same, with the plan signed by the surgeon."""
    episode = enrolled(at, **other)
    episodes.sign_plan(episode=episode, by=at.actor(Role.SURGEON))
    return episode


def problem(response: Any, status: int, *fields: str) -> Mapping[str, Any]:
    """Checks that the answer is a problem of that status which names these fields, and gives it."""
    body: Mapping[str, Any] = response.json()
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "errors"} <= body.keys()
    assert set(body["errors"]) >= set(fields), body["errors"]
    return body
