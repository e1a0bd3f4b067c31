"""What the trail holds: codes and ids, never a name or a word that somebody typed."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.test import Client

from tests import scenes
from tests.services.reminding import message
from tracker.clinical.terms import Decision
from tracker.models import AuditEvent
from tracker.services import checkins, dispatch, episodes, measurements, milestones, triage

MARK = "Quokka"

pytestmark = pytest.mark.django_db


@pytest.fixture
def lived(clock: object, mail: object) -> None:
    """A clinic and a patient with a mark in every text, and all that the services do with a record."""
    staff = scenes.clinic(f"{MARK} Clinic", phone=f"0{MARK}")
    for member in (staff.surgeon, staff.physiotherapist, staff.coordinator):
        member.user.name = f"{MARK} {member.role}"
        member.user.save()
    names = {"given_name": MARK, "family_name": MARK, "record_number": MARK, "email": f"{MARK}@example.org"}
    knee = scenes.knee(staff, day=45, **names)
    row = scenes.check_in(knee, pain_load=9, symptoms=["calf_sore"], note=MARK)
    amended = checkins.parse({"date": row.date.isoformat(), "pain_load": 8, "note": MARK})
    checkins.amend(check_in=row, by=scenes.patient(knee), answers=amended)
    measurements.record(
        episode=knee,
        by=staff.physiotherapist,
        kind="flexion",
        value=Decimal(95),
        measured_on=scenes.today(staff.clinic),
    )
    milestones.reach(
        episode=knee, by=staff.physiotherapist, key="FLEX_90", reached_on=scenes.today(staff.clinic), value=None
    )
    scenes.clear(staff, knee, "G6", decision=Decision.REFUSED)
    alert = knee.alerts.first()
    triage.acknowledge(alert=alert, by=staff.physiotherapist, note=MARK)
    triage.close(alert=alert, by=staff.physiotherapist, outcome="no_action", note=MARK)
    episodes.change_details(episode=knee, by=staff.coordinator, changes={"phone": MARK}, revision=None)
    message(knee)
    dispatch.deliver(now=clock.instant)  # type: ignore[attr-defined]
    call_command("reassess", verbosity=0)
    for who, address in (
        (staff.surgeon, f"/episodes/{knee.pk}/?q={MARK}"),
        (staff.physiotherapist, f"/worklist/?q={MARK}"),
        (staff.coordinator, f"/patients/?q={MARK}"),
        (staff.coordinator, f"/episodes/{MARK}/"),
        (scenes.clinic("Hillside Clinic").surgeon, f"/episodes/{knee.pk}/?q={MARK}"),
    ):
        browser = Client()
        browser.force_login(who.user)
        browser.get(address)


@pytest.mark.usefixtures("lived")
def test_no_name_and_no_free_text_stands_in_the_trail() -> None:
    columns = ("action", "outcome", "role", "object_id", "detail", "via", "address", "request_id")
    rows = list(AuditEvent.objects.values(*columns))
    assert len({row["action"] for row in rows}) > 12
    assert [row for row in rows if MARK.lower() in json.dumps(row).lower()] == []


@pytest.mark.usefixtures("lived")
def test_what_the_program_does_by_itself_is_in_the_trail_without_a_user() -> None:
    own = AuditEvent.objects.filter(user=None, via="")
    assert {"message sent", "reassessed"} <= set(own.values_list("action", flat=True))
