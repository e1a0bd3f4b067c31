from __future__ import annotations

import pytest
from django.http import QueryDict

from tracker.clinical.rules.symptoms import FLOORS
from tracker.clinical.terms import Aids, Analgesia, Exercises, Fall, PainSite, ReportedLoad, Swelling, Symptom, Urgency
from tracker.errors import Invalid
from tracker.services.answers import parse
from tracker.web import forms
from tracker.web.forms import CheckInForm
from tracker.web.questions import LEGENDS, SYMPTOMS, WORDS


def typed(query: str) -> dict[str, list[str]]:
    return forms.posted(QueryDict(query))


def test_an_untouched_question_is_not_an_answer() -> None:
    given = typed("date=2026-06-15&pain_load=0&note=&reported_load_kg=")
    answers = parse(forms.raw(given))
    assert answers.pain_load == 0
    assert answers.pain_worst is None
    assert answers.symptoms is None
    assert answers.note == ""


def test_none_of_these_is_an_answer_and_no_tick_is_not() -> None:
    assert forms.raw(typed("symptoms=none_of_these"))["symptoms"] == []
    assert "symptoms" not in forms.raw(typed("pain_load=3"))


def test_none_of_these_with_one_of_these_is_refused_and_keeps_the_symptom() -> None:
    given = typed("symptoms=none_of_these&symptoms=breathless")
    with pytest.raises(Invalid):
        forms.refuse_contradictions(given)
    assert forms.raw(given)["symptoms"] == ["breathless"]


@pytest.mark.parametrize("pain", ["11", "-1", "3.5", "three", "٣", "1" * 5000, "\0"])
def test_a_pain_that_is_not_a_whole_number_from_0_to_10_is_refused_by_name(pain: str) -> None:
    given = {"date": ["2026-06-15"], "pain_load": [pain]}
    with pytest.raises(Invalid) as refusal:
        parse(forms.raw(given))
    assert list(refusal.value.fields) == ["pain_load"]


def test_a_comma_is_as_good_as_a_point() -> None:
    assert str(parse(forms.raw(typed("date=2026-06-15&reported_load_kg=42,5"))).reported_load_kg) == "42.5"


def test_nothing_is_preselected_and_yesterday_is_only_told() -> None:
    class Yesterday:
        pain_load = 4
        aids = Aids.TWO_CRUTCHES

    form = CheckInForm(before=Yesterday())
    assert form["pain_load"].before == "4"
    assert form["aids"].before == "two crutches"
    assert not any(option.checked for name in ("pain_load", "aids") for option in form[name].options)


def test_what_was_typed_is_still_there_after_a_refusal() -> None:
    form = CheckInForm(typed("pain_load=7&symptoms=fever&note=sore"), {"pain_worst": ["Choose."]})
    assert [option.value for option in form["pain_load"].options if option.checked] == ["7"]
    assert [option.value for _, options in form.symptoms for option in options if option.checked] == ["fever"]
    assert form.text["note"] == "sore"
    assert form.problems == [("pain_worst", LEGENDS["pain_worst"], "Choose.")]


@pytest.mark.parametrize(
    ("name", "vocabulary"),
    [
        ("reported_load", ReportedLoad), ("aids", Aids), ("exercises", Exercises), ("fall", Fall),
        ("pain_site", PainSite), ("swelling", Swelling), ("analgesia", Analgesia),
    ],
)  # fmt: skip
def test_every_code_of_the_vocabulary_can_be_chosen(name: str, vocabulary: type) -> None:
    assert {code for code, _ in WORDS[name]} == {code.value for code in vocabulary}


def test_every_symptom_is_asked_once() -> None:
    asked = [code for _, symptoms in SYMPTOMS for code, _ in symptoms]
    assert sorted(asked) == sorted(Symptom)


def test_every_emergency_sign_shows_the_number_at_the_tick() -> None:
    alarms = {option.value: option.alarm for _, options in CheckInForm().symptoms for option in options}
    assert {code for code, alarm in alarms.items() if alarm == "now"} == {
        code.value for code, urgency in FLOORS.items() if urgency is Urgency.R0
    }
    assert alarms["leg_tight"] == "toe_stretch_pain toes_numb"


def test_a_stored_check_in_comes_back_as_typed_so_that_it_can_be_put_right() -> None:
    class Row:
        date = pain_rest = pain_night = reported_load_kg = can_load = None
        pain_load, pain_worst, pain_eased = 0, 4, False
        pain_site = reported_load = swelling = analgesia = fall = ""
        aids, exercises, symptoms = "stick", "all", []

    given = forms.answered(Row(), "a note")
    assert forms.raw(given) == {
        "pain_load": 0, "pain_worst": 4, "pain_eased": False, "aids": "stick", "exercises": "all", "symptoms": [], "note": "a note",
    }  # fmt: skip
