"""Nobody alone ever loosens outside the protocol: one clinician proposes, another agrees, and only then is it done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import scenes
from tests.conftest import A_MONDAY_MORNING
from tests.scenes import Staff
from tracker import clock as clocks
from tracker.clinical import loosening
from tracker.clinical.clearances import gate_criteria
from tracker.clinical.terms import Gate, Modifier, Role
from tracker.errors import Conflict, Forbidden, Invalid, Problem, SecondNeeded
from tracker.models import Actor, AuditEvent, Clearance, Episode, EpisodeFact, FactWithdrawal, Membership, Proposal
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case
from tracker.services import clearances, proposals

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, clock: clocks.StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def sore(home: Staff) -> Episode:
    """Day 42, on the day of the film, and pain on load is 6: a criterion of G6 is not met."""
    knee = scenes.knee(home, day=42)
    scenes.check_in(knee, pain_load=6, symptoms=[])
    return knee


def case(knee: Episode) -> Case:
    return cases.case(knee, now=clocks.now())


def clear(knee: Episode, by: Actor, gate: str = "G6") -> Clearance | Proposal:
    on = clocks.today(knee.clinic.time_zone)
    return proposals.decide(
        episode=knee, by=by, gate=gate, decision="cleared", basis="Film shows callus.", decided_on=on
    )


def percent(knee: Episode) -> int:
    return cases.allowance(case(knee)).max_percent


def proposed(answer: object) -> Proposal:
    assert isinstance(answer, Proposal)
    return answer


# --- A gate against its criteria -------------------------------------------------------------------------------------


def test_clearing_against_a_criterion_changes_nothing_before_a_colleague_agrees(home: Staff, sore: Episode) -> None:
    waiting = proposed(clear(sore, home.surgeon))
    assert (waiting.by, waiting.role, waiting.agreed) == (home.surgeon.user, "surgeon", None)
    assert not Clearance.objects.exists()
    assert percent(sore) == 50
    done = proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert isinstance(done, Clearance)
    assert (done.by, done.role, done.decision) == (home.surgeon.user, "surgeon", "cleared")
    assert percent(sore) > 50
    line = AuditEvent.objects.get(action="gate cleared")
    assert (line.user, line.detail["with"]) == (home.surgeon.user, str(home.physiotherapist.user.pk))


def test_with_every_criterion_met_or_unknown_one_is_enough(home: Staff) -> None:
    knee = scenes.knee(home, day=42)
    scenes.check_in(knee, pain_load=2, symptoms=[])
    assert isinstance(clear(knee, home.surgeon), Clearance)


def test_nobody_agrees_with_themself(home: Staff, sore: Episode) -> None:
    waiting = proposed(clear(sore, home.surgeon))
    with pytest.raises(Forbidden):
        proposals.agree(proposal=waiting, by=home.surgeon)
    with pytest.raises(SecondNeeded):
        clearances.decide(
            episode=sore, by=home.surgeon, gate="G6", decision="cleared", basis="Film.",
            decided_on=scenes.today(home.clinic), second=home.surgeon,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.filter(pk=waiting.pk).update(answered_by=home.surgeon.user, agreed=True)
    assert not Clearance.objects.exists()


@pytest.mark.parametrize(("first", "second"), [("physiotherapist", "surgeon"), ("surgeon", "physiotherapist")])
def test_of_the_two_who_clear_a_gate_against_its_criteria_one_is_a_surgeon(
    home: Staff, first: str, second: str
) -> None:
    knee = scenes.knee(home, day=12, protocol="mowhto_acc")
    scenes.check_in(knee, pain_load=7, symptoms=[])
    waiting = proposed(clear(knee, getattr(home, first), "W11"))
    other = scenes.member(home.clinic, Role.PHYSIOTHERAPIST)
    if first == "physiotherapist":
        with pytest.raises(Forbidden, match="surgeon"):
            proposals.agree(proposal=waiting, by=other)
        assert Proposal.objects.get().agreed is None, "it still waits"
    done = proposals.agree(proposal=waiting, by=getattr(home, second))
    assert isinstance(done, Clearance)
    assert done.role == "surgeon"


def test_a_film_is_not_proposed_by_a_physiotherapist(home: Staff, sore: Episode) -> None:
    with pytest.raises(Forbidden):
        clear(sore, home.physiotherapist)
    assert not Proposal.objects.exists()


def test_a_gate_is_never_held_up_by_this_when_it_is_refused(home: Staff, sore: Episode) -> None:
    on = clocks.today(home.clinic.time_zone)
    done = proposals.decide(episode=sore, by=home.surgeon, gate="G6", decision="refused", basis="Gap.", decided_on=on)
    assert isinstance(done, Clearance)


def test_agreeing_checks_everything_as_of_then(home: Staff, sore: Episode) -> None:
    waiting = proposed(clear(sore, home.surgeon))
    Membership.objects.filter(user=home.surgeon.user).update(role=Role.PHYSIOTHERAPIST)
    with pytest.raises(Forbidden):
        proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert not Clearance.objects.exists()
    assert Proposal.objects.get().agreed is None


def test_an_answer_is_given_once(home: Staff, sore: Episode) -> None:
    waiting = proposed(clear(sore, home.surgeon))
    proposals.refuse(proposal=waiting, by=home.physiotherapist, reason="The pain is new. Let us wait a week.")
    waiting = Proposal.objects.get()
    assert waiting.agreed is False
    with pytest.raises(Conflict):
        proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert not Clearance.objects.exists()


def test_saying_no_needs_a_reason(home: Staff, sore: Episode) -> None:
    with pytest.raises(Invalid):
        proposals.refuse(proposal=proposed(clear(sore, home.surgeon)), by=home.physiotherapist, reason=" ")
    assert Proposal.objects.get().agreed is None


def test_the_same_proposal_is_kept_once_and_a_colleague_is_led_to_it(home: Staff, sore: Episode) -> None:
    first, again = clear(sore, home.surgeon), clear(sore, home.surgeon)
    assert first == again
    with pytest.raises(Conflict, match="proposed this already"):
        clear(sore, scenes.member(home.clinic, Role.SURGEON))
    assert Proposal.objects.count() == 1


def test_whoever_left_the_clinic_is_no_longer_one_of_the_two(home: Staff, sore: Episode) -> None:
    waiting = proposed(clear(sore, home.surgeon))
    Membership.objects.get(user=home.surgeon.user).delete()
    with pytest.raises(Conflict):
        proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert not Clearance.objects.exists()


# --- Facts -----------------------------------------------------------------------------------------------------------


def protocol(knee: Episode, by: Actor, key: str) -> EpisodeFact | Proposal:
    return proposals.record_fact(episode=knee, by=by, kind="protocol", value=key, reason="We talked about it.")


def test_a_protocol_that_allows_more_waits_for_a_colleague(home: Staff) -> None:
    knee = scenes.knee(home)
    waiting = proposed(protocol(knee, home.surgeon, "mowhto_acc"))
    assert case(knee).plan.protocol.key == "mowhto_std"
    proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert case(knee).plan.protocol.key == "mowhto_acc"
    assert percent(knee) <= 50, "nothing loosens before a surgeon signs anew"


def test_a_stricter_protocol_never_waits(home: Staff) -> None:
    knee = scenes.knee(home, protocol="mowhto_acc")
    scenes.clear(home, knee, "W11")
    assert isinstance(protocol(knee, home.physiotherapist, "mowhto_std"), EpisodeFact)
    assert case(knee).plan.protocol.key == "mowhto_std"
    assert percent(knee) <= 50


@pytest.mark.parametrize("modifier", ["lhf_2", "lhf_3", "smoker"])
def test_a_modifier_that_holds_the_load_down_is_withdrawn_by_two(home: Staff, modifier: str) -> None:
    knee = scenes.knee(home, modifiers=[modifier])
    fact = EpisodeFact.objects.get(episode=knee, kind="modifier")
    waiting = proposed(proposals.withdraw_fact(fact=fact, by=home.surgeon, reason="Read the film again."))
    assert not FactWithdrawal.objects.exists()
    assert modifier in case(knee).modifiers
    proposals.agree(proposal=waiting, by=home.physiotherapist)
    assert modifier not in case(knee).modifiers


def test_before_anybody_signed_the_plan_is_put_right_by_one(home: Staff) -> None:
    knee = scenes.knee(home, signed=False, modifiers=["lhf_2"])
    fact = EpisodeFact.objects.get(episode=knee, kind="modifier")
    assert isinstance(proposals.withdraw_fact(fact=fact, by=home.physiotherapist, reason="Not so."), EpisodeFact)


def test_a_new_modifier_and_an_order_never_wait(home: Staff) -> None:
    knee = scenes.knee(home)
    made = proposals.record_fact(episode=knee, by=home.physiotherapist, kind="modifier", value="lhf_2")
    assert isinstance(made, EpisodeFact)
    assert percent(knee) == 20


def test_a_protocol_that_was_recorded_is_not_taken_back_alone_either(home: Staff) -> None:
    knee = scenes.knee(home, protocol="mowhto_acc")
    scenes.clear(home, knee, "W11")
    stricter = protocol(knee, home.physiotherapist, "mowhto_std")
    assert isinstance(stricter, EpisodeFact)
    proposed(proposals.withdraw_fact(fact=stricter, by=home.surgeon, reason="Back to the fast one."))
    assert case(knee).plan.protocol.key == "mowhto_std"


# --- Whatever one person does ----------------------------------------------------------------------------------------

PROTOCOLS = ["mowhto_std", "mowhto_acc", "mowhto_trad"]
VERBS = st.one_of(
    st.tuples(st.just("clear"), st.sampled_from(["W11", "G6", "G12"])),
    st.tuples(st.just("protocol"), st.sampled_from(PROTOCOLS)),
    st.tuples(st.just("withdraw"), st.just("")),
    st.tuples(st.just("modifier"), st.sampled_from([each.value for each in Modifier])),
    st.tuples(st.just("agree"), st.just("")),
    st.tuples(st.just("hurts"), st.sampled_from(["2", "6", "8"])),
    st.tuples(st.just("days"), st.sampled_from(["1", "10", "30"])),
)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(
    alone=st.sampled_from(["surgeon", "physiotherapist"]),
    start=st.sampled_from(PROTOCOLS),
    modifiers=st.lists(st.sampled_from(["lhf_2", "smoker", "root_repair"]), unique=True),
    verbs=st.lists(VERBS, max_size=8),
)
def test_whatever_one_clinician_does_alone_the_plan_never_allows_more_and_no_failing_gate_clears(
    db: None, alone: str, start: str, modifiers: list[str], verbs: list[tuple[str, str]]
) -> None:
    with transaction.atomic(), clocks.freeze(A_MONDAY_MORNING) as clock:
        staff = scenes.clinic()
        knee = scenes.knee(staff, day=12, protocol=start, modifiers=modifiers)
        for verb, value in verbs:
            clock.advance(minutes=5)
            _one_thing(verb, value, knee, getattr(staff, alone), clock)
        transaction.set_rollback(True)


def _one_thing(verb: str, value: str, knee: Episode, who: Actor, clock: Any) -> None:
    before = case(knee)
    failing = [each for each in before.plan.gates if _fails(before, each)]
    try:
        DO[verb](knee, who, value, clock)
    except Problem:
        return
    if verb in ("days", "hurts"):
        return
    after = case(knee)
    assert not loosening.allows_more(before.plan, after.plan, before.history, today=before.clinic_date)
    fresh = {row.gate for row in after.history.clearances} - {row.gate for row in before.history.clearances}
    assert not fresh & set(failing)


def _fails(of: Case, gate: Gate) -> bool:
    return any(each.met is False for each in gate_criteria(of.plan, of.history, gate, of.clinic_date))


def _withdraw(knee: Episode, who: Actor, value: str, clock: Any) -> None:
    for fact in EpisodeFact.objects.filter(episode=knee, withdrawal=None).exclude(kind="surgery_date"):
        proposals.withdraw_fact(fact=fact, by=who, reason="Not so.")


def _agree(knee: Episode, who: Actor, value: str, clock: Any) -> None:
    for waiting in Proposal.objects.filter(episode=knee, agreed=None):
        proposals.agree(proposal=waiting, by=who)


DO: dict[str, Callable[[Episode, Actor, str, Any], object]] = {
    "clear": lambda knee, who, value, clock: clear(knee, who, value),
    "protocol": lambda knee, who, value, clock: protocol(knee, who, value),
    "modifier": lambda knee, who, value, clock: proposals.record_fact(
        episode=knee, by=who, kind="modifier", value=value
    ),
    "withdraw": _withdraw,
    "agree": _agree,
    "hurts": lambda knee, who, value, clock: scenes.check_in(knee, pain_load=int(value), symptoms=[]),
    "days": lambda knee, who, value, clock: clock.advance(days=int(value)),
}
