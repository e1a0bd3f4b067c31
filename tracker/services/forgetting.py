"""Takes away whatever names a person. What was recorded clinically stays, under a name that means nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core import signing
from django.db import connection, transaction
from django.db.models import ProtectedError, Q

from tracker.models import (
    Alert,
    ApiToken,
    Assessment,
    Attempt,
    CaregiverLink,
    CheckIn,
    Clearance,
    Closing,
    Consent,
    Episode,
    EpisodeFact,
    Hold,
    IdempotencyKey,
    Invite,
    Measurement,
    Membership,
    MilestoneRecord,
    Note,
    Occurrence,
    OutboxMessage,
    Patient,
    PushSubscription,
    Reach,
    ReminderPlan,
    Restriction,
    Review,
    ShortLink,
    User,
)
from tracker.services import sessions

State = OutboxMessage.State

NOBODY = "Erased record"
NO_BIRTH_DATE = date(1900, 1, 1)
ERASED = "The record was erased."

OF_PATIENT = (Note, ReminderPlan, Reach, Consent, CaregiverLink)
"""Rows that hold nothing but what names the patient, or what the patient wished."""
OF_USER = (ApiToken, IdempotencyKey, PushSubscription, EmailAddress, Authenticator, UserSession)
"""Rows by which somebody signs in or is reached."""
NAMED = (Alert, CheckIn, Clearance, Closing, EpisodeFact, Hold, Measurement, MilestoneRecord, Restriction)
"""Rows of an episode whose ids stand in addresses of the API, and so in what is kept under an Idempotency-Key."""
UUIDS = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def forget(patient: Patient, *, now: datetime) -> None:
    """Inside the caller's transaction, save for the mail files of a demo."""
    people = _people(patient)
    addresses = {patient.email, patient.phone, *_invited(patient), *(user.email for user in people)} - {""}
    _answers(patient, people)
    sessions.tidy(now=now)
    _sessions(patient, people, addresses)
    _links(patient)
    _messages(patient, now)
    _tables(patient)
    _knees(patient)
    _person(patient, now)
    LogEntry.objects.filter(object_id__in=[str(patient.pk), *(str(user.pk) for user in people)]).delete()
    for user in people:
        dismiss(user)
    transaction.on_commit(lambda: _mail_files(addresses))


def scrub() -> None:
    """Takes what was deleted out of the file of an SQLite database, too; elsewhere the database's own vacuum does."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


# --- Whoever signs in because of the patient --------------------------------------------------------------------------


def _people(patient: Patient) -> list[User]:
    """The patient's login and those of caregivers, without those that are somebody else here as well."""
    cares_for = User.objects.filter(cares_for__patient=patient)
    users = {user.pk: user for user in [*cares_for, *([patient.user] if patient.user else [])]}
    return [user for user in users.values() if not _is_needed(user, patient)]


def _is_needed(user: User, patient: Patient) -> bool:
    """Somebody who works here, is a patient themself, or cares for another keeps their login."""
    return (
        user.is_superuser
        or user.is_staff
        or Membership.objects.filter(user=user).exists()
        or Patient.objects.filter(user=user).exclude(pk=patient.pk).exists()
        or CaregiverLink.objects.filter(user=user).exclude(patient=patient).exists()
    )


def dismiss(user: User) -> None:
    """The login goes. Where rows that are never deleted point at it, a name that means nobody stays."""
    sessions.end_all(user=user)
    for model in OF_USER:
        model._default_manager.filter(user=user).delete()
    try:
        with transaction.atomic():
            user.delete()
    except ProtectedError:
        _pseudonym(user)


def _pseudonym(user: User) -> None:
    user.email, user.name, user.last_login = f"{user.pk.hex}@erased.invalid", NOBODY, None
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["email", "name", "last_login", "is_active", "password"])


# --- Row by row -----------------------------------------------------------------------------------------------------


def _person(patient: Patient, now: datetime) -> None:
    patient.given_name, patient.family_name, patient.birth_date = "", NOBODY, NO_BIRTH_DATE
    patient.record_number = patient.email = patient.phone = patient.consent_version = patient.salt = ""
    patient.time_zone, patient.language = patient.clinic.time_zone, "en"
    patient.quiet_from = patient.quiet_until = patient.consent_at = patient.user = None
    patient.erased_at = now
    patient.save()


def _knees(patient: Patient) -> None:
    episodes = Episode.objects.filter(patient=patient)
    Review.objects.filter(episode__in=episodes).update(result="")
    Assessment.objects.filter(episode__in=episodes).delete()
    episodes.update(plate="", graft="", state=Episode.State.CLOSED)


def _tables(patient: Patient) -> None:
    Invite.objects.filter(Q(patient=patient) | Q(caregiver__patient=patient)).delete()
    for model in OF_PATIENT:
        model._default_manager.filter(patient=patient).delete()


def _messages(patient: Patient, now: datetime) -> None:
    """That there was a message stays. Under which id it left, and what a mail server said of it, goes."""
    about = OutboxMessage.objects.filter(patient=patient)
    about.filter(state__in=(State.DUE, State.CLAIMED)).update(state=State.CANCELLED, finished_at=now)
    about.filter(settled_at=None).update(settled_at=now)
    Attempt.objects.filter(message__in=about).update(detail="")
    about.update(reason=ERASED, last_error="", message_id="", holder="")
    Occurrence.objects.filter(patient=patient).update(reason=ERASED, state=Occurrence.State.CANCELLED)


def _invited(patient: Patient) -> Iterator[str]:
    yield from Invite.objects.filter(Q(patient=patient) | Q(caregiver__patient=patient)).values_list("email", flat=True)
    yield from CaregiverLink.objects.filter(patient=patient).values_list("email", flat=True)


# --- What mentions the patient in somebody else's rows ----------------------------------------------------------------


def _ids(patient: Patient) -> set[UUID]:
    """Of the patient and of whatever of theirs has an address."""
    found = {patient.pk, *Episode.objects.filter(patient=patient).values_list("pk", flat=True)}
    for model in NAMED:
        found.update(model._default_manager.filter(episode__patient=patient).values_list("pk", flat=True))
    found.update(OutboxMessage.objects.filter(patient=patient).values_list("pk", flat=True))
    return found


def _answers(patient: Patient, people: Iterable[User]) -> None:
    """Kept answers are whole bodies, also those that colleagues got about the patient."""
    ids = _ids(patient)
    rows = IdempotencyKey.objects.values_list("pk", "route", "answer").iterator(500)
    gone = [pk for pk, route, answer in rows if _mentions(f"{route} {answer}", ids)]
    IdempotencyKey.objects.filter(Q(pk__in=gone) | Q(user__in=list(people))).delete()


def _mentions(text: str, ids: set[UUID]) -> bool:
    return any(UUID(found) in ids for found in UUIDS.findall(text))


def _sessions(patient: Patient, people: Iterable[User], addresses: set[str]) -> None:
    """Signs the people out, and whoever's browser holds what was typed about the patient, or was told and not read."""
    ids, gone = _ids(patient), {str(user.pk) for user in people}
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for row in Session.objects.iterator(500):
        held: dict[str, Any] = store.decode(row.session_data)
        names = any(address in str(held) for address in addresses)
        if names or held.get("_auth_user_id") in gone or _mentions(str(held), ids):
            row.delete()


def _links(patient: Patient) -> None:
    """Short links to the patient's own pages, among them those whose signed part names the patient."""
    ids = _ids(patient)
    for link in ShortLink.objects.iterator(500):
        if _mentions(f"{link.path} {_signed(link.path)}", ids):
            link.delete()


def _signed(path: str) -> str:
    """What the token in a path says, whoever signed it."""
    for part in path.split("/"):
        try:
            return str(signing.b64_decode(part.partition(":")[0].encode()).decode())
        except (ValueError, UnicodeDecodeError):
            continue
    return ""


def _mail_files(addresses: Iterable[str]) -> None:
    """The demo writes its mail into files, named after whom they are for; elsewhere there are none."""
    directory: Path = settings.MAIL_DIR
    for file in directory.glob("*") if directory.is_dir() else ():
        content = file.read_bytes().lower() if file.is_file() else b""
        if any(address.lower().encode() in content for address in addresses):
            file.unlink(missing_ok=True)
