"""The end of a recovery: signed with what became of it, never over something urgent, and taken back by a surgeon."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Ending, Side
from tracker.clock import StoppedClock
from tracker.errors import Conflict, Invalid
from tracker.models import (
    Alert,
    AuditEvent,
    Closing,
    Episode,
    Hold,
    Kind,
    Note,
    Occurrence,
    OutboxMessage,
    Proposal,
    ReminderPlan,
    Reopening,
)
from tracker.selectors import episodes as cases
from tracker.selectors import happened, retention
from tracker.selectors.worklist import worklist
from tracker.services import (
    clearances,
    closings,
    episodes,
    erasure,
    exports,
    milestones,
    proposals,
    reminders,
    restrictions,
    transfers,
    triage,
)
from tracker.services.restrictions import NewOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home, record_number="R-1")


def close(home: Staff, knee: Episode, outcome: str = Ending.MOVED, note: str = "") -> Closing:
    return closings.close(episode=knee, by=home.physiotherapist, outcome=outcome, note=note)


def reopen(home: Staff, knee: Episode) -> Reopening:
    return closings.reopen(episode=knee, by=home.surgeon, reason="Came back.")


def at_the_end(home: Staff) -> Episode:
    """Day 150, with the film cleared long ago and full weight signed since."""
    knee = scenes.knee(home, day=150)
    scenes.clear(home, knee, "G6", days_ago=100)
    return knee


def union_seen(home: Staff, knee: Episode) -> None:
    milestones.reach(episode=knee, by=home.surgeon, key="UNION_XR", reached_on=scenes.today(home.clinic))


def another(home: Staff, knee: Episode, **changes: Any) -> Episode:
    """One more operation of the same patient."""
    who = ("given_name", "family_name", "birth_date", "email", "record_number")
    same = {name: getattr(knee.patient, name) for name in who}
    made = episodes.enrol(by=home.coordinator, enrolment=scenes.enrolment(home, **same, **changes))
    assert made.patient_id == knee.patient_id
    return made


def waiting(knee: Episode) -> set[str]:
    rows = OutboxMessage.objects.filter(patient=knee.patient, state=OutboxMessage.State.DUE)
    return set(rows.values_list("kind", flat=True))


# --- What closing says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", [Ending.STOPPED, Ending.MOVED, Ending.REPLACED, Ending.DIED])
def test_a_closing_is_dated_and_signed_with_what_became_of_it(home: Staff, knee: Episode, outcome: Ending) -> None:
    row = close(home, knee, outcome, note="By telephone.")
    assert (row.outcome, row.by, row.role) == (outcome, home.physiotherapist.user, "physiotherapist")
    assert row.closed_on == scenes.today(home.clinic)
    assert Note.objects.get(digest=row.note_digest).text == "By telephone."
    assert Episode.objects.get().state == Episode.State.CLOSED
    assert AuditEvent.objects.get(action="recovery closed").detail == {"outcome": outcome}


def test_what_became_of_it_is_one_of_five(home: Staff, knee: Episode) -> None:
    with pytest.raises(Invalid) as refusal:
        close(home, knee, "bored")
    assert list(refusal.value.fields) == ["outcome"]


def test_closing_lifts_nothing(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    before = cases.allowance(cases.case(knee, now=clock.instant))
    close(home, knee, Ending.STOPPED)
    after = cases.allowance(cases.case(knee, now=clock.instant))
    assert (after.max_kg, after.order_id) == (before.max_kg, before.order_id)
    clock.advance(days=200)
    much_later = cases.allowance(cases.case(knee, now=clock.instant))
    assert much_later.max_kg == before.max_kg, "behind a gate the level stays, however long nobody looks"


def test_a_closed_recovery_is_closed_once(home: Staff, knee: Episode) -> None:
    close(home, knee)
    with pytest.raises(Conflict, match="closed"):
        close(home, knee)
    assert Closing.objects.count() == 1


def test_a_view_that_was_overtaken_closes_nothing(home: Staff, knee: Episode) -> None:
    with pytest.raises(Conflict):
        closings.close(episode=knee, by=home.surgeon, outcome=Ending.MOVED, revision=knee.revision - 1)
    assert not Closing.objects.exists()


def test_nothing_more_is_recorded_and_the_refusal_says_whom_to_call(home: Staff, knee: Episode) -> None:
    close(home, knee)
    with pytest.raises(Conflict, match="Call the clinic on 020 7946 0000"):
        scenes.check_in(knee)


def test_the_story_of_the_knee_tells_both(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    close(home, knee, note="Went abroad.")
    clock.advance(minutes=1)
    reopen(home, knee)
    told = {line.kind: line for line in happened.happened(knee)}
    assert (told["closing"].note, told["closing"].facts["outcome"]) == ("Went abroad.", "moved")
    assert (told["reopening"].note, told["reopening"].by) == ("Came back.", "Dr A. Osei")


# --- What stands in the way ------------------------------------------------------------------------------------------


def refused(home: Staff, knee: Episode, code: str, outcome: str = Ending.MOVED) -> str:
    with pytest.raises(Conflict) as refusal:
        close(home, knee, outcome)
    assert refusal.value.code == code
    assert Episode.objects.get(pk=knee.pk).state == Episode.State.OPEN
    assert not Closing.objects.exists()
    return refusal.value.sentence


@pytest.mark.parametrize("outcome", list(Ending))
def test_an_urgent_alert_is_closed_first_then_its_hold_released(home: Staff, knee: Episode, outcome: str) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    assert "Close the alert first" in refused(home, knee, "alert_open", outcome)
    alert = Alert.objects.get(code="calf_sore")
    triage.acknowledge(alert=alert, by=home.surgeon, note="Calling.")
    refused(home, knee, "alert_open", outcome)
    triage.close(alert=alert, by=home.surgeon, outcome="seen", note="No clot.")
    assert "Release the hold first" in refused(home, knee, "hold", outcome)


def test_once_both_are_dealt_with_it_closes(home: Staff, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    triage.close(alert=Alert.objects.get(code="calf_sore"), by=home.surgeon, outcome="seen", note="No clot.")
    clearances.release(hold=Hold.objects.get(), by=home.surgeon, basis="Scan clear.")
    assert close(home, knee)


def test_a_lesser_alert_keeps_nobody(home: Staff, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["low_mood"])
    assert set(Alert.objects.values_list("urgency", flat=True)) == {"R3"}
    assert close(home, knee)


def test_a_proposal_is_answered_first(home: Staff) -> None:
    knee = scenes.knee(home, modifiers=["lhf_2"])
    proposals.record_fact(episode=knee, by=home.surgeon, kind="protocol", value="mowhto_trad", reason="Stricter.")
    fact = knee.facts.get(kind="modifier")
    assert isinstance(proposals.withdraw_fact(fact=fact, by=home.surgeon, reason="Read again."), Proposal)
    assert "Agree to it or refuse it first" in refused(home, knee, "proposal")


def test_an_offer_to_another_clinic_is_answered_first(home: Staff, knee: Episode) -> None:
    there = scenes.clinic("Hillside Clinic")
    transfers.ask(episode=knee, by=home.surgeon, to=there.clinic.pk, reason="Moves house.")
    assert "take the offer back first" in refused(home, knee, "transfer")


# --- Finished --------------------------------------------------------------------------------------------------------


def test_it_is_not_finished_before_every_gate_is_cleared(home: Staff) -> None:
    knee = scenes.knee(home, day=150)
    assert "Decide G6 first" in refused(home, knee, "gate", Ending.FINISHED)


def test_it_is_not_finished_below_full_weight(home: Staff) -> None:
    knee = at_the_end(home)
    union_seen(home, knee)
    order = NewOrder(starts_on=scenes.today(home.clinic), reason="Sore.", max_percent=50)
    restrictions.order(episode=knee, by=home.surgeon, order=order)
    assert "not full weight" in refused(home, knee, "level", Ending.FINISHED)


def test_it_is_not_finished_before_a_film_shows_union(home: Staff) -> None:
    knee = at_the_end(home)
    assert "union" in refused(home, knee, "union", Ending.FINISHED)


def test_at_the_end_of_the_ladder_it_is_finished(home: Staff) -> None:
    knee = at_the_end(home)
    union_seen(home, knee)
    assert close(home, knee, Ending.FINISHED).outcome == "finished"


# --- Reminders and lists ---------------------------------------------------------------------------------------------


def test_the_reminders_of_the_knee_are_taken_back_with_a_reason_that_can_be_read(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    reminders.plan(now=clock.instant)
    assert Kind.CHECK_IN in waiting(knee)
    close(home, knee)
    assert not waiting(knee) & {Kind.CHECK_IN, Kind.NUDGE, Kind.NEXT_STEP, Kind.MILESTONES}
    gone = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=OutboxMessage.State.CANCELLED)
    assert set(gone.values_list("reason", flat=True)) == {"The recovery it was about has ended."}
    clock.advance(days=3)
    reminders.plan(now=clock.instant)
    assert not waiting(knee) & {Kind.CHECK_IN, Kind.NUDGE}


def test_the_other_knee_keeps_its_own(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    other = another(home, knee, side=Side.RIGHT)
    episodes.sign_plan(episode=other, by=home.surgeon)
    reminders.plan(now=clock.instant)
    close(home, knee)
    assert Kind.CHECK_IN in waiting(other)
    clock.advance(days=3)
    reminders.plan(now=clock.instant)
    assert Kind.CHECK_IN in waiting(other)
    assert ReminderPlan.objects.filter(patient=knee.patient, next_due_at=None).count() == 0


def test_the_knee_leaves_the_worklist_and_comes_back(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    def listed() -> int:
        return worklist(home.physiotherapist, now=clock.instant).total

    assert listed() == 1
    close(home, knee)
    assert listed() == 0
    reopen(home, knee)
    assert listed() == 1


# --- Taken up again --------------------------------------------------------------------------------------------------


def test_a_reopened_recovery_goes_on_and_is_reminded_from_the_next_hour_on(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    reminders.plan(now=clock.instant)
    close(home, knee)
    clock.advance(hours=3)
    row = reopen(home, knee)
    assert (row.by, row.role, row.closing) == (home.surgeon.user, "surgeon", Closing.objects.get())
    reminders.plan(now=clock.instant)
    planned = Occurrence.objects.filter(rule=Kind.CHECK_IN, state=Occurrence.State.PLANNED)
    days = list(planned.order_by("local_date").values_list("local_date", flat=True))
    assert days[0] == scenes.today(home.clinic) + timedelta(1), "today's hour has passed"
    assert len(days) == len(set(days))
    assert scenes.check_in(knee)


def test_reopening_needs_a_reason_and_a_closed_recovery(home: Staff, knee: Episode) -> None:
    with pytest.raises(Conflict, match="open already"):
        reopen(home, knee)
    close(home, knee)
    with pytest.raises(Invalid):
        closings.reopen(episode=knee, by=home.surgeon, reason="  ")
    assert not Reopening.objects.exists()


def test_it_is_not_reopened_beside_a_newer_recovery_of_the_same_knee(home: Staff, knee: Episode) -> None:
    close(home, knee, Ending.REPLACED)
    another(home, knee)
    with pytest.raises(Conflict) as refusal:
        reopen(home, knee)
    assert refusal.value.code == "open_episode"


def test_a_recovery_can_be_closed_once_more_after_it_was_reopened(home: Staff, knee: Episode) -> None:
    close(home, knee)
    reopen(home, knee)
    close(home, knee, Ending.STOPPED)
    assert Closing.objects.count() == 2


# --- How long it is kept ---------------------------------------------------------------------------------------------


def test_the_record_is_kept_for_its_years_from_the_closing_on(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(days=400)
    row = close(home, knee)
    assert retention.ends_on(knee.patient) == row.closed_on.replace(
        year=row.closed_on.year + home.clinic.retention_years
    )
    ends = retention.ends_on(knee.patient) - row.closed_on
    clock.advance(days=ends.days - 2)
    assert not retention.over(now=clock.instant)
    clock.advance(days=3)
    assert retention.over(now=clock.instant) == [knee.patient]


def test_an_erased_record_keeps_that_it_was_closed_and_none_of_the_words(home: Staff, knee: Episode) -> None:
    close(home, knee, note="Went to live with Quokka.")
    erasure.erase(patient=knee.patient, reason="asked", by=home.coordinator)
    assert Closing.objects.get().outcome == "moved"
    assert not Note.objects.exists()


def test_a_copy_of_the_record_says_that_it_was_closed(home: Staff, knee: Episode) -> None:
    close(home, knee, note="Went abroad.")
    reopen(home, knee)
    (said,) = exports.data(patient=knee.patient)["episodes"]
    assert [(row["outcome"], row["note"]) for row in said["closings"]] == [("moved", "Went abroad.")]
    assert [row["reason"] for row in said["reopenings"]] == ["Came back."]
