"""What a letter says: plain words, the first name, links, how to stop it; and one letter for what comes together."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import NEXT_MONDAY, THURSDAY, TUESDAY, WEDNESDAY, at, mails, message, run, text_of, to
from tracker.channels import Letter
from tracker.clock import StoppedClock
from tracker.models import Assessment, Clinic, Episode, Kind, OutboxMessage, Patient, ReminderPlan
from tracker.services import reminders, reviews
from tracker.services.kinds import OPTIONAL, RULES, Audience

State = OutboxMessage.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]

TO_PATIENTS = [kind for kind, rule in RULES.items() if rule.audience == Audience.PATIENT]
CLINICAL = (
    "pain", "osteotomy", "surgery", "operation", "weight", "load", "crutch", "brace", "X-ray", "wound", "MOWHTO", "PWB",
    "kg", "percent", "%", "left", "right", "gate", "alert", "risk",
)  # fmt: skip
SHOWS_MARKUP = "<b>Robin\n</b>&"


def letter_of(knee: Episode, clock: StoppedClock, *kinds: str) -> Letter:
    return reminders.letter([message(knee, kind) for kind in kinds], now=clock.instant)


def token_in(link: str) -> str:
    return urlsplit(link).path.removeprefix("/unsubscribe/").rstrip("/")


# --- Words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_a_letter_says_the_first_name_the_clinic_and_its_number_and_nothing_clinical(
    knee: Episode, clock: StoppedClock, kind: str
) -> None:
    letter = letter_of(knee, clock, kind)
    for text in (letter.text, letter.html):
        assert "Hello Robin," in text
        assert "020 7946 0000" in text
        assert f"https://clinic.example{RULES[kind].path}" in text
    body = letter.text.split("--")[0]
    for word in (*CLINICAL, knee.patient.family_name, "Mbeki", "Osei"):
        assert not re.search(rf"\b{re.escape(word)}\b", body, re.IGNORECASE), word
        assert word.lower() not in f"{letter.subject} {letter.short}".lower(), word


@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_its_words_are_short_and_so_are_its_sentences(knee: Episode, clock: StoppedClock, kind: str) -> None:
    """By the Flesch-Kincaid grade: what somebody of twelve can read."""
    body = letter_of(knee, clock, kind).text.split("\n\n")[1]
    sentences = [each for each in re.split(r"[.!?:]+\s", body + " ") if each.strip()]
    words = re.findall(r"[A-Za-z'-]+", body)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))) for word in words)
    grade = 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59
    assert grade <= 7, body
    assert max(len(each.split()) for each in sentences) <= 20


@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_its_one_line_needs_no_more_than_one_text_message(knee: Episode, clock: StoppedClock, kind: str) -> None:
    letter = letter_of(knee, clock, kind)
    assert letter.short.endswith(".")
    assert len(letter.short) <= 100
    assert "\n" not in letter.short
    assert letter.link == f"https://clinic.example{RULES[kind].path}"


def test_a_check_in_in_one_line(knee: Episode, clock: StoppedClock) -> None:
    assert letter_of(knee, clock, Kind.CHECK_IN).short == "Time for your check-in."


@pytest.mark.parametrize("kind", TO_PATIENTS)
def test_names_with_markup_and_line_breaks_stay_text_on_one_line(knee: Episode, clock: StoppedClock, kind: str) -> None:
    Patient.objects.update(given_name=SHOWS_MARKUP)
    Clinic.objects.update(
        name="<i>Riverside\r\nBcc: eve@example.org</i>", phone="<u>1\n2</u>", emergency_number="<s>9</s>"
    )
    letter = reminders.letter(
        [OutboxMessage.objects.select_related("patient", "clinic").get(pk=message(knee, kind).pk)], now=clock.instant
    )
    assert "Hello <b>Robin </b>&," in letter.text
    assert "Hello &lt;b&gt;Robin &lt;/b&gt;&amp;," in letter.html
    assert "<i>Riverside Bcc: eve@example.org</i>, telephone <u>1 2</u>" in letter.text
    assert not re.findall(r"<(b|i|u|s)>", letter.html)
    assert not re.search(r"^Bcc:", letter.text, re.MULTILINE)
    assert "&lt;" not in letter.text


# --- One letter for what comes together -----------------------------------------------------------------------------


def everything(home: Staff, knee: Episode) -> None:
    """On the Monday after next week's there is all at once: check-in, step, appointment, goals."""
    reviews.book(episode=knee, by=home.coordinator, key="XRAY_6W", booked_at=at(NEXT_MONDAY, 10) + timedelta(days=1))
    step = {"on": (NEXT_MONDAY + timedelta(days=2)).isoformat(), "gate": "G6", "state": "waiting"}
    milestones = [{"key": "FLEX_90", "state": "due", "typical": 30}]
    Assessment.objects.filter(episode=knee).update(next_step=step, milestones=milestones)


def test_what_is_due_at_the_hour_of_the_check_in_comes_in_one_letter(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    everything(home, knee)
    for minute in range(48, 63):
        clock.set(at(NEXT_MONDAY, 8) + timedelta(minutes=minute))
        run()
    (letter,) = [each for each in mails(mail) if each["To"] == knee.patient.email]
    text = text_of(letter)
    assert letter["Subject"] == "Your appointment tomorrow"
    for path in ("/plan/", "/check-in/", "/progress/"):
        assert f"https://clinic.example{path}\r\n" in text
    sent = OutboxMessage.objects.filter(patient=knee.patient, recipient=None, state=State.SENT, channel="email")
    assert set(sent.values_list("kind", flat=True)) == {
        Kind.CHECK_IN,
        Kind.NEXT_STEP,
        Kind.REVIEW_TOMORROW,
        Kind.MILESTONES,
    }
    assert len(set(sent.values_list("message_id", flat=True))) == 1


@pytest.mark.parametrize("hour", [7, 20])
def test_what_comes_with_the_check_in_moves_with_it(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, hour: int
) -> None:
    everything(home, knee)
    reminders.change(
        patient=knee.patient, kind=Kind.CHECK_IN, now=clock.instant, at=at(TUESDAY, hour + 1).time().replace(minute=30)
    )
    for offset in range(-15, 5, 5):
        clock.set(at(NEXT_MONDAY, hour, 30) + timedelta(minutes=offset))
        run()
    assert len([each for each in to(mail, knee.patient.email) if each == "Your appointment tomorrow"]) == 1
    assert (
        len(set(ReminderPlan.objects.exclude(kind__in=["nudge", "silence", "gate_due"]).values_list("at", flat=True)))
        == 1
    )


def test_the_check_in_gives_the_subject_unless_there_is_an_appointment_or_a_change(
    knee: Episode, clock: StoppedClock
) -> None:
    assert letter_of(knee, clock, Kind.MILESTONES, Kind.NEXT_STEP, Kind.CHECK_IN).subject == "Time for your check-in"
    assert letter_of(knee, clock, Kind.CHECK_IN, Kind.REVIEW_TOMORROW).subject == "Your appointment tomorrow"
    assert letter_of(knee, clock, Kind.CHECK_IN, Kind.RESTRICTION_CHANGED).subject == "Your plan has changed"


def test_a_letter_of_two_says_each_once_with_its_own_link_and_both_in_one_line(
    knee: Episode, clock: StoppedClock
) -> None:
    letter = letter_of(knee, clock, Kind.MILESTONES, Kind.CHECK_IN, Kind.MILESTONES)
    assert letter.text.count("A new week has begun.") == letter.text.count("time for today's check-in") == 1
    assert letter.html.count("See my goals") == letter.html.count("Check in<") == 1
    assert letter.short == "Time for your check-in. Your goals for this week are ready."
    assert letter.link == "https://clinic.example/check-in/"


def test_several_decisions_for_one_surgeon_are_one_paragraph_with_a_link_each(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    other = scenes.knee(home)
    rows = [message(each, Kind.GATE_DUE, reader=home.surgeon.user) for each in (knee, other)]
    text = reminders.letter(rows, now=clock.instant).text
    assert text.count("A decision about one of your patients is due.") == 1
    assert all(f"https://clinic.example/episodes/{each.pk}/\n" in text for each in (knee, other))


def test_a_repeat_says_so(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    row = message(knee, Kind.URGENT_ALERT, reader=home.surgeon.user)
    row.repeat, row.message_id = True, "<before@clinic.example>"
    letter = reminders.letter([row], now=clock.instant)
    assert (letter.subject, letter.message_id) == ("Again: Urgent: please look now", "<before@clinic.example>")
    assert "You may have had this message before" in letter.text


# --- How to stop it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OPTIONAL)
def test_the_link_in_a_letter_switches_its_kind_off_however_often_it_is_followed(
    knee: Episode, clock: StoppedClock, mail: Path, kind: str
) -> None:
    letter = letter_of(knee, clock, kind)
    assert letter.unsubscribe in letter.text
    assert letter.unsubscribe in letter.html
    token = token_in(letter.unsubscribe)
    found = reminders.read_token(token)
    assert found is not None
    assert (found[0].pk, *found[1:]) == (knee.patient.pk, kind, "email")
    for _ in range(2):
        assert reminders.unsubscribe(token=token, now=clock.instant)
        off = ReminderPlan.objects.filter(patient=knee.patient, enabled=False)
        assert list(off.values_list("kind", flat=True)) == [kind]


def test_after_the_link_was_followed_the_reminder_stays_off(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    token = reminders.unsubscribe_token(message(knee))
    reminders.plan(now=clock.instant)
    reminders.unsubscribe(token=token, now=clock.instant)
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        clock.set(at(day, 9))
        run()
    assert not to(mail, knee.patient.email)


@pytest.mark.parametrize("kind", [Kind.RESTRICTION_CHANGED, Kind.TEST])
def test_what_cannot_be_switched_off_says_only_where_its_way_is_chosen(
    knee: Episode, clock: StoppedClock, kind: str
) -> None:
    letter = letter_of(knee, clock, kind)
    assert letter.unsubscribe == ""
    assert "unsubscribe" not in letter.text
    assert "https://clinic.example/reminders/" in letter.text


def test_a_letter_of_two_says_how_to_stop_each(knee: Episode, clock: StoppedClock) -> None:
    letter = letter_of(knee, clock, Kind.CHECK_IN, Kind.MILESTONES)
    assert 'To stop "Daily check-in": https://clinic.example/unsubscribe/' in letter.text
    assert 'To stop "Goals of the week": https://clinic.example/unsubscribe/' in letter.text
    found = reminders.read_token(token_in(letter.unsubscribe))
    assert found is not None
    assert found[1] == Kind.CHECK_IN


def test_staff_get_no_link_that_would_stop_a_patients_reminders(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    row = message(knee, Kind.GATE_DUE, reader=home.surgeon.user)
    assert reminders.letter([row], now=clock.instant).unsubscribe == ""
    assert reminders.unsubscribe_token(row) == ""


def test_a_link_that_we_did_not_write_does_nothing(knee: Episode, clock: StoppedClock) -> None:
    token = reminders.unsubscribe_token(message(knee))
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), "", "nonsense", f"x{token}", "é:1:2"]
    for each in forged:
        assert reminders.read_token(each) is None
        assert not reminders.unsubscribe(token=each, now=clock.instant)
    assert not ReminderPlan.objects.filter(enabled=False).exists()


def test_the_link_of_somebody_who_is_gone_does_nothing(knee: Episode) -> None:
    row = message(knee)
    row.patient_id = uuid4()
    token = reminders.unsubscribe_token(row)
    assert token
    assert reminders.read_token(token) is None
