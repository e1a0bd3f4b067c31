"""Whether the access table would notice: each permission check is taken out in turn, and a cell must answer wrongly.

Everything happens in this process, on a scratch database. Without mutants every cell holds; that run also tells which
cells a check decides, so that a mutant meets those first. Promise: every mutant is caught. --short takes a few, on a few
routes.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
os.environ.setdefault("LOG_LEVEL", "CRITICAL")

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import OuterRef, Subquery, Value  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from tests import conftest  # noqa: E402 - what signing in stands for in tests
from tests.access import judge  # noqa: E402
from tests.access.judge import Cell  # noqa: E402
from tests.access.world import ACTORS, World, world  # noqa: E402
from tests.benchmarks import figures  # noqa: E402
from tests.benchmarks.figures import Figures  # noqa: E402
from tracker import access, clock  # noqa: E402
from tracker.access import episodes, messages, openings, rows, rules, who  # noqa: E402
from tracker.access.rules import MAY, STEP_UP, Do  # noqa: E402
from tracker.models import (  # noqa: E402
    Actor,
    ApiToken,
    CaregiverLink,
    EmergencyAccess,
    Episode,
    Membership,
    OutboxMessage,
    Role,
)
from tracker.services import accounts  # noqa: E402
from tracker.web import presence  # noqa: E402

DOORS = (who, openings, episodes, rows, messages)
FEW_ROUTES = ("/api/v1/", "/worklist/")
FEW_ACTORS = ("physio", "auditor", "owner", "far surgeon", "commuter away", "one factor", "stale", "program", "paused")


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is taken out, how, and which cells it should turn, as `Decided.by` knows them."""

    what: str
    taken_out: Callable[[], AbstractContextManager[Any]]
    marks: tuple[str, ...]


@dataclass
class Decided:
    """Which cells each check refused, as the run without mutants saw."""

    by: dict[str, list[Cell]] = field(default_factory=lambda: defaultdict(list))

    def first(self, marks: tuple[str, ...]) -> list[Cell]:
        return [cell for mark in marks for cell in self.by[mark]]


def main() -> None:
    told = Figures("permissions", short=figures.options(__doc__).short)
    with _scratch(), clock.freeze(conftest.A_MONDAY_MORNING), transaction.atomic():
        trial = Trial(world(), told)
        trial.without_mutants()
        chosen = trial.chosen()
        caught = sum(trial.is_caught(mutant) for mutant in chosen)
        transaction.set_rollback(True)
    told.promise("caught", f"{caught}/{len(chosen)}", caught == len(chosen), "all of them")
    if not told.short:
        told.promise("mutants", len(chosen), len(chosen) >= 50, "at least 50")
    told.end()


@contextmanager
def _scratch() -> Iterator[None]:
    """An empty database of this run alone."""
    setup_test_environment(debug=False)
    with tempfile.TemporaryDirectory() as directory:
        entry = settings.DATABASES["default"]
        sqlite = "sqlite" in entry["ENGINE"]
        name = str(Path(directory) / "test.sqlite3") if sqlite else f"test_permissions_{os.getpid()}"
        connection.settings_dict["TEST"]["NAME"] = name
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        try:
            yield
        finally:
            connection.creation.destroy_test_db(entry["NAME"], verbosity=0)


class Trial:
    """The judge of the access table, on one world."""

    def __init__(self, seen: World, told: Figures) -> None:
        self.world, self.told, self.decided = seen, told, Decided()
        actors = FEW_ACTORS if told.short else ACTORS
        routes = FEW_ROUTES if told.short else ("",)
        self.cells = [cell for actor in actors for holds in routes for cell in judge.cells(actor, holds)]
        self._clients: dict[str, Client] = {}

    def without_mutants(self) -> None:
        wrong = []
        for cell in self.cells:
            with _asked() as refusals:
                wrong += self.judged(cell)
            for mark in (*refusals, f"actor {cell.actor}"):
                self.decided.by[mark].append(cell)
        self.told.figure("cells", len(self.cells))
        self.told.promise("wrong", len(wrong), not wrong, "none without a mutant")
        for sentence in wrong[:10]:
            self.told.say(f"    {sentence}")

    def chosen(self) -> list[Mutant]:
        """All; in short some of those that a cell of the few could notice."""
        every = mutants(self.decided)
        return [mutant for mutant in every if self.decided.first(mutant.marks)][::12] if self.told.short else every

    def judged(self, cell: Cell) -> list[str]:
        """A fault of the program is an answer too, and a wrong one."""
        if cell.actor not in self._clients:
            self._clients[cell.actor] = self.world.client(cell.actor)
        client = self._clients[cell.actor]
        client.raise_request_exception = False
        return judge.judged(self.world, client, cell)

    def is_caught(self, mutant: Mutant) -> bool:
        found = ""
        with mutant.taken_out():
            for cell in self._order(mutant):
                if wrong := self.judged(cell):
                    found = wrong[0]
                    break
        self.told.say(f"  {mutant.what:<72} {'caught: ' + found if found else 'NOT CAUGHT'}")
        return bool(found)

    def _order(self, mutant: Mutant) -> Iterator[Cell]:
        """First where the check refused; then everywhere."""
        first = self.decided.first(mutant.marks)
        yield from first
        met = {id(cell) for cell in first}
        yield from (cell for cell in self.cells if id(cell) not in met)


@contextmanager
def _asked() -> Iterator[list[str]]:
    """What the doors were asked and refused meanwhile, by act, by reason and by route."""
    heard: list[str] = []
    original = openings.note

    def note(user: Any, do: Do, **details: Any) -> None:
        if refused := details.get("refused"):
            route = user.presence.route if user.presence else ""
            heard.extend((refused, f"{do}:{refused}", f"route {route}:{refused}"))
        original(user, do, **details)

    with at_every_door("note", note):
        yield heard


@contextmanager
def at_every_door(name: str, instead: Any) -> Iterator[None]:
    """Each module of the doors that knows something by this name meets the other instead."""
    with ExitStack() as stack:
        for door in DOORS:
            if hasattr(door, name):
                stack.enter_context(patch.object(door, name, instead))
        yield


# --- What is taken out ----------------------------------------------------------------------------------------------


def mutants(decided: Decided) -> list[Mutant]:
    return [*HAND_MADE, *_acts(), *_step_ups(decided), *_views(decided)]


def _acts() -> Iterator[Mutant]:
    """Each act is open to every role, one at a time."""
    for do in Do:
        if MAY[do] != frozenset(Role):
            opened = lambda do=do: patch.dict(MAY, {do: frozenset(Role)})  # noqa: E731
            yield Mutant(f"every role may: {do}", opened, (f"{do}:forbidden",))


def _step_ups(decided: Decided) -> Iterator[Mutant]:
    """Each act that asks for a fresh sign-in no longer does."""
    for do in sorted(STEP_UP):
        lax = lambda do=do: patch.object(who, "STEP_UP", STEP_UP - {do})  # noqa: E731
        yield Mutant(f"no fresh sign-in is asked for: {do}", lax, (f"{do}:step_up",))


def _views(decided: Decided) -> Iterator[Mutant]:
    """Each view only asks whether the visitor belongs to the record or the clinic, not what they may do there."""
    marks = [mark for mark in decided.by if mark.startswith("route ") and not mark.endswith(":not_found")]
    for route in sorted({mark.removeprefix("route ").rsplit(":", 1)[0] for mark in marks}):
        weak = lambda route=route: _weakened(route)  # noqa: E731
        yield Mutant(
            f"the view asks for less: {route}", weak, tuple(m for m in marks if m.startswith(f"route {route}:"))
        )


@contextmanager
def _weakened(route: str) -> Iterator[None]:
    original = who._check

    def check(visitor: Any, do: Do) -> None:
        standing = visitor.user.presence
        if standing is None or standing.route != route:
            original(visitor, do)

    with patch.object(who, "_check", check):
        yield


def nothing(*_: Any, **__: Any) -> None:
    """A check that checks nothing."""


def no(owner: Any, name: str) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.object(owner, name, nothing)


def _everywhere(user: Any, clinic: str) -> Any:
    """The role in the clinic of a row, wherever they act now."""
    return Subquery(Membership.objects.filter(user=user, clinic=OuterRef(clinic)).values("role")[:1])


def _anybody(user: Any, clinic: str) -> Any:
    return Value(Role.SURGEON.value)


@contextmanager
def _emergency_writes() -> Iterator[None]:
    with patch.object(episodes, "IN_AN_EMERGENCY", frozenset(Do)):
        yield


@contextmanager
def _emergency_for_all() -> Iterator[None]:
    def opened(user: Any, episode: Any) -> Any:
        row = EmergencyAccess.objects.select_related("clinic").first()
        return row if user.presence is not None and user.presence.clinic_id is not None else None

    with patch.object(episodes, "_standing_emergency", opened):
        yield


@contextmanager
def _every_episode() -> Iterator[None]:
    """Lists without the filter by clinic and patient."""

    def all_of(visitor: Any, do: Do) -> Any:
        found = Episode.objects.select_related("patient", "clinic").filter(patient__erased_at=None)
        return found.annotate(staff_role=Value(Role.SURGEON.value))

    with ExitStack() as stack:
        for module in list(sys.modules.values()):
            if getattr(module, "__name__", "").startswith("tracker") and hasattr(module, "episodes_of"):
                stack.enter_context(patch.object(module, "episodes_of", all_of))
        yield


@contextmanager
def _erased_stays() -> Iterator[None]:
    original = episodes.open_episode

    def open_(user: Any, episode: Any, do: Do, asked: object) -> Any:
        if episode is not None:
            episode.patient.erased_at = None
        return original(user, episode, do, asked)

    with at_every_door("open_episode", open_):
        yield


@contextmanager
def _messages_of_all() -> Iterator[None]:
    def message(user: Any, public_id: Any) -> Any:
        found = OutboxMessage.objects.select_related("clinic", "patient__clinic", "episode", "occurrence", "recipient")
        found = found.annotate(staff_role=who.role_in(user, "clinic"))
        return found.filter(pk=openings.id_of(public_id)).first()

    with patch.object(messages, "_message", message):
        yield


@contextmanager
def _messages_of_every_clinic() -> Iterator[None]:
    original = messages._message

    def message(user: Any, public_id: Any) -> Any:
        found = original(user, public_id)
        if found is not None:
            found.staff_role = Role.SURGEON.value
        return found

    with patch.object(messages, "_message", message):
        yield


@contextmanager
def _links_never_lapse() -> Iterator[None]:
    def caring(user: Any, patient_id: Any = None) -> Any:
        links = CaregiverLink.objects.select_related("patient__clinic").filter(user=user, patient__erased_at=None)
        return (links.filter(patient=patient_id) if patient_id else links).first()

    with at_every_door("caring", caring):
        yield


@contextmanager
def _everybody_is_cared_for() -> Iterator[None]:
    def caring(user: Any, patient_id: Any = None) -> Any:
        return CaregiverLink.objects.select_related("patient__clinic").filter(user=user).first()

    with at_every_door("caring", caring):
        yield


@contextmanager
def _every_patient_is_the_owner() -> Iterator[None]:
    original = episodes._as_whom

    def as_whom(user: Any, episode: Any) -> Any:
        found = original(user, episode)
        if found is None and hasattr(user, "patient"):
            return Actor(user, Role.PATIENT, episode.clinic, episode.patient)
        return found

    with patch.object(episodes, "_as_whom", as_whom):
        yield


@contextmanager
def _the_first_clinic_is_taken() -> Iterator[None]:
    """Whoever works in several clinics is not asked where they act."""
    original = who._staff

    def staff(user: Any) -> Any:
        membership = Membership.objects.select_related("clinic").filter(user=user).order_by("pk").first()
        standing = user.presence
        if membership is not None and standing is not None and standing.clinic_id is None and not standing.own:
            return who.Actor(user, Role(membership.role), membership.clinic)
        return original(user)

    with patch.object(who, "_staff", staff):
        yield


@contextmanager
def _always_fresh() -> Iterator[None]:
    with patch.object(presence, "_lately", lambda record, now: True):
        yield


@contextmanager
def _left_may_come_back() -> Iterator[None]:
    from allauth.account.auth_backends import AuthenticationBackend

    with patch.object(AuthenticationBackend, "user_can_authenticate", lambda self, user: True):
        yield


@contextmanager
def _ended_tokens_stand() -> Iterator[None]:
    def standing(secret: str) -> Any:
        return ApiToken.objects.select_related("user").filter(hash=accounts._hash(secret)).first()

    with patch.object(accounts, "standing_token", standing):
        yield


@contextmanager
def _tokens_without_scopes() -> Iterator[None]:
    original = who._check_scope

    def check(scopes: Any, do: Do) -> None:
        original(frozenset({"read", "record", "treat", "sign", "export"}), do)

    with patch.object(who, "_check_scope", check):
        yield


def scope(of: Do, needs: str) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: patch.dict(rules.SCOPES, {of: needs})


@contextmanager
def _without(middleware: str) -> Iterator[None]:
    """The chain of middlewares without one of them; clients are made anew, since each keeps its own chain."""
    kept = [name for name in settings.MIDDLEWARE if not name.endswith(middleware)]
    assert len(kept) < len(settings.MIDDLEWARE), middleware
    with patch.object(settings, "MIDDLEWARE", kept), _new_chains():
        yield


@contextmanager
def _new_chains() -> Iterator[None]:
    from django.test.client import ClientHandler

    original = ClientHandler.__call__

    def anew(self: Any, environ: Any) -> Any:
        self._middleware_chain = None
        return original(self, environ)

    with patch.object(ClientHandler, "__call__", anew):
        yield


def without(middleware: str) -> Callable[[], AbstractContextManager[Any]]:
    return lambda: _without(middleware)


HAND_MADE = (
    Mutant(
        "a role counts in every clinic where one works",
        lambda: at_every_door("role_in", _everywhere),
        ("not_found",),
    ),
    Mutant("everybody is a surgeon of every clinic", lambda: at_every_door("role_in", _anybody), ("not_found",)),
    Mutant("no second factor is asked of staff", no(who, "_check_second_factor"), ("second_factor",)),
    Mutant("every sign-in is fresh", _always_fresh, ("step_up",)),
    Mutant("a token may do whatever its owner may", _tokens_without_scopes, ("scope",)),
    Mutant("a token's scopes are not looked at", no(who, "_check_scope"), ("scope",)),
    Mutant("a check-in needs no more than the scope to read", scope(Do.CHECK_IN, "read"), ("check_in:scope",)),
    Mutant("an alert needs no more than the scope to read", scope(Do.TRIAGE, "read"), ("triage:scope",)),
    Mutant("an order needs no more than the scope to read", scope(Do.ORDER, "read"), ("order:scope",)),
    Mutant("an export needs no more than the scope to read", scope(Do.EXPORT, "read"), ("export:scope",)),
    Mutant("a caregiver who may only read may write", no(who, "_check_recording"), ("check_in:forbidden",)),
    Mutant("a restricted record is worked with", no(episodes, "_check_restricted"), ("forbidden",)),
    Mutant(
        "messages about a restricted record are worked with", no(messages, "_check_workable"), ("operations:forbidden",)
    ),
    Mutant("an erased record opens", _erased_stays, ("not_found",)),
    Mutant("messages about records that went elsewhere open", _messages_of_all, ("operations:not_found",)),
    Mutant("messages of every clinic open", _messages_of_every_clinic, ("operations:not_found",)),
    Mutant("a guest in an emergency may write", _emergency_writes, ("actor guest",)),
    Mutant(
        "one emergency opens every record",
        _emergency_for_all,
        (
            "actor far surgeon",
            "read:not_found",
        ),
    ),
    Mutant("lists show every clinic", _every_episode, ("actor far surgeon",)),
    Mutant("a caregiver's time never ends", _links_never_lapse, ("actor lapsed",)),
    Mutant("a caregiver cares for everybody", _everybody_is_cared_for, ("actor reader",)),
    Mutant("every patient owns every record", _every_patient_is_the_owner, ("actor mate",)),
    Mutant("nobody is asked where they act", _the_first_clinic_is_taken, ("actor undecided",)),
    Mutant("who was deactivated comes in with an old cookie", _left_may_come_back, ("actor deactivated",)),
    Mutant("an ended token stands", _ended_tokens_stand, ("actor ended program",)),
    Mutant(
        "anybody runs the installation",
        lambda: patch.object(access, "operator", lambda visitor: visitor),
        ("actor surgeon",),
    ),
    Mutant("without the presence", without("presence.WhoIsThere"), ()),
    Mutant("without the pages of refusals", without("errors.ProblemPages"), ("forbidden",)),
)


if __name__ == "__main__":
    main()
