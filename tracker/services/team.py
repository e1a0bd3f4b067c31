"""Who works in a clinic, as its coordinator decides: every change ends what the person has open, and is mailed to them."""

from __future__ import annotations

from django.db import transaction

from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, NotFound
from tracker.models import Actor, Membership, User
from tracker.services import account_mail, accounts, audit, invites, locks, sessions

OWN = "You cannot change your own role or end your own work here. Ask another coordinator."
LAST = "The clinic needs a coordinator. Give somebody else that role first."
ELSEWHERE = "This person also works in another clinic, or is a patient. End their work here instead."


@transaction.atomic
def change_role(*, by: Actor, member: Membership, role: Role) -> None:
    """Gives a colleague another role, from their next request on. Raises Forbidden for one's own, Conflict."""
    row = _held(by, member)
    if row.role == role:
        return
    _keep_a_coordinator(row)
    was = row.role
    row.role = role
    row.save(update_fields=["role"])
    audit.note_of_user(by.user, "role changed", clinic=by.clinic, of=str(row.user_id), was=was, role=role)
    _end(by, row.user, "Your role has changed", f"Your role at {by.clinic.name} is now: {role.value}.")


@transaction.atomic
def set_duty(*, by: Actor, member: Membership, on_duty: bool) -> None:
    """Whether urgent notices reach somebody now; also one's own."""
    if Membership.objects.filter(pk=member.pk, clinic=by.clinic).exclude(on_duty=on_duty).update(on_duty=on_duty):
        said = "on" if on_duty else "off"
        audit.note_of_user(by.user, "duty changed", clinic=by.clinic, of=str(member.user_id), duty=said)


@transaction.atomic
def dismiss(*, by: Actor, member: Membership) -> None:
    """Ends somebody's work in the clinic. What they signed stays under their name."""
    row = _held(by, member)
    _keep_a_coordinator(row)
    row.delete()
    audit.note_of_user(by.user, "membership ended", clinic=by.clinic, of=str(member.user_id), was=member.role)
    _end(by, member.user, "You no longer work in this clinic", f"Your work at {by.clinic.name} has ended here.")


@transaction.atomic
def deactivate(*, by: Actor, member: Membership) -> None:
    """Ends the account of somebody who works nowhere else: they can no longer sign in at all."""
    row = _held(by, member)
    _keep_a_coordinator(row)
    if _is_elsewhere(row):
        raise Conflict(ELSEWHERE, code="elsewhere")
    invites.void_in_hand(by=by.user, of=row.user, clinic=by.clinic)
    accounts.deactivate(by=by.user, user=row.user)
    _mail(row.user, "Your account has been closed", f"{by.clinic.name} has closed your account.")


def _held(by: Actor, member: Membership) -> Membership:
    """The membership as it is now, with the clinic locked so that two coordinators cannot remove each other at once."""
    locks.hold_clinic(by.clinic)
    row = Membership.objects.select_related("user").filter(pk=member.pk, clinic=by.clinic).first()
    if row is None:
        raise NotFound
    if row.user_id == by.user.pk:
        raise Forbidden(OWN, code="own")
    if not Membership.objects.filter(user=by.user, clinic=by.clinic, role=Role.COORDINATOR).exists():
        raise Forbidden
    return row


def _keep_a_coordinator(row: Membership) -> None:
    others = Membership.objects.filter(clinic=row.clinic_id, role=Role.COORDINATOR, user__is_active=True)
    if row.role == Role.COORDINATOR and not others.exclude(pk=row.pk).exists():
        raise Conflict(LAST, code="last")


def _is_elsewhere(row: Membership) -> bool:
    person = row.user
    works = person.memberships.exclude(pk=row.pk).exists()
    return works or person.is_superuser or hasattr(person, "patient") or person.cares_for.filter(ended_at=None).exists()


def _end(by: Actor, user: User, subject: str, text: str) -> None:
    invites.void_in_hand(by=by.user, of=user, clinic=by.clinic)
    sessions.end_all(user=user, by=by.user)
    _mail(user, subject, f"{text} You have been signed out everywhere.")


def _mail(user: User, subject: str, text: str) -> None:
    """Once it is certain. Nothing about a patient is in it."""
    words = f"Hello {' '.join(user.name.split())},\n\n{text}\n\nIf you did not expect this, ask your clinic's coordinator.\n"
    transaction.on_commit(lambda: account_mail.send(to=user.email, subject=subject, text=words))
