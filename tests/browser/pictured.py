"""The made-up clinic of the pictures: a patient for each state that a page can be in. For use once Django is set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.test import Client

from tests import post, scenes
from tests.browser.served import session_of
from tests.scenes import Staff
from tracker import clock
from tracker.clinical.terms import Ending
from tracker.models import (
    Actor,
    CheckIn,
    EmergencyAccess,
    Episode,
    Kind,
    OutboxMessage,
    Role,
    User,
)
from tracker.services import (
    calls,
    closings,
    measurements,
    proposals,
    reach,
    seals,
    transfers,
)

PAIN = [6, 6, 5, 6, 5, 5, None, 5, 5, 4, 5, 4, 4, None, 5, 4, 4, 4, 3, 4, 3, 4, 4, 3]
"""On load, by day, of the usual patient."""


@dataclass(frozen=True, slots=True)
class Pictured:
    """Session keys by patient and by role, and ids by what a path calls them."""

    sessions: dict[str, str]
    ids: dict[str, object]


def clinic() -> Pictured:
    staff = scenes.clinic()
    knees = {name: make(staff) for name, make in KNEES.items()}
    check_ins = _check_ins(knees)
    _sent(knees["usual"], knees["held"])
    _called(knees["flagged"], knees["femur"])
    _looked(staff, knees["usual"])
    _offered(staff)
    people = {name: scenes.patient(knee) for name, knee in knees.items()} | {
        "physiotherapist": staff.physiotherapist,
        "surgeon": staff.surgeon,
        "coordinator": staff.coordinator,
        "auditor": staff.auditor,
    }
    sessions = {name: session_of(who.user) for name, who in people.items()}
    return Pictured(
        sessions=sessions | {"helper": session_of(scenes.helper(knees["usual"], "Alex Hale"))},
        ids={name: row.pk for name, row in {**knees, **check_ins}.items()} | {"patient": knees["usual"].patient_id},
    )


def _usual(staff: Staff) -> Episode:
    knee = scenes.knee(staff, given_name="Robin", family_name="Hale", day=34)
    scenes.diary(staff, knee, PAIN, reported_load="half", aids="two_crutches", exercises="all", pain_worst=5)
    scenes.check_in(knee, days_ago=5, by=staff.physiotherapist, pain_load=4, reported_load="most", symptoms=[])
    today = scenes.today(staff.clinic)
    for ago, degrees in ((27, 60), (20, 78), (13, 90), (4, 104)):
        on = today - timedelta(days=ago)
        measurements.record(
            episode=knee, by=staff.physiotherapist, kind="flexion", value=Decimal(degrees), measured_on=on
        )
    return knee


def _new(staff: Staff) -> Episode:
    return scenes.knee(staff, given_name="Ines", family_name="Ferreira", day=2, signed=False)


def _flagged(staff: Staff) -> Episode:
    return scenes.knee(staff, given_name="Blessing", family_name="Okafor", day=9)


def _held(staff: Staff) -> Episode:
    return scenes.knee(staff, given_name="Per", family_name="Lindqvist", day=30)


def _free(staff: Staff) -> Episode:
    operated = scenes.today(staff.clinic) - timedelta(days=70)
    knee = scenes.knee(staff, given_name="Noor", family_name="Haddad", day=70, surgery_date=operated)
    scenes.diary(staff, knee, [3, 3, 2, 3, 2, 2, 1, 2, 2, 1], reported_load="full")
    scenes.clear(staff, knee, "G6", days_ago=26)
    return knee


def _femur(staff: Staff) -> Episode:
    knee = scenes.knee(
        staff, given_name="Yuki", family_name="Tanaka", day=38, procedure="LOWDFO", protocol="lowdfo_std"
    )
    scenes.diary(staff, knee, [5, 4, 5, 4, 4])
    return knee


def _closed(staff: Staff) -> Episode:
    knee = scenes.knee(staff, given_name="Ade", family_name="Bello", day=50)
    scenes.diary(staff, knee, [4, 4, 3])
    closings.close(episode=knee, by=staff.physiotherapist, outcome=Ending.MOVED, note="Follows in another town.")
    return knee


def _spoilt(staff: Staff) -> Episode:
    return scenes.spoil(staff, scenes.knee(staff, given_name="Olga", family_name="Petrenko", day=12))


def _proposed(staff: Staff) -> Episode:
    """With a change to a protocol that allows more, which a second clinician has yet to agree to."""
    knee = scenes.knee(staff, given_name="Mina", family_name="Rahimi", day=30, protocol="mowhto_trad")
    why = "The fixation is firm, and the film of week 4 shows callus."
    proposals.record_fact(episode=knee, by=staff.surgeon, kind="protocol", value="mowhto_std", reason=why)
    return knee


KNEES = {
    "usual": _usual,
    "new": _new,
    "flagged": _flagged,
    "held": _held,
    "free": _free,
    "femur": _femur,
    "closed": _closed,
    "spoilt": _spoilt,
    "proposed": _proposed,
}


def _check_ins(knees: dict[str, Episode]) -> dict[str, CheckIn]:
    """Those of today that have a page of their own."""
    return {
        "alarm": scenes.check_in(knees["flagged"], pain_load=4, symptoms=["breathless", "calf_sore"]),
        "fell": scenes.check_in(knees["held"], pain_load=7, fall="fall", can_load=False, symptoms=[]),
        "done": scenes.check_in(knees["free"], pain_load=1, pain_worst=2, reported_load="full", symptoms=[]),
    }


def _looked(staff: Staff, knee: Episode) -> None:
    """Looks at a record and at lists, one of them from another clinic in an emergency, and one that was refused."""
    hillside, now = scenes.clinic("Hillside Clinic"), clock.now()
    helper = scenes.member(hillside.clinic, hillside.surgeon.role, "Dr Mei Lin")
    EmergencyAccess.objects.create(
        episode=knee, user=helper.user, clinic=hillside.clinic, role=helper.role, asked_at=now, started_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    for who, address in (
        (staff.surgeon, f"/episodes/{knee.pk}/"),
        (staff.physiotherapist, "/worklist/?need=all"),
        (staff.physiotherapist, f"/episodes/{knee.pk}/"),
        (helper, f"/episodes/{knee.pk}/"),
        (staff.coordinator, "/patients/"),
        (staff.coordinator, "/worklist/"),
    ):
        browser = Client()
        browser.force_login(who.user)
        browser.get(address)
    seals.seal(now=clock.now())
    list(seals.check(str(staff.clinic.pk), now=clock.now(), noted=[]))


def _offered(staff: Staff) -> None:
    """A patient of another clinic, offered to this one."""
    meadow = scenes.clinic("Meadow Hospital")
    theirs = scenes.knee(meadow, given_name="Tom", family_name="Reed", day=25)
    transfers.ask(episode=theirs, by=meadow.surgeon, to=staff.clinic.pk, reason="Moves house.")


REFUSED = "It was refused for good: the address may be wrong."
UNSURE = "The line broke while it was being handed over. It may have arrived."
GONE = "550 5.1.1 <robin.hale@example.org>: Recipient address rejected: User unknown"
CHECKED_IN = "You had already checked in for that day."


def _sent(usual: Episode, held: Episode) -> None:
    """Messages that arrived and some that did not."""
    state = OutboxMessage.State
    post.alive()
    for days, end, reason in (
        (1, state.SENT, ""),
        (1, state.CANCELLED, CHECKED_IN),
        (2, state.SENT, ""),
        (3, state.CANCELLED, CHECKED_IN),
    ):
        kind = Kind.NUDGE if reason else Kind.CHECK_IN
        post.ended(usual, end, kind=kind, reason=reason, ago=timedelta(days=days))
    post.entry(usual, Kind.MILESTONES, channel="app", ago=timedelta(hours=2))
    post.ended(usual, state.FAILED, reason=REFUSED, last_error=GONE)
    no_number, ago = "21211: not a number", timedelta(days=1)
    post.ended(usual, state.FAILED, kind=Kind.MILESTONES, channel="sms", reason=REFUSED, last_error=no_number, ago=ago)
    post.ended(held, state.DEAD, reason="Given up after 8 tries.", attempts=8, last_error="connect: timed out")
    post.ended(held, state.UNCERTAIN, kind=Kind.NUDGE, reason=UNSURE, last_error="the answer did not come: timed out")
    reach.failed(patient=usual.patient, channel="email", detail=GONE, now=clock.now())


def _called(flagged: Episode, femur: Episode) -> None:
    """Calls that wait, one of them tried."""
    post.entry(flagged, Kind.ALERT_CALL, ago=timedelta(minutes=20))
    silent = post.entry(femur, Kind.SILENCE, ago=timedelta(hours=3))
    colleague = User.objects.get(name="Jo Mbeki")
    by = Actor(colleague, Role(colleague.memberships.get().role), femur.clinic)
    calls.record(message=silent, by=by, outcome="no_answer", note="Mailbox. Will try again at noon.")
