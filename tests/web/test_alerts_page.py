from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Alert, Episode
from tracker.services import triage

pytestmark = pytest.mark.django_db


def page(browser: Client, query: str = "") -> str:
    answer = browser.get(f"/alerts/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def order(text: str) -> list[str]:
    return re.findall(r'<li class="card alert" id="a([0-9a-f-]{36})"', text)


def alert(knee: Episode, symptom: str) -> Alert:
    scenes.check_in(knee, symptoms=[symptom])
    return Alert.objects.get(episode=knee, code=symptom)


def test_the_most_urgent_stands_first_and_the_longest_waiting_among_equals(
    riverside: Staff, physio: Client, clock: StoppedClock
) -> None:
    made = []
    for symptom in ("low_mood", "calf_sore", "fever", "breathless"):
        made.append(alert(scenes.knee(riverside), symptom))
        clock.advance(timedelta(minutes=5))
    scenes.sign_in_again(physio)
    mood, calf, fever, breath = (str(each.pk) for each in made)
    assert order(page(physio)) == [breath, calf, fever, mood]


def test_each_says_whom_what_the_facts_and_when(physio: Client, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=6, symptoms=["calf_sore"])
    text = page(physio)
    assert knee.patient.family_name in text
    assert "Calf sore" in text
    assert "<dt>pain</dt><dd>6</dd>" in text
    assert "15 Jun 10:00 · open" in text
    assert "R1 · within 4 hours" in text


def test_an_alert_moves_from_open_to_acknowledged_to_closed(riverside: Staff, physio: Client, knee: Episode) -> None:
    row = alert(knee, "calf_sore")
    assert "Open 1" in page(physio)
    triage.acknowledge(alert=row, by=riverside.physiotherapist, note="Calling <now>.")
    assert order(page(physio)) == []
    text = page(physio, "?state=acknowledged")
    assert order(text) == [str(row.pk)]
    assert "with Jo Mbeki" in text
    assert "Calling &lt;now&gt;." in text
    triage.close(alert=row, by=riverside.surgeon, outcome="seen", note="No clot.")
    text = page(physio, "?state=closed")
    assert "closed by Dr A. Osei: seen in person: No clot." in text
    assert "Respond" not in text


def test_the_forms_open_under_the_alert_that_is_asked_for_and_return_here(physio: Client, knee: Episode) -> None:
    row = alert(knee, "calf_sore")
    assert "<textarea" not in page(physio)
    text = page(physio, f"?state=open&at={row.pk}")
    address = f"/episodes/{knee.pk}/alerts/{row.pk}/acknowledge/"
    assert f'action="{address}"' in text
    answer = physio.post(address, {"note": "Calling.", "next": "/alerts/?state=open"})
    assert answer.headers["Location"] == "/alerts/?state=open"


def test_other_clinics_alerts_are_not_here(stranger: Client, knee: Episode) -> None:
    alert(knee, "breathless")
    text = page(stranger)
    assert order(text) == []
    assert "Open 0" in text


def test_only_clinicians_see_alerts(coordinator: Client, phone: Client) -> None:
    assert coordinator.get("/alerts/").status_code == 403
    assert phone.get("/alerts/").status_code == 403


@pytest.mark.parametrize("query", ["?state=x", "?page=0", "?page=9", "?at=%00", "?state=closed&page=abc"])
def test_an_address_that_means_nothing_shows_the_list(physio: Client, query: str) -> None:
    assert "<h1>Alerts</h1>" in page(physio, query)
