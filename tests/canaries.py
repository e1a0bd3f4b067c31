"""A patient whose every text is a canary, wherever the product keeps one, and who looks for what is left of them.

knee = canaries.laid(riverside, mail)      # enrolled, treated, written to, helped, signed in
assert canaries.in_tables()                # "tracker_patient.family_name", ...
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection

from tests import scenes
from tests.scenes import Staff
from tracker import clock
from tracker.clinical.terms import Role
from tracker.models import (
    Actor,
    Alert,
    Attempt,
    CaregiverLink,
    Consent,
    Episode,
    Hold,
    IdempotencyKey,
    Invite,
    OutboxMessage,
    PushSubscription,
    Reach,
    Review,
    Transfer,
    User,
)
from tracker.services import accounts, calls, checkins, clearances, episodes, links, milestones, notes, triage
from tracker.services.reminders import optout

CANARY = "zqcanary"


def word(of: str) -> str:
    return f"{CANARY}-{of}"


def address(of: str) -> str:
    return f"{CANARY}.{of}@example.org"


def laid(staff: Staff, mail: Path) -> Episode:
    """Enrolled three weeks ago; what is urgent has been closed."""
    knee = _enrolled(staff)
    _signed_in(knee)
    _treated(staff, knee)
    _written_to(staff, knee, mail)
    _helped(staff, knee)
    _mentioned(staff, knee)
    return knee


def _enrolled(staff: Staff) -> Episode:
    knee = scenes.knee(
        staff,
        given_name=word("given"),
        family_name=word("family"),
        email=address("mail"),
        phone=word("phone"),
        record_number=word("number"),
        plate=word("plate"),
        graft=word("graft"),
        birth_date=date(1979, 5, 4),
    )
    patient = knee.patient
    assert patient.user is not None
    patient.user.email, patient.user.name = address("login"), word("login")
    patient.user.save()
    return knee


def _signed_in(knee: Episode) -> None:
    user, now = knee.patient.user, clock.now()
    assert user is not None
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    Authenticator.objects.create(user=user, type="webauthn", data={"name": word("passkey")})
    accounts.issue_token(user=user, name=word("program"))
    PushSubscription.objects.create(
        user=user,
        endpoint=f"https://push.example/{CANARY}",
        p256dh="x",
        auth="y",
        device=word("device"),
        created_at=now,
    )
    session = _session(_auth_user_id=str(user.pk), draft=word("draft"))
    UserSession.objects.create(user=user, ip="203.0.113.9", user_agent=word("agent"), session_key=session, data={})
    answer = json.dumps({"note": word("answer")})
    key = {"body_hash": "x", "status": 201, "answer": answer, "created_at": now}
    IdempotencyKey.objects.create(user=user, key=uuid4(), route=f"POST /api/v1/episodes/{knee.pk}/check-ins/", **key)
    Consent.objects.create(patient=knee.patient, version="2026-11", given=True, by=user, at=now)


def _session(**held: Any) -> str:
    store = SessionStore()
    store.update(held)
    store.create()
    return str(store.session_key)


def _treated(staff: Staff, knee: Episode) -> None:
    scenes.check_in(knee, days_ago=3, pain_load=3, note=word("note"))
    first = scenes.check_in(knee, days_ago=2, pain_load=3, symptoms=["calf_sore"], note=word("urgent"))
    said = {"date": first.date.isoformat(), "pain_load": 4, "note": word("amended")}
    checkins.amend(check_in=first, by=scenes.patient(knee), answers=checkins.parse(said))
    raw = {"symptoms": ["chest_pain"], "pain_rest": word("raw"), "pain_site": word("site"), "note": word("refused")}
    checkins.keep_red_flags(episode=knee, by=scenes.patient(knee), raw=raw)
    for alert in Alert.objects.filter(episode=knee):
        triage.acknowledge(alert=alert, by=staff.physiotherapist, note=word("taken on"))
        triage.close(alert=alert, by=staff.physiotherapist, outcome="advice", note=word("closed"))
    for hold in Hold.objects.filter(episode=knee, release=None):
        clearances.release(hold=hold, by=staff.surgeon, basis=word("released"))
    fact = episodes.record_fact(
        episode=knee, by=staff.physiotherapist, kind="body_weight_kg", value="85", reason=word("fact")
    )
    episodes.withdraw_fact(fact=fact, by=staff.surgeon, reason=word("withdrawn"))
    reached = milestones.reach(
        episode=knee, by=staff.physiotherapist, key="FLEX_90", reached_on=scenes.today(staff.clinic), value=Decimal(95)
    )
    milestones.withdraw(record=reached, by=staff.physiotherapist, reason=word("goal"))
    on = scenes.today(staff.clinic)
    Review.objects.create(episode=knee, kind="wound", key="W1", window_from=on, window_to=on, result=word("result"))


def _written_to(staff: Staff, knee: Episode, mail: Path) -> None:
    patient = knee.patient
    message = OutboxMessage.objects.filter(patient=patient, recipient=None).first()
    assert message is not None
    error = f"<{address('mail')}>: no such box"
    OutboxMessage.objects.filter(pk=message.pk).update(
        state="failed", last_error=error, reason=error, message_id=f"<{CANARY}@x>"
    )
    Attempt.objects.create(message=message, fence=9, started_at=clock.now(), detail=error)
    Reach.objects.create(patient=patient, channel="sms", address=word("phone"), failure=error, failed_at=clock.now())
    call = OutboxMessage.objects.create(
        dedupe_key="call", nature="notice", kind="silence", channel="calls", state="sent", clinic=staff.clinic,
        patient=patient, episode=knee, due_at=clock.now(), created_at=clock.now(),
    )  # fmt: skip
    calls.record(message=call, by=staff.physiotherapist, outcome="settled", note=word("call"))
    message.kind = "check_in"
    links.shorten(path=f"/unsubscribe/{optout.unsubscribe_token(message)}/", now=clock.now())
    links.shorten(path=f"/episodes/{knee.pk}/", now=clock.now())
    mail.mkdir(parents=True, exist_ok=True)
    (mail / f"20260615T090000Z-{CANARY}.mail_example.org-1.eml").write_text(f"To: {address('mail')}\n\n{word('body')}")
    (mail / "20260615T090000Z-else-1.eml").write_text("To: else@example.org\n\nsomebody else")


def _helped(staff: Staff, knee: Episode) -> None:
    now, by = clock.now(), scenes.patient(knee).user
    helper = scenes.user(word("helper"))
    User.objects.filter(pk=helper.pk).update(email=address("helper"))
    link = CaregiverLink.objects.create(
        patient=knee.patient, user=helper, relation="partner", name=word("helper"), email=address("helper"),
        may_record=True, made_by=by, made_at=now, expires_at=now + timedelta(days=90),
    )  # fmt: skip
    for purpose, which in (("patient", {"patient": knee.patient}), ("caregiver", {"caregiver": link})):
        Invite.objects.create(
            purpose=purpose, clinic=staff.clinic, name=word("invited"), email=address("invited"), made_by=by,
            made_at=now, expires_at=now + timedelta(days=3), **which,
        )  # fmt: skip
    helping = Actor(helper, Role.CAREGIVER, staff.clinic, knee.patient)
    scenes.check_in(knee, days_ago=1, by=helping, pain_load=2, note=word("helped"))


def _mentioned(staff: Staff, knee: Episode) -> None:
    """In rows of other people."""
    by, now = staff.physiotherapist.user, clock.now()
    other = scenes.clinic("Hillside Clinic").clinic
    Transfer.objects.create(
        patient=knee.patient, from_clinic=staff.clinic, to_clinic=other, asked_by=by, asked_at=now,
        reason_digest=notes.keep(knee.patient, word("moved")),
    )  # fmt: skip
    answer = json.dumps({"id": str(knee.pk), "patient": {"family_name": word("family")}})
    IdempotencyKey.objects.create(
        user=by, key=uuid4(), route="POST /api/v1/episodes/", body_hash="x", status=201, answer=answer, created_at=now
    )
    _session(_auth_user_id=str(by.pk), waiting={"path": f"/episodes/{knee.pk}/order/", "reason": word("typed")})
    LogEntry.objects.create(
        user=by, content_type=ContentType.objects.get_for_model(type(knee.patient)), object_id=str(knee.patient.pk),
        object_repr=word("family"), action_flag=CHANGE, change_message=word("family"),
    )  # fmt: skip


# --- What is left of them -------------------------------------------------------------------------------------------


def in_tables() -> list[str]:
    """Every column in which a canary stands, of every table."""
    return sorted(set(_columns()))


def _columns() -> Iterator[str]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield from (f"{table}.{name}" for name, value in zip(names, row, strict=True) if _sings(value))
    for session in Session.objects.all():
        if _sings(session.get_decoded()):
            yield "django_session.decoded"


def in_file() -> int:
    """How often a canary stands in the bytes of the database's file and of what SQLite keeps beside it."""
    name = Path(str(connection.settings_dict["NAME"]))
    files = (name, name.with_name(f"{name.name}-wal"))
    return sum(file.read_bytes().lower().count(CANARY.encode()) for file in files if file.exists())


def in_directory(directory: Path) -> int:
    return sum(CANARY in f"{file.name}{file.read_text(errors='replace')}".lower() for file in directory.iterdir())


def _sings(value: object) -> bool:
    text = bytes(value).decode("latin-1") if isinstance(value, memoryview | bytes) else str(value)
    return CANARY in text.lower()
