"""Makes the clinics: opens them, takes the patients on, lets their stories happen, and brings everything up to now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from tracker import access, clock
from tracker.clinical.terms import Compartment, Family, Fixation, Indication, Modifier, Role
from tracker.management.demo import people, post, story
from tracker.management.demo.acts import Scene, carry_out
from tracker.management.demo.people import HELPER, HILLSIDE, RIVERSIDE, Person, Place
from tracker.models import Actor, Episode
from tracker.selectors import episodes as cases
from tracker.selectors import patients
from tracker.services import accounts, caregivers, clinics, consents, episodes, invites, joining, reminders, ticks

Staff = Mapping[Role, Actor]

JUST_NOW = timedelta(minutes=40)
HELPER_STAYS = timedelta(days=90)


def make(*, now: datetime, count: int, seed: int, tell: Callable[[str], None]) -> None:
    """Makes both clinics as of `now`, `count` patients in the first. Whoever is there already is left as they are, so
    that it goes on where it was broken off. `tell` hears how far it has come."""
    opened = {}
    for place, number in ((RIVERSIDE, count), (HILLSIDE, len(HILLSIDE.patients))):
        staff = opened[place.name] = open_clinic(place, now)
        known = _known(staff)
        for at, person in enumerate(people.patients(place, number, seed)):
            record_number = f"{place.prefix}-{1001 + at}"
            if record_number not in known:
                take_through(person, record_number, staff, now=now, seed=seed)
        tell(f"{place.name}: {number} patients")
    bring_up(now=now, riverside=opened[RIVERSIDE.name])


def catch_up(*, now: datetime) -> None:
    """After a standstill: what passing time alone changes, without telling anybody of the days in between."""
    reminders.resume(now=now)
    ticks.daily(now=now)


def bring_up(*, now: datetime, riverside: Staff) -> None:
    """Assesses everybody as of now, and lets the messages of the last days go out at their time."""
    ticks.daily(now=now)
    post.carry(now=now, physiotherapist=riverside[Role.PHYSIOTHERAPIST])


@transaction.atomic
def open_clinic(place: Place, now: datetime) -> Staff:
    """The clinic with its people; the ones that work there already where it is known."""
    known = {worker.email: accounts.user_of_email(worker.email) for worker in place.workers}
    if not any(known.values()):
        opened = clinics.open_clinic(
            name=place.name, time_zone=place.zone, phone=place.phone, emergency_number=place.emergency
        )
        for worker in place.workers:
            user = known[worker.email] = accounts.create_user(email=worker.email, name=worker.name)
            clinics.employ(clinic=opened, user=user, role=worker.role, on_duty=worker.on_duty)
    found = [access.actor(user) for user in known.values() if user is not None]
    return {actor.role: actor for actor in reversed(found) if actor is not None}


def _known(staff: Staff) -> set[str]:
    by = staff[Role.COORDINATOR]
    pages = patients.patients(by).pages
    return {row.record_number for page in range(pages) for row in patients.patients(by, page=page + 1).rows}


@transaction.atomic
def take_through(person: Person, record_number: str, staff: Staff, *, now: datetime, seed: int) -> None:
    """One patient from enrolment to now."""
    zone = ZoneInfo(staff[Role.COORDINATOR].clinic.time_zone)
    surgery = now.astimezone(zone).date() - timedelta(days=person.day)
    with clock.freeze(_instant(surgery, person.joined, 14, zone, now)) as story_clock:
        enrolment = _enrolment(person, record_number, surgery, zone.key, seed)
        episode = episodes.enrol(by=staff[Role.COORDINATOR], enrolment=enrolment)
        scene = Scene(episode, surgery, staff, _teller(person, episode, staff))
        for event in story.tell(person, cases.case(episode, now=clock.now()).plan, seed):
            story_clock.set(_instant(surgery, event.day, event.hour, zone, now))
            carry_out(event.deed, scene)
        story_clock.set(now)
        _ways_in(person, scene)


def _instant(surgery: date, day: int, hour: float, zone: ZoneInfo, now: datetime) -> datetime:
    """The instant of an hour of a post-operative day. What is told of today's later hours has just happened."""
    on = surgery + timedelta(days=day)
    midnight = datetime.combine(on, time(), zone).astimezone(UTC)
    wanted = midnight + timedelta(hours=hour)
    lately = max(midnight, now - JUST_NOW)
    if on != now.astimezone(zone).date() or wanted < lately:
        return wanted
    return lately + (now - lately) * ((wanted - lately) / timedelta(days=1))


def _teller(person: Person, episode: Episode, staff: Staff) -> Actor:
    """Who says how it goes: the patient or, before they can sign in, the physiotherapist whom they phone."""
    return staff[Role.PHYSIOTHERAPIST] if person.invited else _patient(person, episode)


def _ways_in(person: Person, scene: Scene) -> None:
    """One patient's invite is on its way; another has somebody who helps."""
    if person.invited:
        invites.invite_patient(by=scene.staff[Role.COORDINATOR], patient=scene.episode.patient)
    if person.email == HELPER.patient:
        until = scene.today + HELPER_STAYS
        link = caregivers.invite(
            by=scene.patient,
            name=HELPER.name,
            email=HELPER.email,
            relation=HELPER.relation,
            may_record=True,
            until=until,
        )
        joining.accept(invite=invites.latest(link).pk, user=None, consent=consents.CURRENT)


def _patient(person: Person, episode: Episode) -> Actor:
    user = accounts.create_user(email=person.email, name=person.name)
    accounts.give_access(patient=episode.patient, user=user)
    consents.give(by=Actor(user, Role.PATIENT, episode.clinic, episode.patient), version=consents.CURRENT)
    return access.own_episode(user, access.Do.CHECK_IN).actor


def _enrolment(person: Person, record_number: str, surgery: date, zone: str, seed: int) -> episodes.Enrolment:
    rng = Random(f"{seed}/{person.name}/details")  # noqa: S311 - made-up people, no secret
    bones_apart = Modifier.SHORT_PLATE in person.modifiers
    large = Modifier.LARGE_CORRECTION in person.modifiers
    lateral = person.procedure.family is Family.DFO and person.protocol != "dlo_std"
    return episodes.Enrolment(
        given_name=person.given,
        family_name=person.family,
        birth_date=date(person.born, rng.randint(1, 12), rng.randint(1, 28)),
        sex=person.sex,
        email=person.email,
        phone=f"+44 7700 900{rng.randint(0, 999):03d}",
        time_zone=zone,
        body_weight_kg=Decimal(person.kg),
        procedure=person.procedure,
        side=person.side,
        surgery_date=surgery,
        protocol=person.protocol,
        indication=rng.choice((Indication.OSTEOARTHRITIS,) * 4 + (Indication.DEFORMITY, Indication.INJURY)),
        compartment=Compartment.LATERAL if lateral else Compartment.MEDIAL,
        modifiers=person.modifiers,
        baseline_pain=person.pain,
        baseline_flexion=person.bend,
        record_number=record_number,
        fixation=Fixation.SHORT_PLATE if bones_apart else Fixation.LONG_LOCKING,
        plate="Short spacer plate" if bones_apart else "Long angle-stable plate",
        graft=rng.choice(("", "", "allograft wedge")) if "ow" in person.protocol else "",
        correction_planned=Decimal(rng.randint(110, 130) if large else rng.randint(55, 95)) / 10,
    )
