"""Whatever is sent wrongly is refused with its field and the remedy, stores nothing, and is never a fault of ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework import serializers

from tests import scenes
from tests.api import programs
from tests.api.programs import Program, problem
from tests.api.rows import counted
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.api import alerts, clearances, facts, holds, measurements, milestones, restrictions
from tracker.api import shapes_checkins as checkins
from tracker.api import shapes_episodes as episodes
from tracker.api.fields import Codes, Strict, YesNo
from tracker.models import Alert, Episode, EpisodeFact, Hold, MilestoneRecord

TODAY = "2026-06-15"


@dataclass(frozen=True)
class Scene:
    """A knee with one of everything that a write can be about."""

    staff: Staff
    knee: Episode
    check_in: str
    fact: str
    hold: str
    alert: str
    milestone: str

    @property
    def patient(self) -> Program:
        return programs.of_patient(self.knee)

    @property
    def surgeon(self) -> Program:
        return programs.of(self.staff.surgeon)


@pytest.fixture
def scene(home: Staff, knee: Episode, patient: Program) -> Scene:
    red = scenes.check_in(knee, days_ago=1, symptoms=["breathless"])
    patient.send(f"episodes/{knee.pk}/milestones/", {"key": "QUAD_SET", "reached_on": TODAY})
    return Scene(
        home,
        knee,
        str(red.pk),
        str(EpisodeFact.objects.get(kind="body_weight_kg").pk),
        str(Hold.objects.get().pk),
        str(Alert.objects.get(code="breathless").pk),
        str(MilestoneRecord.objects.get().pk),
    )


@dataclass(frozen=True)
class Write:
    """A write endpoint: its path in a scene, the shape it takes, and a body that it would take."""

    path: Callable[[Scene], str]
    shape: type[Strict]
    body: dict[str, Any]
    verb: str = "post"


PERSON = {
    "given_name": "Ada",
    "family_name": "Quist",
    "birth_date": "1971-03-09",
    "sex": "female",
    "email": "ada@example.org",
    "phone": "+44 1",
    "time_zone": "Europe/London",
    "body_weight_kg": 84,
}
KNEE = {
    "patient": PERSON,
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": "2026-05-25",
    "protocol": "mowhto_std",
    "fixation": "long_locking",
    "modifiers": ["smoker"],
}

WRITES = {
    "enrol": Write(lambda at: "episodes/", episodes.EnrolmentIn, KNEE),
    "details": Write(lambda at: f"episodes/{at.knee.pk}/", episodes.DetailsIn, {"plate": "long"}, "patch"),
    "fact": Write(lambda at: f"episodes/{at.knee.pk}/facts/", facts.FactIn, {"kind": "modifier", "value": "smoker"}),
    "withdraw fact": Write(
        lambda at: f"episodes/{at.knee.pk}/facts/{at.fact}/withdraw/", facts.FactWithdrawIn, {"reason": "Wrong."}
    ),
    "release": Write(lambda at: f"holds/{at.hold}/release/", holds.ReleaseIn, {"basis": "Scan clear."}),
    "sign": Write(lambda at: f"episodes/{at.knee.pk}/sign-plan/", Strict, {}),
    "order": Write(
        lambda at: f"episodes/{at.knee.pk}/restrictions/",
        restrictions.OrderIn,
        {"max_percent": 20, "starts_on": TODAY, "reason": "Swollen."},
    ),
    "clear": Write(
        lambda at: f"episodes/{at.knee.pk}/clearances/",
        clearances.ClearanceIn,
        {"gate": "G6", "decision": "refused", "basis": "Gap open.", "decided_on": TODAY},
    ),
    "check in": Write(
        lambda at: f"episodes/{at.knee.pk}/check-ins/", checkins.CheckInIn, {"date": TODAY, "symptoms": []}
    ),
    "amend": Write(
        lambda at: f"episodes/{at.knee.pk}/check-ins/{at.check_in}/amend/",
        checkins.CheckInIn,
        {"date": "2026-06-14", "symptoms": []},
    ),
    "measure": Write(
        lambda at: f"episodes/{at.knee.pk}/measurements/",
        measurements.MeasurementIn,
        {"kind": "flexion", "value": 70, "measured_on": TODAY},
    ),
    "reach": Write(
        lambda at: f"episodes/{at.knee.pk}/milestones/",
        milestones.MilestoneIn,
        {"key": "SLR_NOLAG", "reached_on": TODAY},
    ),
    "confirm": Write(lambda at: f"episodes/{at.knee.pk}/milestones/{at.milestone}/confirm/", Strict, {}),
    "withdraw milestone": Write(
        lambda at: f"episodes/{at.knee.pk}/milestones/{at.milestone}/withdraw/",
        milestones.MilestoneWithdrawIn,
        {"reason": "Wrong day."},
    ),
    "take on": Write(lambda at: f"alerts/{at.alert}/acknowledge/", alerts.NoteIn, {"note": "Calling."}),
    "close": Write(lambda at: f"alerts/{at.alert}/close/", alerts.CloseIn, {"outcome": "advice", "note": "Called."}),
}
every_write = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())

NOT_OBJECTS: list[str | bytes] = ["[]", '[{"date": "2026-06-15"}]', '"text"', "3", "true", "null"]
NOT_JSON: list[str | bytes] = [
    "{",
    "{'date': 1}",
    '{"a": NaN}',
    '{"a": Infinity}',
    '{"a": 1, "a": 2}',
    "[" * 100_000,
    '{"a":' * 5_000,
    '{"a": ' + "9" * 6_000 + "}",
    b'{"a": "\xff"}',
    b"\xef\xbb\xbf{}",
    b"\x00",
]


def send_raw(
    at: Scene, write: Write, raw: str | bytes, content_type: str = "application/json", by: Program | None = None
) -> Any:
    send = getattr(by or at.surgeon, write.verb)
    data = raw.encode() if isinstance(raw, str) else raw
    return send("/api/v1/" + write.path(at), data=data, content_type=content_type)


@every_write
def test_what_is_no_json_object_is_refused(scene: Scene, write: Write) -> None:
    before = counted()
    for raw in [*NOT_OBJECTS, *NOT_JSON]:
        said = problem(send_raw(scene, write, raw), 400, "body")
        assert "JSON object" in said["errors"]["body"][0] or "UTF-8" in said["errors"]["body"][0], raw[:40]
    assert counted() == before


@every_write
def test_another_kind_of_content_is_refused(scene: Scene, write: Write) -> None:
    before = counted()
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "text/xml"):
        problem(send_raw(scene, write, json.dumps(write.body), kind), 415, "Content-Type")
    assert counted() == before


@every_write
def test_megabytes_are_refused(scene: Scene, write: Write) -> None:
    before = counted()
    answer = send_raw(scene, write, json.dumps(write.body | {"note": "x" * 3_000_000}))
    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"
    assert counted() == before


@every_write
def test_an_unknown_key_is_refused_by_its_name(scene: Scene, write: Write) -> None:
    before = counted()
    for key in ("colour", "id", "by", "entered_at", "clinic", "Note"):
        answer = scene.surgeon.send(write.path(scene), write.body | {key: "red"}, verb=write.verb)
        problem(answer, 400, key)
    assert counted() == before


@every_write
def test_a_key_that_no_text_can_hold_is_refused(scene: Scene, write: Write) -> None:
    before = counted()
    for key in ("\\ud800", "\\u0000", "", "k" * 10_000):
        said = problem(send_raw(scene, write, '{"' + key + '": 1}'), 400)
        assert said["errors"]
    assert counted() == before


WRONG_FOR_ALL: list[Any] = [{"a": 1}, [[1]], "\0", "\ud800", "a\0b", 10**30, -(10**30), -1.5e300, "x" * 20_000]


def wrong_values(field: serializers.BaseSerializer[Any]) -> Iterator[Any]:
    yield from WRONG_FOR_ALL
    if not isinstance(field, YesNo):
        yield True
    if not isinstance(field, Codes):
        yield []
    if field.required:
        yield None


def each_field(shape: type[Strict], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, field in shape().fields.items():
        yield (*path, name), field
        if isinstance(field, Strict):
            yield from each_field(type(field), (*path, name))


def with_value(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    return body | {first: with_value(body.get(first, PERSON), tuple(rest), value) if rest else value}


@every_write
def test_a_value_of_the_wrong_kind_is_refused_by_the_name_of_its_field(scene: Scene, write: Write) -> None:
    before, program = counted(), scene.surgeon
    program.raise_request_exception = False
    missed = []
    for path, field in each_field(write.shape):
        for value in wrong_values(field):
            answer = send_raw(scene, write, json.dumps(with_value(write.body, path, value)), by=program)
            named = answer.status_code == 400 and any(
                name.startswith(".".join(path)) for name in answer.json()["errors"]
            )
            if not named:
                missed.append((path, str(value)[:30], answer.status_code, answer.content[:200]))
    assert not missed
    assert counted() == before


@every_write
def test_a_missing_answer_is_asked_for_by_name(scene: Scene, write: Write) -> None:
    before = counted()
    needed = [path for path, field in each_field(write.shape) if field.required and len(path) == 1]
    if write.verb == "patch" or not needed:
        return
    said = problem(scene.surgeon.send(write.path(scene), {}), 400)
    assert {path[0] for path in needed} == set(said["errors"])
    assert counted() == before


@every_write
def test_the_body_that_is_right_is_taken(scene: Scene, write: Write) -> None:
    """The other tests prove nothing if the bodies they spoil were refused anyway."""
    if write is WRITES["sign"]:
        scene.surgeon.send(f"holds/{scene.hold}/release/", {"basis": "Scan clear."})
    body = write.body
    if write is WRITES["withdraw fact"]:
        fact = {"kind": "body_weight_kg", "value": 82.5, "reason": "Weighed."}
        assert scene.surgeon.send(f"episodes/{scene.knee.pk}/facts/", fact).status_code == 201
    answer = scene.surgeon.send(write.path(scene), body, verb=write.verb)
    assert answer.status_code in (200, 201), answer.json()


# --- What is of the right kind and still cannot be right -----------------------------------------------------------


def person(**changes: Any) -> dict[str, Any]:
    return KNEE | {"patient": PERSON | changes}


CANNOT_BE: list[tuple[str, dict[str, Any], str]] = [
    ("enrol", person(body_weight_kg=-84), "patient.body_weight_kg"),
    ("enrol", person(body_weight_kg=0), "patient.body_weight_kg"),
    ("enrol", person(body_weight_kg=29.9), "patient.body_weight_kg"),
    ("enrol", person(body_weight_kg=251), "patient.body_weight_kg"),
    ("enrol", person(body_weight_kg=84.55), "patient.body_weight_kg"),
    ("enrol", person(body_weight_kg="84"), "patient.body_weight_kg"),
    ("enrol", person(birth_date="2031-01-01"), "patient.birth_date"),
    ("enrol", person(birth_date="20010101"), "patient.birth_date"),
    ("enrol", person(birth_date="2001-02-30"), "patient.birth_date"),
    ("enrol", person(email="nobody"), "patient.email"),
    ("enrol", person(time_zone="Mars/Olympus"), "patient.time_zone"),
    ("enrol", person(sex="unsaid"), "patient.sex"),
    ("enrol", person(given_name="   "), "patient.given_name"),
    ("enrol", KNEE | {"surgery_date": "2026-06-16"}, "surgery_date"),
    ("enrol", KNEE | {"surgery_date": "2019-06-16"}, "surgery_date"),
    ("enrol", KNEE | {"procedure": "TKA"}, "procedure"),
    ("enrol", KNEE | {"side": "both"}, "side"),
    ("enrol", KNEE | {"protocol": "mowhto_fast"}, "protocol"),
    ("enrol", KNEE | {"protocol": "dlo_std"}, "protocol"),
    ("enrol", KNEE | {"protocol": "mowhto_acc", "fixation": "short_plate"}, "fixation"),
    ("enrol", KNEE | {"modifiers": ["lhf_9"]}, "modifiers"),
    ("enrol", KNEE | {"modifiers": "smoker"}, "modifiers"),
    ("enrol", KNEE | {"baseline_pain": 11}, "baseline_pain"),
    ("enrol", KNEE | {"baseline_pain": 5.0}, "baseline_pain"),
    ("enrol", KNEE | {"baseline_flexion": 300}, "baseline_flexion"),
    ("enrol", KNEE | {"correction_planned": -1}, "correction_planned"),
    ("enrol", KNEE | {"surgeon": "nobody@example.org"}, "surgeon"),
    ("details", {"patient": {"time_zone": "Nowhere"}}, "patient.time_zone"),
    ("details", {"surgery_date": "2026-05-01"}, "surgery_date"),
    ("details", {"procedure": "DLO"}, "procedure"),
    ("details", {"protocol": "mowhto_acc"}, "protocol"),
    ("details", {"modifiers": []}, "modifiers"),
    ("details", {"baseline_pain": 1}, "baseline_pain"),
    ("details", {"state": "closed"}, "state"),
    ("details", {"patient": {"body_weight_kg": 60}}, "patient.body_weight_kg"),
    ("fact", {"kind": "modifier", "value": "lucky"}, "value"),
    ("fact", {"kind": "body_weight_kg", "value": -84}, "value"),
    ("fact", {"kind": "body_weight_kg", "value": "heavy"}, "value"),
    ("fact", {"kind": "surgery_date", "value": "2030-01-01"}, "value"),
    ("fact", {"kind": "surgery_date", "value": "soon"}, "value"),
    ("fact", {"kind": "protocol", "value": "dlo_std"}, "value"),
    ("fact", {"kind": "modifier", "value": "smoker", "since": "2026-06-16"}, "since"),
    ("fact", {"kind": "modifier", "value": "smoker", "since": "2026-05-24"}, "since"),
    ("order", {"max_percent": 101, "starts_on": TODAY, "reason": "More."}, "max_percent"),
    ("order", {"max_percent": -1, "starts_on": TODAY, "reason": "Less."}, "max_percent"),
    ("order", {"max_percent": 20.0, "starts_on": TODAY, "reason": "Less."}, "max_percent"),
    ("order", {"max_kg": -5, "starts_on": TODAY, "reason": "Less."}, "max_kg"),
    ("order", {"starts_on": TODAY, "reason": "Nothing said."}, "max_percent"),
    ("order", {"max_percent": 20, "starts_on": TODAY, "reason": " "}, "reason"),
    ("order", {"max_percent": 20, "term": "FWB", "starts_on": TODAY, "reason": "Two things."}, "term"),
    ("order", {"max_percent": 20, "loading": "non", "starts_on": TODAY, "reason": "Two things."}, "loading"),
    ("order", {"max_percent": 20, "starts_on": "2026-06-14", "reason": "Back in time."}, "starts_on"),
    ("order", {"max_percent": 20, "starts_on": TODAY, "reason": "x", "brace_min": 90, "brace_max": 10}, "brace_max"),
    ("clear", {"gate": "G7", "decision": "cleared", "basis": "Fine.", "decided_on": TODAY}, "gate"),
    ("clear", {"gate": "G12", "decision": "cleared", "basis": "Fine.", "decided_on": TODAY}, "gate"),
    ("clear", {"gate": "G6", "decision": "maybe", "basis": "Fine.", "decided_on": TODAY}, "decision"),
    ("clear", {"gate": "G6", "decision": "cleared", "basis": "", "decided_on": TODAY}, "basis"),
    ("clear", {"gate": "G6", "decision": "refused", "basis": "x", "decided_on": "2026-06-16"}, "decided_on"),
    ("clear", {"gate": "G6", "decision": "refused", "basis": "x", "decided_on": "2026-05-24"}, "decided_on"),
    ("check in", {"date": TODAY}, "pain_load"),
    ("check in", {"date": "2026-06-16", "pain_load": 3}, "date"),
    ("check in", {"date": "2026-05-24", "pain_load": 3}, "date"),
    ("check in", {"date": "15.6.2026", "pain_load": 3}, "date"),
    ("check in", {"date": TODAY, "pain_load": 11}, "pain_load"),
    ("check in", {"date": TODAY, "pain_load": -1}, "pain_load"),
    ("check in", {"date": TODAY, "pain_load": 3.0}, "pain_load"),
    ("check in", {"date": TODAY, "pain_load": 3.5}, "pain_load"),
    ("check in", {"date": TODAY, "pain_load": "3"}, "pain_load"),
    ("check in", {"date": TODAY, "pain_load": True}, "pain_load"),
    ("check in", {"date": TODAY, "reported_load": "lots"}, "reported_load"),
    ("check in", {"date": TODAY, "reported_load_kg": 251}, "reported_load_kg"),
    ("check in", {"date": TODAY, "reported_load_kg": "42"}, "reported_load_kg"),
    ("check in", {"date": TODAY, "symptoms": ["hiccups"]}, "symptoms"),
    ("check in", {"date": TODAY, "symptoms": "hiccups"}, "symptoms"),
    ("check in", {"date": TODAY, "can_load": "yes"}, "can_load"),
    ("check in", {"date": TODAY, "can_load": 1}, "can_load"),
    ("check in", {"date": TODAY, "note": "x" * 2001}, "note"),
    ("amend", {"date": TODAY, "pain_load": 3}, "date"),
    ("measure", {"kind": "flexion", "value": 161, "measured_on": TODAY}, "value"),
    ("measure", {"kind": "flexion", "value": -1, "measured_on": TODAY}, "value"),
    ("measure", {"kind": "body_weight_kg", "value": -84, "measured_on": TODAY}, "value"),
    ("measure", {"kind": "flexion", "value": 70.005, "measured_on": TODAY}, "value"),
    ("measure", {"kind": "charm", "value": 1, "measured_on": TODAY}, "kind"),
    ("measure", {"kind": "flexion", "value": 70, "measured_on": "2026-06-16"}, "measured_on"),
    ("measure", {"kind": "flexion", "value": 70, "measured_on": "2026-05-24"}, "measured_on"),
    ("reach", {"key": "FLY", "reached_on": TODAY}, "key"),
    ("reach", {"key": "SLR_NOLAG", "reached_on": "2026-06-16"}, "reached_on"),
    ("reach", {"key": "SLR_NOLAG", "reached_on": "2026-05-24"}, "reached_on"),
    ("close", {"outcome": "forgotten", "note": "x"}, "outcome"),
    ("close", {"outcome": "advice", "note": ""}, "note"),
    ("take on", {"note": "  "}, "note"),
]


@pytest.mark.parametrize(
    ("name", "body", "field"), CANNOT_BE, ids=[f"{name}-{field}-{n}" for n, (name, _, field) in enumerate(CANNOT_BE)]
)
def test_what_cannot_be_right_is_refused_by_the_name_of_its_field(
    scene: Scene, name: str, body: dict[str, Any], field: str
) -> None:
    before, write = counted(), WRITES[name]
    said = problem(scene.surgeon.send(write.path(scene), body, verb=write.verb), 400, field)
    assert len(said["errors"][field][0]) > 15
    assert counted() == before


def test_a_patient_may_not_report_further_back_than_a_week(scene: Scene) -> None:
    path = f"episodes/{scene.knee.pk}/check-ins/"
    assert scene.patient.send(path, {"date": "2026-06-08", "pain_load": 3}).status_code == 201
    problem(scene.patient.send(path, {"date": "2026-06-07", "pain_load": 3}), 400, "date")
    assert scene.surgeon.send(path, {"date": "2026-06-07", "pain_load": 3}).status_code == 201


def test_a_patient_may_not_take_what_needs_a_clinicians_hand(scene: Scene) -> None:
    body = {"kind": "hka_change_deg", "value": 1, "measured_on": TODAY}
    problem(scene.patient.send(f"episodes/{scene.knee.pk}/measurements/", body), 403)


def test_a_second_open_episode_of_one_knee_is_refused(scene: Scene) -> None:
    who = scene.knee.patient
    same = {"given_name": who.given_name, "family_name": who.family_name, "birth_date": who.birth_date.isoformat()}
    before = counted()
    problem(scene.surgeon.send("episodes/", person(**same)), 400, "side")
    assert counted() == before


def test_another_patients_record_number_is_refused_when_enrolling_and_when_correcting(
    scene: Scene, home: Staff
) -> None:
    scenes.knee(home, record_number="R-1")
    before = counted()
    problem(scene.surgeon.send("episodes/", KNEE | {"record_number": "R-1"}), 400, "record_number")
    problem(
        scene.surgeon.send(f"episodes/{scene.knee.pk}/", {"record_number": "R-1"}, verb="patch"), 400, "record_number"
    )
    assert counted() == before


def test_a_physiotherapist_may_not_loosen_past_the_plan(
    scene: Scene, home: Staff, clock: product_clock.StoppedClock
) -> None:
    knee, before = scenes.knee(home), counted()
    body = {"max_percent": 60, "starts_on": TODAY, "reason": "Going well."}
    physio = programs.of(home.physiotherapist)
    problem(physio.send(f"episodes/{knee.pk}/restrictions/", body), 400, "max_percent")
    assert counted()["Restriction"] == before["Restriction"]


def test_an_address_that_does_not_exist_answers_as_a_problem(scene: Scene) -> None:
    problem(scene.surgeon.read("nothing/"), 404)
    problem(scene.surgeon.read("me"), 404)
    problem(scene.surgeon.send("episodes/not-an-id/check-ins/", {"date": TODAY}), 404)


def test_a_verb_that_an_address_does_not_know_is_refused(scene: Scene) -> None:
    for verb in ("put", "delete", "options", "patch"):
        problem(scene.surgeon.send(f"episodes/{scene.knee.pk}/check-ins/", {}, verb=verb), 405)
