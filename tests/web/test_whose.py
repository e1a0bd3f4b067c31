"""Whoever helps a patient reads whose leg it is: the patient's pages name the patient, and never call the helper "you"."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.safestring import mark_safe

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode
from tracker.selectors.caregivers import Helping
from tracker.templatetags.whose import told_of

pytestmark = pytest.mark.django_db

TO_THE_READER = re.compile(
    r"You are helping.*?carries your name\.|if you like|what you do not know|Your earlier answers stay on record"
    r"|if you can, so that your clinic sees it too|What you ticked|10 worst you can imagine|If you cannot reach anyone"
)


@pytest.fixture
def anna(riverside: Staff) -> Episode:
    knee = scenes.knee(riverside, given_name="Anna", family_name="Berg")
    scenes.diary(riverside, knee, [3, 4, 3], reported_load="half")
    return knee


@pytest.fixture
def helper(anna: Episode, clock: StoppedClock) -> Client:
    browser = Client()
    browser.force_login(scenes.helper(anna))
    return browser


def words(browser: Client, path: str) -> str:
    """What the page says between the navigation and the footer, in one line."""
    text = browser.get(path).content.decode()
    main = text.split("<main")[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main.partition(">")[2]).split())


def test_today_says_what_the_patient_may_do_by_name(helper: Client) -> None:
    said = words(helper, "/today/")
    assert "Today Anna may put up to 42 kg through Anna's left leg. That is half their weight." in said
    assert "Anna may" in said
    assert "Until then, keep their left leg at this level." in said


def test_the_plan_and_the_progress_are_the_patients(helper: Client) -> None:
    plan = words(helper, "/plan/")
    assert "Anna's plan" in plan
    assert "Anna may put up to 42 kg through their left leg." in plan
    assert "Anna's progress" in words(helper, "/progress/")


def test_the_check_in_asks_about_the_patient(helper: Client) -> None:
    said = words(helper, "/check-in/")
    assert "How much does it hurt when Anna puts weight on the leg?" in said
    assert "Does Anna have any of this?" in said
    assert "Has Anna slipped or fallen since yesterday?" in said
    assert "Did Anna do their exercises?" in said
    assert "A quarter of Anna's weight" in said


@pytest.mark.parametrize(
    "path", ["/today/", "/plan/", "/progress/", "/progress/?compare=knee-replacement", "/check-in/"]
)
def test_no_page_calls_the_helper_the_patient(helper: Client, path: str) -> None:
    said = TO_THE_READER.sub("", words(helper, path))
    assert not re.findall(r".{0,40}\b(?:you|your|yours|my|mine|yourself)\b.{0,40}", said, re.IGNORECASE)


def test_an_urgent_answer_is_told_of_the_patient_too(anna: Episode, helper: Client) -> None:
    scenes.check_in(anna, symptoms=["breathless"])
    said = words(helper, "/today/")
    assert "Call 112 now" in said
    assert "Anna is newly short of breath" in said


def test_the_patient_reads_you(anna: Episode, client: Client) -> None:
    client.force_login(scenes.patient(anna).user)
    said = words(client, "/today/")
    assert "Today you may put up to 42 kg through your left leg. That is half your weight." in said
    assert "Anna" not in said


def test_what_was_typed_stays_as_it_was_typed(anna: Episode, helper: Client) -> None:
    made = scenes.check_in(anna, pain_load=3, note="I told you: my knee.")
    assert "I told you: my knee." in helper.get(f"/check-in/{made.pk}/").content.decode()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("You have not told us yet how your left knee feels.", "Anna has not told us yet how their left knee feels."),
        ("You put about half through the leg.", "Anna put about half through the leg."),
        ("Call your clinic now. You need help today.", "Call the clinic now. Anna needs help today."),
        ("You told us: your calf is sore or bigger.", "We were told: Anna's calf is sore or bigger."),
        ("Your bone has to heal before it carries you.", "Anna's bone has to heal before it carries Anna."),
        ('<p title="your">Your knee</p>', '<p title="your">Anna\'s knee</p>'),
    ],
)
def test_sentences_are_retold(said: str, told: str) -> None:
    assert told_of(mark_safe(said), Helping("Anna", True)) == told
    assert told_of(mark_safe(said), None) == said


def test_a_name_is_no_markup() -> None:
    assert told_of("your leg", Helping("<b>Eve", True)) == "&lt;b&gt;Eve's leg"
