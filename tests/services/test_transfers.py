"""A patient moves to another clinic at once and whole: no alert is lost, and whoever had the record is a stranger."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import scenes
from tests.conftest import A_MONDAY_MORNING
from tests.scenes import Staff
from tracker import clock as clocks
from tracker.errors import Conflict, Invalid, NotFound
from tracker.models import Actor, AlertEvent, Assessment, Episode, Occurrence, OutboxMessage, Patient, Transfer
from tracker.services import transfers, triage

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, clock: clocks.StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def away(home: Staff) -> Staff:
    return scenes.clinic("Hillside Clinic", zone="America/New_York")


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home)


def offer(knee: Episode, by: Actor, to: Staff) -> Transfer:
    return transfers.ask(episode=knee, by=by, to=to.clinic.pk, reason="Moves to be near her son.")


def accept(row: Transfer, by: Staff, **more: str) -> Patient:
    return transfers.accept(transfer=row, by=by.physiotherapist, owner=by.surgeon.user.pk, **more)


def opened(knee: Episode) -> set[object]:
    return {alert.pk for alert in transfers.open_alerts(knee)}


def browser(who: Actor) -> Client:
    made = Client()
    made.force_login(who.user)
    return made


def test_until_it_is_accepted_nothing_changes(home: Staff, away: Staff, knee: Episode) -> None:
    row = offer(knee, home.physiotherapist, away)
    knee.refresh_from_db()
    assert (knee.clinic, row.accepted) == (home.clinic, None)
    with pytest.raises(NotFound):
        transfers.accept(transfer=row, by=home.surgeon, owner=home.surgeon.user.pk)
    transfers.refuse(transfer=row, by=away.surgeon)
    assert Patient.objects.get(pk=knee.patient_id).clinic == home.clinic
    with pytest.raises(Conflict):
        accept(row, away)


def test_accepted_the_record_is_theirs_and_the_old_clinic_a_stranger(home: Staff, away: Staff, knee: Episode) -> None:
    old, new = browser(home.surgeon), browser(away.surgeon)
    scenes.check_in(knee, symptoms=["breathless", "wound_leak"])
    assert old.get(f"/episodes/{knee.pk}/").status_code == 200
    accept(offer(knee, home.surgeon, away), away)
    for page in (f"/episodes/{knee.pk}/", f"/api/v1/episodes/{knee.pk}/", f"/api/v1/episodes/{knee.pk}/today/"):
        assert old.get(page).status_code == 404, page
        assert new.get(page).status_code == 200, page
    for page in ("/worklist/", "/alerts/?state=all", "/alerts/?state=acknowledged", "/calls/", "/patients/"):
        assert knee.patient.family_name not in old.get(page).content.decode(), page
    assert knee.patient.family_name in new.get("/worklist/").content.decode()
    assert Assessment.objects.get(episode=knee).clinic == away.clinic


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    told=st.lists(
        st.sampled_from(["breathless", "wound_leak", "fever", "new_click", "calf_sore", "toes_numb"]),
        unique=True,
        max_size=4,
    ),
    done=st.lists(st.sampled_from(["leave", "acknowledge", "close"]), min_size=6, max_size=6),
)
def test_as_many_alerts_are_open_after_as_before_each_with_the_named_owner(
    db: None, told: list[str], done: list[str]
) -> None:
    with transaction.atomic(), clocks.freeze(A_MONDAY_MORNING):
        home, away = scenes.clinic(), scenes.clinic("Hillside Clinic")
        knee = scenes.knee(home)
        scenes.check_in(knee, symptoms=list(told))
        unseen = set()
        for alert, act in zip(transfers.open_alerts(knee), done, strict=False):
            _respond(alert, act, home)
            unseen |= {alert.pk} if act == "leave" else set()
        before = opened(knee)
        accept(offer(knee, home.surgeon, away), away)
        assert opened(knee) >= before, "none is lost; moving may only raise one"
        for alert in before:
            last = AlertEvent.objects.filter(alert=alert).order_by("at", "pk").last()
            assert last is not None
            assert (last.kind, last.to) == ("handed_over", away.surgeon.user)
        _announced(before & unseen, away)
        transaction.set_rollback(True)


def _respond(alert: object, act: str, home: Staff) -> None:
    if act == "acknowledge":
        triage.acknowledge(alert=alert, by=home.physiotherapist, note="Calling.")  # type: ignore[arg-type]
    elif act == "close":
        triage.close(alert=alert, by=home.physiotherapist, outcome="seen", note="Fine.")  # type: ignore[arg-type]


def _announced(unseen: set[object], away: Staff) -> None:
    """Everybody on duty hears of the patient, and of each urgent alert that nobody had seen."""
    readers = {away.physiotherapist.user.pk, away.surgeon.user.pk}
    told = OutboxMessage.objects.filter(kind="taken_over").values_list("recipient", flat=True)
    assert set(told) == readers
    for alert in unseen:
        rows = OutboxMessage.objects.filter(kind="urgent_alert", occurrence__slot__startswith=f"{alert}:for:")
        if Occurrence.objects.filter(rule="urgent_alert", slot=str(alert)).exists():
            assert set(rows.values_list("recipient", flat=True)) == readers


def test_nothing_goes_to_the_old_clinics_staff_any_more(home: Staff, away: Staff, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["breathless"])
    accept(offer(knee, home.surgeon, away), away)
    old = [home.physiotherapist.user.pk, home.surgeon.user.pk]
    waiting = OutboxMessage.objects.filter(recipient__in=old, state="due").values_list("kind", "patient", "episode")
    assert list(waiting) == [("transfer_answered", None, None)], "but that it moved, which names nobody"
    assert not OutboxMessage.objects.filter(patient=knee.patient_id).exclude(clinic=away.clinic).exists()


def test_the_patient_is_told(home: Staff, away: Staff, knee: Episode) -> None:
    accept(offer(knee, home.surgeon, away), away)
    told = OutboxMessage.objects.get(kind="moved")
    assert (told.patient_id, told.recipient, told.clinic) == (knee.patient_id, None, away.clinic)


def test_a_record_number_of_somebody_else_is_not_taken(home: Staff, away: Staff) -> None:
    knee = scenes.knee(home, record_number="R7")
    scenes.knee(away, record_number="R7")
    row = offer(knee, home.surgeon, away)
    with pytest.raises(Invalid) as refusal:
        accept(row, away)
    assert "record_number" in refusal.value.fields
    assert Transfer.objects.get().accepted is None, "the offer still waits"
    assert Patient.objects.get(pk=knee.patient_id).clinic == home.clinic
    assert accept(row, away, record_number="R8").record_number == "R8"


def test_the_owner_is_a_clinician_of_the_new_clinic(home: Staff, away: Staff, knee: Episode) -> None:
    row = offer(knee, home.surgeon, away)
    for stranger in (home.surgeon, away.coordinator):
        with pytest.raises(Invalid):
            transfers.accept(transfer=row, by=away.surgeon, owner=stranger.user.pk)


def test_one_offer_waits_at_a_time_and_can_be_taken_back(home: Staff, away: Staff, knee: Episode) -> None:
    row = offer(knee, home.surgeon, away)
    with pytest.raises(Conflict):
        offer(knee, home.surgeon, scenes.clinic("Third Clinic"))
    transfers.take_back(transfer=row, by=home.physiotherapist)
    assert offer(knee, home.surgeon, away).accepted is None


def test_before_accepting_the_other_clinic_reads_who_and_from_where_and_no_more(
    home: Staff, away: Staff, knee: Episode
) -> None:
    row = transfers.ask(episode=knee, by=home.surgeon, to=away.clinic.pk, reason="Plate is sore.")
    receiving = browser(away.surgeon)
    text = receiving.get("/transfers/").content.decode()
    assert str(knee.patient) in text
    assert "4 May 1979" in text
    assert home.clinic.name in text
    shown = re.sub(r"<[^>]*>", " ", text.split("<main")[1].split("</main>")[0])
    for word in ("sore", "mowhto", "84 kg", "left", str(knee.pk)):
        assert word not in shown, word
    assert str(knee.pk) not in text
    assert receiving.get(f"/episodes/{knee.pk}/").status_code == 404
    assert browser(scenes.clinic("Third Clinic").surgeon).post(f"/transfers/{row.pk}/refuse/").status_code == 404
    assert browser(away.coordinator).get("/transfers/").status_code == 403


def test_the_pages_carry_a_patient_over(home: Staff, away: Staff, knee: Episode) -> None:
    sending, receiving = browser(home.physiotherapist), browser(away.surgeon)
    empty = sending.post(f"/episodes/{knee.pk}/transfer/", {})
    assert empty.status_code == 400
    asked = sending.post(f"/episodes/{knee.pk}/transfer/", {"to": str(away.clinic.pk), "reason": "Moves."})
    assert asked["Location"] == "/transfers/"
    row = Transfer.objects.get()
    assert receiving.post(f"/transfers/{row.pk}/accept/", {}).status_code == 400
    done = receiving.post(f"/transfers/{row.pk}/accept/", {"owner": str(away.surgeon.user.pk)})
    assert done.status_code == 302
    assert receiving.post(f"/transfers/{row.pk}/refuse/").status_code == 409
    assert receiving.get(f"/episodes/{knee.pk}/").status_code == 200
