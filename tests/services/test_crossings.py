"""What one clinician asks of another: who hears that it waits, who that it was answered, and what their mail says."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import TUESDAY, at, mails, run, text_of, to
from tests.services.telling import ends, told
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.models import Actor, Episode, Kind, Membership, Occurrence, OutboxMessage, Proposal, Transfer
from tracker.services import episodes, outbox, proposals, transfers
from tracker.services.kinds import RULES

State = OutboxMessage.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]

WAITS, ANSWERED = "A colleague's proposal is waiting for you", "Your proposal was answered"
OFFERED, TAKEN = "A patient is offered to your clinic", "Your offer of a patient was answered"
GONE = "It was answered, or taken back."


@pytest.fixture
def away(home: Staff) -> Staff:
    return scenes.clinic("Hillside Clinic")


def faster(knee: Episode, by: Actor) -> Proposal:
    """A protocol that allows more, which any second clinician may agree to."""
    made = proposals.record_fact(episode=knee, by=by, kind="protocol", value="mowhto_acc", reason="We talked.")
    assert isinstance(made, Proposal)
    return made


def against_its_criteria(home: Staff, by: Actor) -> Proposal:
    """To clear the wound's gate although pain is 7: one of the two must be a surgeon."""
    knee = scenes.knee(home, day=12, protocol="mowhto_acc")
    scenes.check_in(knee, pain_load=7, symptoms=[])
    made = proposals.decide(
        episode=knee, by=by, gate="W11", decision="cleared", basis="Wound dry.", decided_on=scenes.today(home.clinic)
    )
    assert isinstance(made, Proposal)
    return made


def offer(knee: Episode, by: Actor, to: Staff) -> Transfer:
    return transfers.ask(episode=knee, by=by, to=to.clinic.pk, reason="Moves to be near her son.")


def accept(row: Transfer, by: Actor) -> None:
    transfers.accept(transfer=row, by=by, owner=by.user.pk)


def address(*actors: Actor) -> list[str]:
    return sorted(actor.user.email for actor in actors)


def off_duty(*actors: Actor) -> None:
    Membership.objects.filter(user__in=[actor.user for actor in actors]).update(on_duty=False)


# --- A proposal -----------------------------------------------------------------------------------------------------


def test_who_may_agree_to_a_proposal_is_told_at_once_and_once(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    colleague = scenes.member(home.clinic, Role.PHYSIOTHERAPIST)
    faster(knee, home.physiotherapist)
    run()
    faster(knee, home.physiotherapist)
    clock.advance(days=3)
    run()
    assert told(mail, WAITS) == address(home.surgeon, colleague), "neither the proposer nor the coordinator"


def test_where_a_surgeon_must_be_one_of_the_two_only_surgeons_are_told(home: Staff, mail: Path) -> None:
    scenes.member(home.clinic, Role.PHYSIOTHERAPIST)
    against_its_criteria(home, home.physiotherapist)
    run()
    assert told(mail, WAITS) == address(home.surgeon)


def test_a_surgeon_who_proposes_needs_no_other_surgeon(home: Staff, mail: Path) -> None:
    against_its_criteria(home, home.surgeon)
    run()
    assert told(mail, WAITS) == address(home.physiotherapist)


def test_those_on_duty_are_told_and_where_none_is_everybody_who_may_agree(
    home: Staff, knee: Episode, mail: Path
) -> None:
    resting = scenes.member(home.clinic, Role.PHYSIOTHERAPIST)
    off_duty(resting)
    waiting = faster(knee, home.physiotherapist)
    run()
    assert told(mail, WAITS) == address(home.surgeon)
    proposals.refuse(proposal=waiting, by=home.surgeon, reason="Too early.")
    off_duty(home.surgeon)
    faster(knee, home.physiotherapist)
    run()
    assert told(mail, WAITS) == sorted([*address(home.surgeon), *address(home.surgeon, resting)])


@pytest.mark.parametrize("answer", ["agree", "refuse"])
def test_a_proposal_answered_before_it_was_told_is_not_told_but_its_answer_is(
    home: Staff, knee: Episode, mail: Path, answer: str
) -> None:
    waiting = faster(knee, home.physiotherapist)
    if answer == "agree":
        proposals.agree(proposal=waiting, by=home.surgeon)
    else:
        proposals.refuse(proposal=waiting, by=home.surgeon, reason="Too early.")
    run()
    assert set(ends(Kind.PROPOSAL_WAITS)) == {(State.CANCELLED, GONE)}
    assert Occurrence.objects.get(rule=Kind.PROPOSAL_WAITS).state == Occurrence.State.CANCELLED
    assert told(mail, ANSWERED) == address(home.physiotherapist)


def test_a_proposal_whose_recovery_ended_is_not_told(home: Staff, knee: Episode) -> None:
    faster(knee, home.physiotherapist)
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
    run()
    assert {state for state, _ in ends(Kind.PROPOSAL_WAITS)} == {State.CANCELLED}


def test_what_was_answered_behind_the_queues_back_is_seen_at_the_last_moment(home: Staff, knee: Episode) -> None:
    waiting = faster(knee, home.physiotherapist)
    Proposal.objects.filter(pk=waiting.pk).update(agreed=False, answered_by=home.surgeon.user)
    run()
    assert set(ends(Kind.PROPOSAL_WAITS)) == {(State.CANCELLED, GONE)}


def test_agreeing_that_fails_tells_nobody_and_leaves_the_mail_on_its_way(
    home: Staff, knee: Episode, mail: Path
) -> None:
    waiting = faster(knee, home.physiotherapist)
    Membership.objects.filter(user=home.physiotherapist.user).delete()
    with pytest.raises(proposals.Conflict):
        proposals.agree(proposal=waiting, by=home.surgeon)
    run()
    assert told(mail, WAITS) == address(home.surgeon)
    assert told(mail, ANSWERED) == []


def test_a_plan_that_one_may_change_alone_is_told_to_no_colleague(home: Staff) -> None:
    unsigned = scenes.knee(home, signed=False)
    done = proposals.record_fact(
        episode=unsigned, by=home.surgeon, kind="protocol", value="mowhto_acc", reason="Chosen with the patient."
    )
    assert not isinstance(done, Proposal)
    assert ends(Kind.PROPOSAL_WAITS) == []


# --- An offer of a patient ------------------------------------------------------------------------------------------


def test_the_clinic_that_is_offered_a_patient_is_told_once(
    home: Staff, away: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    offer(knee, home.surgeon, away)
    run()
    clock.advance(days=3)
    run()
    assert told(mail, OFFERED) == address(away.physiotherapist, away.surgeon)


@pytest.mark.parametrize("answer", ["accept", "refuse", "take_back"])
def test_an_offer_answered_before_it_was_told_is_not_told(
    home: Staff, away: Staff, knee: Episode, mail: Path, answer: str
) -> None:
    row = offer(knee, home.surgeon, away)
    if answer == "accept":
        accept(row, away.surgeon)
    elif answer == "refuse":
        transfers.refuse(transfer=row, by=away.surgeon)
    else:
        transfers.take_back(transfer=row, by=home.physiotherapist)
    run()
    assert set(ends(Kind.TRANSFER_OFFERED)) == {(State.CANCELLED, GONE)}
    assert told(mail, TAKEN) == ([] if answer == "take_back" else address(home.surgeon))


def test_an_offer_of_a_record_that_was_restricted_since_is_not_told(home: Staff, away: Staff, knee: Episode) -> None:
    offer(knee, home.surgeon, away)
    knee.patient.restricted_at = knee.created_at
    knee.patient.save()
    run()
    assert set(ends(Kind.TRANSFER_OFFERED)) == {(State.CANCELLED, GONE)}


def test_before_it_accepts_nothing_in_the_other_clinics_queue_names_the_patient(
    home: Staff, away: Staff, knee: Episode
) -> None:
    offer(knee, home.surgeon, away)
    for message in OutboxMessage.objects.filter(clinic=away.clinic):
        assert (message.patient, message.episode) == (None, None)


# --- The mail itself ------------------------------------------------------------------------------------------------

KINDS = (Kind.PROPOSAL_WAITS, Kind.PROPOSAL_ANSWERED, Kind.TRANSFER_OFFERED, Kind.TRANSFER_ANSWERED)


def test_the_mail_leads_to_where_it_is_answered_and_says_nothing_of_the_patient(
    home: Staff, away: Staff, knee: Episode, mail: Path
) -> None:
    waiting, row = faster(knee, home.physiotherapist), offer(knee, home.surgeon, away)
    run()
    proposals.refuse(proposal=waiting, by=home.surgeon, reason="Too early.")
    transfers.refuse(transfer=row, by=away.surgeon)
    run()
    leads = {
        WAITS: f"/episodes/{knee.pk}/#proposals",
        ANSWERED: f"/episodes/{knee.pk}/#proposals",
        OFFERED: "/transfers/",
        TAKEN: "/transfers/",
    }
    found = {str(letter["Subject"]): text_of(letter) for letter in mails(mail) if letter["Subject"] in leads}
    assert found.keys() == leads.keys()
    for subject, text in found.items():
        assert f"https://clinic.example{leads[subject]}" in text.split()
        words = re.sub(r"https?://\S+", "", subject + text)
        patient = (knee.patient.given_name, knee.patient.family_name, "mowhto", "early", "son", "kg", "gate", "plan")
        assert not [word for word in patient if re.search(rf"\b{word}", words, re.IGNORECASE)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_waits_out_the_night_and_is_pointless_after_a_week(
    home: Staff, away: Staff, knee: Episode, clock: StoppedClock, mail: Path, kind: Kind
) -> None:
    clock.set(at(TUESDAY, 23))
    waiting, row = faster(knee, home.physiotherapist), offer(knee, home.surgeon, away)
    if kind == Kind.PROPOSAL_ANSWERED:
        proposals.refuse(proposal=waiting, by=home.surgeon, reason="Too early.")
    if kind == Kind.TRANSFER_ANSWERED:
        transfers.refuse(transfer=row, by=away.surgeon)
    run()
    assert {state for state, _ in ends(kind)} == {State.DUE}
    clock.advance(days=7)
    run()
    assert set(ends(kind)) == {(State.EXPIRED, outbox.EXPIRED)}


def test_the_four_are_told_to_staff_and_no_patient_may_switch_them_off() -> None:
    for kind in KINDS:
        assert not RULES[kind].optional
        assert RULES[kind].lasts == timedelta(days=7)


def test_whoever_left_the_clinic_is_not_told(home: Staff, away: Staff, knee: Episode, mail: Path) -> None:
    faster(knee, home.physiotherapist)
    offer(knee, home.surgeon, away)
    Membership.objects.filter(user__in=[home.surgeon.user, away.surgeon.user]).delete()
    run()
    assert to(mail, home.surgeon.user.email) == []
    assert to(mail, away.surgeon.user.email) == []


def test_a_signed_plan_is_no_question_to_a_colleague(home: Staff) -> None:
    episodes.sign_plan(episode=scenes.knee(home, signed=False), by=home.surgeon)
    assert ends(Kind.PROPOSAL_WAITS) == []
