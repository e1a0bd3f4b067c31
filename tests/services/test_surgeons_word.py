"""No fact, gate or order of a physiotherapist gives more than the surgeon last signed."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from tests import scenes
from tests.scenes import Staff
from tracker import clock as clocks
from tracker.clinical.allowance import Allowance
from tracker.clinical.terms import Aids
from tracker.errors import Conflict, Forbidden, Invalid
from tracker.models import Actor, Episode, EpisodeFact, HoldRelease
from tracker.selectors import episodes as cases
from tracker.services import clearances, episodes, restrictions
from tracker.services.restrictions import NewOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def riverside(clock: clocks.StoppedClock) -> Staff:
    return scenes.clinic()


def allowed(knee: Episode) -> Allowance:
    return cases.allowance(cases.case(knee, now=clocks.now()))


def clear_w11(knee: Episode, by: Actor) -> None:
    on = clocks.today(knee.clinic.time_zone)
    clearances.decide(episode=knee, by=by, gate="W11", decision="cleared", basis="Wound dry.", decided_on=on)


def order(knee: Episode, by: Actor, percent: int, **more: object) -> None:
    given = {"starts_on": clocks.today(knee.clinic.time_zone), "reason": "Swollen.", "max_percent": percent} | more
    restrictions.order(episode=knee, by=by, order=NewOrder(**given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value"), [("protocol", "mowhto_acc"), ("surgery_date", "20 days earlier")], ids=["protocol", "date"]
)
def test_a_physiotherapist_does_not_clear_the_gate_of_a_plan_that_no_surgeon_signed(
    riverside: Staff, clock: clocks.StoppedClock, kind: str, value: str
) -> None:
    protocol = "mowhto_std" if kind == "protocol" else "mowhto_acc"
    knee = scenes.knee(riverside, day=12, protocol=protocol, body_weight_kg=Decimal(100))
    clock.advance(hours=1)
    if kind == "surgery_date":
        value = (clocks.today(knee.clinic.time_zone) - timedelta(days=32)).isoformat()
    episodes.record_fact(episode=knee, by=riverside.physiotherapist, kind=kind, value=value, second=riverside.surgeon)
    with pytest.raises(Forbidden):
        clear_w11(knee, riverside.physiotherapist)
    assert allowed(knee).max_percent == 20
    clock.advance(hours=1)
    episodes.sign_plan(episode=knee, by=riverside.surgeon)
    clear_w11(knee, riverside.physiotherapist)
    assert allowed(knee).max_percent == 100


def test_a_risk_factor_withdrawn_leaves_the_gate_to_the_surgeon(riverside: Staff, clock: clocks.StoppedClock) -> None:
    knee = scenes.knee(riverside, day=12, protocol="mowhto_acc", body_weight_kg=Decimal(100), modifiers=["lhf_2"])
    clock.advance(hours=1)
    fact = EpisodeFact.objects.get(episode=knee, kind="modifier")
    episodes.withdraw_fact(
        fact=fact, by=riverside.physiotherapist, reason="Read the film again.", second=riverside.surgeon
    )
    with pytest.raises(Forbidden):
        clear_w11(knee, riverside.physiotherapist)
    clear_w11(knee, riverside.surgeon)
    assert allowed(knee).max_percent == 100


def test_a_new_weight_or_risk_factor_leaves_the_gate_to_the_physiotherapist(
    riverside: Staff, clock: clocks.StoppedClock
) -> None:
    knee = scenes.knee(riverside, day=12, protocol="mowhto_acc")
    clock.advance(hours=1)
    episodes.record_fact(episode=knee, by=riverside.physiotherapist, kind="body_weight_kg", value="83")
    episodes.record_fact(episode=knee, by=riverside.physiotherapist, kind="modifier", value="smoker")
    clear_w11(knee, riverside.surgeon)
    assert allowed(knee).known


def test_tightening_and_loosening_again_keeps_the_brace_and_the_crutches_that_the_surgeon_ordered(
    riverside: Staff, clock: clocks.StoppedClock
) -> None:
    knee = scenes.knee(riverside)
    clock.advance(hours=1)
    order(knee, riverside.surgeon, 50, brace_min=0, brace_max=30)
    order(knee, riverside.physiotherapist, 20)
    order(knee, riverside.physiotherapist, 50)
    found = allowed(knee)
    assert (found.max_percent, found.brace.min_deg, found.brace.max_deg) == (50, 0, 30)
    assert found.aids is Aids.TWO_CRUTCHES
    clock.advance(hours=1)
    order(knee, riverside.surgeon, 40)
    order(knee, riverside.surgeon, 50)
    assert allowed(knee).brace.max_deg is None


def test_a_weight_put_up_and_an_order_given_again_pass_no_signed_kilogram(
    riverside: Staff, clock: clocks.StoppedClock
) -> None:
    knee = scenes.knee(riverside)
    clock.advance(hours=1)
    episodes.record_fact(episode=knee, by=riverside.physiotherapist, kind="body_weight_kg", value="184")
    order(knee, riverside.physiotherapist, 20)
    order(knee, riverside.physiotherapist, 50)
    assert (allowed(knee).max_percent, allowed(knee).max_kg) == (50, 42)
    clock.advance(hours=1)
    episodes.sign_plan(episode=knee, by=riverside.surgeon)
    assert allowed(knee).max_kg == 92


def test_a_protocol_for_another_fixation_is_refused_by_name(riverside: Staff) -> None:
    knee = scenes.knee(riverside, fixation="short_plate")
    with pytest.raises(Invalid) as refusal:
        episodes.record_fact(episode=knee, by=riverside.surgeon, kind="protocol", value="mowhto_acc")
    assert "long_locking" in str(refusal.value.fields["value"])


def test_a_release_decided_on_an_older_view_is_refused(riverside: Staff) -> None:
    knee = scenes.knee(riverside)
    scenes.check_in(knee, symptoms=["calf_sore"])
    knee.refresh_from_db()
    seen, hold = knee.revision, knee.holds.get()
    scenes.check_in(knee, symptoms=["new_click"])
    with pytest.raises(Conflict):
        clearances.release(hold=hold, by=riverside.surgeon, basis="Scan clear.", revision=seen)
    assert not HoldRelease.objects.exists()
