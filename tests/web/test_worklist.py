from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Attention, Role
from tracker.clock import StoppedClock
from tracker.models import Actor, Alert, Assessment, Episode, Proposal, StaffLook
from tracker.services import episodes, proposals, transfers, triage

pytestmark = pytest.mark.django_db

MOST_STATEMENTS = 8  # the last writes the line of the trail
"""One of them the engine's pulse, which a process reads once in ten seconds and tests at every page."""


def page(browser: Client, query: str = "") -> str:
    response = browser.get(f"/worklist/{query}")
    assert response.status_code == 200
    return response.content.decode()


def order(text: str) -> list[str]:
    """The ids of the episodes in the order of the rows."""
    return re.findall(r'<tr id="e([0-9a-f-]{36})"', text)


def settled(staff: Staff, **changes: Any) -> Episode:
    """A knee of which nothing is due: early, seen, and with a check-in of today."""
    knee = scenes.knee(staff, day=2, **changes)
    scenes.check_in(knee, pain_load=3, symptoms=[])
    Assessment.objects.filter(pk=knee.pk).update(attention=Attention.ON_TRACK)
    return knee


def at(knee: Episode, attention: Attention) -> Episode:
    """The knee in a place on the list, as if it had been assessed there."""
    Assessment.objects.filter(pk=knee.pk).update(attention=attention)
    return knee


def test_the_emergency_that_was_just_reported_stands_before_an_older_one(
    riverside: Staff, physio: Client, clock: StoppedClock
) -> None:
    older, newer = scenes.knee(riverside, day=9), scenes.knee(riverside, day=40)
    scenes.check_in(older, symptoms=["breathless"])
    clock.advance(minutes=5)
    scenes.check_in(newer, symptoms=["chest_pain"])
    assert order(page(physio)) == [str(newer.pk), str(older.pk)]


def test_the_list_stands_in_order_of_need(riverside: Staff, physio: Client) -> None:
    made = {need: at(settled(riverside), need) for need in reversed(Attention)}
    expected = [str(made[need].pk) for need in Attention if need is not Attention.ON_TRACK]
    assert order(page(physio)) == expected


def test_a_red_flag_puts_the_patient_first_with_the_reason(riverside: Staff, physio: Client) -> None:
    at(settled(riverside), Attention.SAME_DAY)
    knee = settled(riverside)
    scenes.check_in(knee, symptoms=["breathless"])
    text = page(physio)
    assert order(text)[0] == str(knee.pk)
    assert "Emergency" in text
    assert "breathless" in text.lower()
    assert "not acknowledged" in text


def test_among_equals_the_freshest_operation_comes_first(riverside: Staff, physio: Client) -> None:
    old, young = (at(scenes.knee(riverside, day=day), Attention.BEHIND) for day in (40, 10))
    assert order(page(physio)) == [str(young.pk), str(old.pk)]


def test_those_on_track_are_folded_behind_a_link(riverside: Staff, physio: Client) -> None:
    knee = settled(riverside)
    text = page(physio)
    assert order(text) == []
    assert "<b>1 on track</b>" in text
    assert 'href="?need=all"' in text
    assert order(page(physio, "?need=all")) == [str(knee.pk)]


def test_a_filter_shows_one_need_and_its_count_and_emergencies_whatever_is_asked(
    riverside: Staff, physio: Client
) -> None:
    alarm, gate, _ = (
        at(settled(riverside), need) for need in (Attention.EMERGENCY, Attention.GATE_DUE, Attention.SILENT)
    )
    text = page(physio, "?need=gate_due")
    assert order(text) == [str(alarm.pk), str(gate.pk)]
    assert 'href="?need=gate_due" aria-current="true">Gate due 1' in text
    assert "Needs someone 3" in text


@pytest.mark.parametrize(
    "query", ["?need=nonsense", "?page=x", "?page=99999999999999999999", "?at=x", "?q=%00", "?page=-1"]
)
def test_an_address_that_means_nothing_shows_the_list(riverside: Staff, physio: Client, query: str) -> None:
    assert "Who needs you today" in page(physio, query)


def test_a_name_is_found_without_its_accents_also_among_those_on_track(riverside: Staff, physio: Client) -> None:
    knee = settled(riverside, family_name="Ferreira", given_name="Inês")
    settled(riverside, family_name="Novak", given_name="Petra")
    assert order(page(physio, "?q=ines")) == [str(knee.pk)]
    assert "No active patient here has “zz” in the name" in page(physio, "?q=zz")


def test_what_was_searched_for_stays_text(riverside: Staff, physio: Client) -> None:
    settled(riverside)
    assert "<script>alert" not in page(physio, "?q=%3Cscript%3Ealert(1)%3C/script%3E&need=all")


def proposal(knee: Episode, by: Actor) -> Proposal:
    made = proposals.record_fact(episode=knee, by=by, kind="protocol", value="mowhto_acc", reason="We talked.")
    assert isinstance(made, Proposal)
    return made


def asked_in(text: str) -> list[tuple[str, str]]:
    """What colleagues ask of the reader: where each leads, and its words."""
    found = re.search(r'<p class="notice" id="asked">(.*?)</p>', text, re.DOTALL)
    return re.findall(r'<a href="([^"]+)">([^<]+)</a>', found[1]) if found else []


def test_who_may_agree_to_a_proposal_finds_it_above_the_list_until_it_is_answered(
    riverside: Staff, physio: Client, surgeon: Client, stranger: Client
) -> None:
    rows = [proposal(scenes.knee(riverside), riverside.physiotherapist) for _ in range(2)]
    assert asked_in(page(surgeon)) == [("/proposals/", "2 proposals wait for a second clinician")]
    assert asked_in(page(physio)) == asked_in(page(stranger)) == []
    proposals.refuse(proposal=rows[0], by=riverside.surgeon, reason="Too early.")
    assert asked_in(page(surgeon, "?need=all")) == [("/proposals/", "1 proposal waits for a second clinician")]


def test_what_takes_a_surgeon_is_not_asked_of_a_physiotherapist(
    riverside: Staff, surgeon: Client, browser_of: Callable[[Actor], Client]
) -> None:
    knee = scenes.knee(riverside, day=12, protocol="mowhto_acc")
    scenes.check_in(knee, pain_load=7, symptoms=[])
    proposals.decide(
        episode=knee, by=riverside.physiotherapist, gate="W11", decision="cleared", basis="Wound dry.",
        decided_on=scenes.today(riverside.clinic),
    )  # fmt: skip
    other = browser_of(scenes.member(riverside.clinic, Role.PHYSIOTHERAPIST))
    assert asked_in(page(other)) == []
    assert len(asked_in(page(surgeon))) == 1


def test_a_patient_who_is_offered_is_counted_above_the_list_of_the_other_clinic_alone(
    riverside: Staff, physio: Client, browser_of: Callable[[Actor], Client]
) -> None:
    away = scenes.clinic("Hillside Clinic")
    knee = scenes.knee(riverside)
    row = transfers.ask(episode=knee, by=riverside.surgeon, to=away.clinic.pk, reason="Moves.")
    theirs = browser_of(away.physiotherapist)
    assert asked_in(page(theirs)) == [("/transfers/", "1 patient is offered to your clinic")]
    assert knee.patient.family_name not in page(theirs)
    assert asked_in(page(physio)) == []
    transfers.refuse(transfer=row, by=away.surgeon)
    assert asked_in(page(theirs)) == []


def test_another_clinic_is_never_in_the_list(riverside: Staff, knee: Episode, stranger: Client) -> None:
    assert order(page(stranger, "?need=all")) == []


def test_only_clinicians_have_a_worklist(riverside: Staff, coordinator: Client, phone: Client) -> None:
    assert coordinator.get("/worklist/").status_code == 403
    assert phone.get("/worklist/").status_code == 403
    assert Client().get("/worklist/").headers["Location"].startswith("/accounts/login/")


def test_a_knee_without_any_assessment_is_not_lost(riverside: Staff, physio: Client) -> None:
    knee = settled(riverside)
    Assessment.objects.filter(pk=knee.pk).delete()
    text = page(physio)
    assert order(text) == [str(knee.pk)]
    assert "Not evaluated 1" in text


def test_a_closed_episode_is_not_in_the_list(riverside: Staff, physio: Client) -> None:
    knee = at(settled(riverside), Attention.BEHIND)
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
    assert order(page(physio, "?need=all")) == []


def test_the_list_says_how_old_it_is(riverside: Staff, physio: Client, clock: StoppedClock) -> None:
    knee = at(settled(riverside), Attention.BEHIND)
    assert "as of 10:00" in page(physio)
    clock.advance(timedelta(days=1))
    scenes.sign_in_again(physio)
    assert "Assessed 15 Jun, not since" in page(physio)
    assert order(page(physio)) == [str(knee.pk)]


def test_seen_is_counted_for_today_and_until_the_next_look(
    riverside: Staff, physio: Client, clock: StoppedClock
) -> None:
    one, two, _ = (at(settled(riverside), Attention.BEHIND) for _ in range(3))
    triage.look(episode=one, by=riverside.physiotherapist)
    triage.look(episode=two, by=riverside.surgeon, next_look_on=scenes.today(riverside.clinic) + timedelta(days=3))
    assert "<b>2 of 3</b> seen" in page(physio)
    clock.advance(timedelta(days=1))
    scenes.sign_in_again(physio)
    text = page(physio)
    assert "<b>1 of 3</b> seen" in text
    assert "✓ look 18 Jun" in text
    clock.advance(timedelta(days=2))
    scenes.sign_in_again(physio)
    assert "<b>0 of 3</b> seen" in page(physio)


def test_an_alert_after_the_look_makes_the_patient_unseen_again(
    riverside: Staff, physio: Client, clock: StoppedClock
) -> None:
    knee = at(settled(riverside), Attention.BEHIND)
    triage.look(episode=knee, by=riverside.physiotherapist)
    assert "<b>1 of 1</b> seen" in page(physio)
    clock.advance(timedelta(minutes=5))
    scenes.check_in(knee, symptoms=["calf_sore"])
    assert "<b>0 of 1</b> seen" in page(physio)


def test_an_alert_is_acknowledged_under_its_row_and_the_place_is_kept(riverside: Staff, physio: Client) -> None:
    knee = settled(riverside)
    scenes.check_in(knee, symptoms=["calf_sore"])
    text = page(physio, f"?need=same_day&at={knee.pk}")
    alert = Alert.objects.get(episode=knee)
    address = f"/episodes/{knee.pk}/alerts/{alert.pk}/acknowledge/"
    assert f'action="{address}"' in text
    back = re.search(r'name="next" value="([^"]+)"', text)
    assert back is not None
    answer = physio.post(address, {"note": "Calling now.", "next": back[1].replace("&amp;", "&")})
    assert answer.headers["Location"] == f"/worklist/?need=same_day#e{knee.pk}"
    assert "not acknowledged" not in page(physio, "?need=same_day")


def test_the_next_look_is_set_under_the_row(riverside: Staff, physio: Client) -> None:
    knee = at(settled(riverside), Attention.BEHIND)
    answer = physio.post(f"/episodes/{knee.pk}/look/", {"next_look_on": "2026-06-19", "next": f"/worklist/#e{knee.pk}"})
    assert answer.headers["Location"] == f"/worklist/#e{knee.pk}"
    assert StaffLook.objects.get().next_look_on is not None
    assert "✓ look 19 Jun" in page(physio)


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/admin/"]
)
def test_a_form_returns_only_to_our_own_pages(riverside: Staff, physio: Client, knee: Episode, evil: str) -> None:
    answer = physio.post(f"/episodes/{knee.pk}/look/", {"next": evil})
    assert answer.headers["Location"].startswith(f"/episodes/{knee.pk}/")


def copies(of: Episode, number: int) -> None:
    """Many knees with the same assessment: what the list reads, without the cost of making each through the door."""
    kept = Assessment.objects.get(pk=of.pk)
    for at_number in range(number):
        patient = of.patient.__class__.objects.create(
            clinic=of.clinic, given_name="Robin", family_name=f"Hale{at_number:04}", birth_date=of.patient.birth_date,
            sex="female", time_zone="Europe/London",
        )  # fmt: skip
        episode = Episode.objects.create(
            clinic=of.clinic, patient=patient, procedure=of.procedure, side=of.side, surgeon_id=of.surgeon_id,
            created_at=of.created_at, created_by_id=of.created_by_id,
        )  # fmt: skip
        kept.pk = episode.pk
        kept._state.adding = True
        kept.save(force_insert=True)


def statements(browser: Client, query: str = "") -> int:
    with CaptureQueriesContext(
        connection,
    ) as counted:
        page(browser, query)
    return len(counted)


@pytest.mark.parametrize("query", ["", "?need=all", "?need=behind", "?q=hale", "?need=all&at={knee}"])
def test_the_statements_are_few_and_the_same_for_10_and_200_knees(riverside: Staff, physio: Client, query: str) -> None:
    knee = at(settled(riverside), Attention.BEHIND)
    scenes.check_in(knee, symptoms=["calf_sore"])
    copies(knee, 9)
    few = statements(physio, query.format(knee=knee.pk))
    copies(knee, 190)
    many = statements(physio, query.format(knee=knee.pk))
    assert few == many <= MOST_STATEMENTS


def test_the_statements_do_not_grow_with_the_history(riverside: Staff, physio: Client, clock: StoppedClock) -> None:
    knee = scenes.knee(riverside, day=0)
    counts = []
    for days in (18, 60):
        for _ in range(days):
            clock.advance(timedelta(days=1))
            scenes.check_in(knee, pain_load=3, symptoms=[])
        scenes.sign_in_again(physio)
        counts.append(statements(physio, "?need=all"))
    assert counts[0] == counts[1] <= MOST_STATEMENTS


def test_two_hundred_rows_and_all_they_need_weigh_at_most_40_kib(
    riverside: Staff, physio: Client, browser_of: Callable[[Actor], Client]
) -> None:
    knee = scenes.knee(riverside, day=55)
    scenes.diary(riverside, knee, [5, 4, 5, 3, 4, None, 4, 3, 4, 5, 2, 3] * 4)
    copies(knee, 199)
    text = page(physio, "?need=all")
    assert len(order(text)) == 200
    parts = [text.encode()] + [
        (Path(settings.BASE_DIR) / "tracker" / address.removeprefix("/")).read_bytes()
        for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    ]
    assert sum(len(gzip.compress(part)) for part in parts) <= 40 * 1024
    assert len(parts) <= 8


def test_the_page_works_without_script_and_carries_none_inline(riverside: Staff, physio: Client) -> None:
    at(settled(riverside), Attention.BEHIND)
    text = page(physio)
    assert "<script>" not in text
    assert "style=" not in text
    assert "onclick" not in text


def test_a_signed_plan_that_waits_is_due_until_the_surgeon_signs(riverside: Staff, physio: Client) -> None:
    knee = scenes.knee(riverside, signed=False)
    assert "not signed" in page(physio)
    episodes.sign_plan(episode=knee, by=riverside.surgeon)
    assert "not signed" not in page(physio, "?need=all")
