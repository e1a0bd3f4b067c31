"""Who in a clinic is to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from tracker.clinical.terms import Role
from tracker.models import Clinic, Episode, Membership, User

CLINICIANS = (Role.PHYSIOTHERAPIST, Role.SURGEON)
OVERSIGHT = (Role.COORDINATOR, Role.AUDITOR)


def on_duty(clinic: Clinic) -> list[User]:
    """The clinicians on duty, or all of the clinic's where none is: somebody must hear of an urgent matter."""
    return _present_first(_working([clinic]))


def seconds(clinic: Clinic, first: UUID, *, surgeon: bool) -> list[User]:
    """Who may be the second of two after `first`, if need be a surgeon: those on duty, or all where none is."""
    others = (member for member in _working([clinic]) if member.user_id != first)
    return _present_first([member for member in others if member.role == Role.SURGEON or not surgeon])


def clinicians(clinic: Clinic) -> list[User]:
    """Every clinician of the clinic, on duty or not."""
    return [member.user for member in _working([clinic])]


def present(clinics: Collection[Clinic]) -> dict[UUID, list[User]]:
    """By clinic the clinicians who are on duty, which may be nobody. One statement."""
    found: dict[UUID, list[User]] = {clinic.pk: [] for clinic in clinics}
    for member in _working(clinics):
        if member.on_duty:
            found[member.clinic_id].append(member.user)
    return found


def gate_team(episode: Episode) -> list[User]:
    """Who prepares and takes a decision on a gate: the knee's surgeon and the physiotherapists on duty."""
    return [
        member.user
        for member in _working([episode.clinic])
        if member.user_id == episode.surgeon_id or (member.role == Role.PHYSIOTHERAPIST and member.on_duty)
    ]


def works_in(user: User, clinic: Clinic) -> bool:
    """Whether the user still is a clinician of the clinic."""
    return any(member.user_id == user.pk for member in _working([clinic]))


def oversight(clinic: Clinic) -> list[User]:
    """Who watches over what is done in the clinic: its coordinators and auditors."""
    members = Membership.objects.filter(clinic=clinic, role__in=OVERSIGHT, user__is_active=True)
    return [member.user for member in members.select_related("user").order_by("pk")]


def oversees(user: User, clinic: Clinic) -> bool:
    """Whether the user still is one of them."""
    return any(each.pk == user.pk for each in oversight(clinic))


def _present_first(members: Sequence[Membership]) -> list[User]:
    return [member.user for member in members if member.on_duty] or [member.user for member in members]


def _working(clinics: Collection[Clinic]) -> list[Membership]:
    if not clinics:
        return []
    members = Membership.objects.filter(clinic__in=clinics, role__in=CLINICIANS, user__is_active=True)
    return list(members.select_related("user").order_by("pk"))
