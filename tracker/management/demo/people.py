"""Who is in the demo: made-up people and the knees they have, as data. Days count back from the day it is made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from tracker.clinical.terms import Family, Modifier, Procedure, Role, Sex, Side

F, M = Sex.FEMALE, Sex.MALE
LEFT, RIGHT = Side.LEFT, Side.RIGHT


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who works in a clinic. `login` is false for colleagues that only lend their names."""

    role: Role
    name: str
    login: bool = True
    on_duty: bool = True

    @property
    def email(self) -> str:
        return address(self.name)


@dataclass(frozen=True, slots=True)
class Person:
    """A patient and an operated knee. Weight in kg, bend in degrees, pain and bend as they were before surgery.

    `day` is the post-operative day today; `joined` the one on which the clinic took the patient on. `plot` is what
    brings the knee to somebody's attention today, `past` what once did; both are functions of `plots`.
    """

    given: str
    family: str
    sex: Sex
    born: int
    kg: int
    side: Side
    protocol: str
    day: int
    pain: int
    bend: int
    plot: str = ""
    past: str = ""
    modifiers: tuple[Modifier, ...] = ()
    joined: int = 0
    login: bool = False
    invited: bool = False
    """Cannot sign in yet: the invite is on its way, and what is known was told by telephone."""

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        return address(self.name)

    @property
    def procedure(self) -> Procedure:
        return PROCEDURES[self.protocol]

    @property
    def family_of_bone(self) -> Family:
        return self.procedure.family


@dataclass(frozen=True, slots=True)
class Place:
    """A clinic, its people and its patients."""

    name: str
    zone: str
    phone: str
    emergency: str
    workers: tuple[Worker, ...]
    patients: tuple[Person, ...]
    prefix: str
    """What its record numbers begin with."""


PROCEDURES = {
    "mowhto_std": Procedure.MOWHTO,
    "mowhto_acc": Procedure.MOWHTO,
    "mowhto_trad": Procedure.MOWHTO,
    "lcwhto_std": Procedure.LCWHTO,
    "mcwdfo_std": Procedure.MCWDFO,
    "lowdfo_std": Procedure.LOWDFO,
    "dlo_std": Procedure.DLO,
}


def address(name: str) -> str:
    """An address that cannot be anybody's: the domain is reserved for examples."""
    plain = name.removeprefix("Mr ").removeprefix("Ms ").lower()
    return "".join(letter if letter.isascii() and letter.isalnum() else "." for letter in plain) + "@example.org"


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who helps a patient, with a login of their own."""

    name: str
    patient: str
    """The patient's address."""
    relation: str

    @property
    def email(self) -> str:
        return address(self.name)


# Everybody who shows something stands first, so that a small demo has them too.
RIVERSIDE_PATIENTS = (
    Person("Priya", "Nair", F, 1981, 84, LEFT, "mowhto_std", 21, 6, 130, login=True),
    Person("Gareth", "Lowe", M, 1974, 92, RIGHT, "mowhto_std", 33, 5, 125, plot="tightened", login=True),
    Person("Helen", "Carmody", F, 1963, 71, RIGHT, "mowhto_std", 12, 5, 125, plot="breathless"),
    Person("Amir", "Haddad", M, 1978, 88, LEFT, "lcwhto_std", 33, 5, 130, plot="fell"),
    Person("Joanna", "Pike", F, 1971, 76, RIGHT, "mowhto_std", 26, 5, 120, plot="rising", modifiers=(Modifier.SMOKER,)),
    Person("Kwame", "Boateng", M, 1969, 95, LEFT, "mowhto_std", 45, 6, 125, plot="film_in"),
    Person("Dylan", "Marsh", M, 1988, 79, LEFT, "mowhto_std", 30, 5, 140, plot="cheerful"),
    Person("Ingrid", "Solheim", F, 1976, 66, RIGHT, "mcwdfo_std", 57, 5, 130, plot="no_film"),
    Person("Rosa", "Delgado", F, 1983, 73, RIGHT, "lowdfo_std", 50, 6, 135, plot="refused"),
    Person("Tomasz", "Wrona", M, 1985, 86, RIGHT, "mowhto_acc", 12, 4, 135, plot="day_11"),
    Person("Beatrice", "Quill", F, 1966, 81, LEFT, "mowhto_std", 100, 6, 120, plot="late_pain",
           modifiers=(Modifier.LARGE_CORRECTION,)),
    Person("Yusuf", "Karaca", M, 1980, 90, RIGHT, "lcwhto_std", 46, 5, 125, plot="stiff", modifiers=(Modifier.ACL,)),
    Person("Marjorie", "Finch", F, 1958, 112, LEFT, "mowhto_std", 30, 5, 115, plot="sore", modifiers=(Modifier.BMI_35,)),
    Person("Callum", "Reid", M, 1992, 77, LEFT, "dlo_std", 31, 4, 135, plot="silent"),
    Person("Siobhan", "Keane", F, 1973, 69, LEFT, "mcwdfo_std", 1, 5, 130, plot="unsigned", invited=True),
    Person("Leopold", "Adler", M, 1964, 83, RIGHT, "mowhto_trad", 38, 5, 125, plot="unbooked"),
    Person("Nadia", "Petrov", F, 1979, 64, RIGHT, "lowdfo_std", 133, 5, 135, plot="plate"),
    Person("Oliver", "Tennant", M, 1970, 97, RIGHT, "lcwhto_std", 24, 5, 120, plot="held", modifiers=(Modifier.DIABETES,)),
    # From here on nobody needs anybody today.
    Person("Grace", "Oyelaran", F, 1977, 72, RIGHT, "mowhto_std", 3, 6, 130),
    Person("Stefan", "Brandt", M, 1982, 85, LEFT, "mcwdfo_std", 8, 5, 130),
    Person("Lucia", "Moretti", F, 1986, 61, LEFT, "lowdfo_std", 13, 4, 140),
    Person("Ewan", "Gillespie", M, 1990, 82, LEFT, "mowhto_acc", 16, 4, 140),
    Person("Farah", "Aziz", F, 1975, 70, RIGHT, "mowhto_std", 18, 5, 125, modifiers=(Modifier.LHF_1,)),
    Person("Henrik", "Dahl", M, 1972, 91, RIGHT, "dlo_std", 24, 5, 125, joined=1),
    Person("Tamsin", "Rowe", F, 1984, 68, LEFT, "lcwhto_std", 29, 5, 135, modifiers=(Modifier.SMOKER,)),
    Person("Desmond", "Clarke", M, 1960, 87, LEFT, "mowhto_trad", 32, 5, 120, past="slipped"),
    Person("Mei", "Tanaka", F, 1989, 58, RIGHT, "mowhto_std", 34, 4, 140, modifiers=(Modifier.ROOT_REPAIR,)),
    Person("Patrick", "Nolan", M, 1968, 94, LEFT, "mowhto_std", 47, 5, 125, past="calf"),
    Person("Sunita", "Rao", F, 1980, 67, RIGHT, "mowhto_acc", 51, 4, 135),
    Person("Jakub", "Novak", M, 1991, 80, RIGHT, "lcwhto_std", 55, 5, 140, modifiers=(Modifier.ACL,)),
    Person("Ottoline", "Vane", F, 1987, 63, LEFT, "mowhto_std", 60, 5, 135, past="leak", modifiers=(Modifier.CARTILAGE_REPAIR,)),
    Person("Marcus", "Bell", M, 1976, 89, LEFT, "lowdfo_std", 61, 5, 130),
    Person("Aisling", "Byrne", F, 1978, 74, LEFT, "mowhto_trad", 66, 5, 125),
    Person("Viktor", "Sorensen", M, 1967, 93, RIGHT, "mowhto_std", 70, 5, 120, modifiers=(Modifier.LHF_3,)),
    Person("Hannah", "Stein", F, 1985, 65, RIGHT, "mcwdfo_std", 72, 4, 135, past="slipped"),
    Person("Raj", "Malhotra", M, 1974, 78, LEFT, "mowhto_std", 74, 5, 125, modifiers=(Modifier.LHF_2,)),
    Person("Connie", "Abara", F, 1965, 82, RIGHT, "mowhto_std", 88, 5, 120, modifiers=(Modifier.SHORT_PLATE,)),
    Person("Liam", "Doherty", M, 1983, 84, RIGHT, "dlo_std", 97, 5, 130, past="calf"),
    Person("Elif", "Yilmaz", F, 1970, 77, LEFT, "mowhto_std", 106, 5, 125, past="overdid", modifiers=(Modifier.SMOKER,)),
    Person("Bruno", "Castell", M, 1979, 88, LEFT, "lcwhto_std", 121, 5, 130, joined=20),
)  # fmt: skip

HILLSIDE_PATIENTS = (
    Person("Wiremu", "Parata", M, 1977, 96, LEFT, "mowhto_std", 19, 5, 125),
    Person("Fiona", "Sinclair", F, 1969, 72, RIGHT, "lcwhto_std", 52, 5, 130),
    Person("Losa", "Faleolo", F, 1982, 90, RIGHT, "mowhto_std", 28, 5, 125, plot="rising"),
)

HELPER = Helper("Dev Nair", address("Priya Nair"), "partner")

RIVERSIDE = Place(
    name="Riverside Knee Clinic",
    zone="Europe/London",
    phone="020 7946 0182",
    emergency="999",
    workers=(
        Worker(Role.PHYSIOTHERAPIST, "Maya Lindqvist"),
        Worker(Role.SURGEON, "Mr Daniel Osei"),
        Worker(Role.COORDINATOR, "Kit Lane"),
        Worker(Role.AUDITOR, "Ruth Adeyemi"),
        Worker(Role.PHYSIOTHERAPIST, "Owen Parry", login=False, on_duty=False),
    ),
    patients=RIVERSIDE_PATIENTS,
    prefix="RK",
)
HILLSIDE = Place(
    name="Hillside Orthopaedics",
    zone="Pacific/Auckland",
    phone="09 555 0164",
    emergency="111",
    workers=(
        Worker(Role.PHYSIOTHERAPIST, "Aroha Ngata"),
        Worker(Role.SURGEON, "Ms Claire Hume", login=False),
        Worker(Role.COORDINATOR, "Ben Foster", login=False),
    ),
    patients=HILLSIDE_PATIENTS,
    prefix="HO",
)

MORE_GIVEN = {
    F: "Abigail Bethan Camille Daria Edith Freya Georgina Hilde Imogen Jasmin Katya Lorna Miriam Noor Orla Petra".split(),
    M: "Aaron Bastian Cormac Davit Emil Felix Gregor Hassan Ivo Jonas Kofi Lorenzo Milo Nathan Omar Piet".split(),
}
MORE_FAMILY = (
    "Ashdown Barlow Chikwe Drummond Eriksen Fairley Grange Hollis Iqbal Jarvis Kessler Langley Mercer Norrell Oduya "
    "Prentice Quayle Rosen Stanhope Thorne Underhill Varga Wexford Yeo Zielinski"
).split()
CALM_DAYS = (5, 9, 15, 19, 24, 28, 47, 52, 60, 93, 110)
"""Days on which no gate of any ladder is near, so that a steady recovery calls for nobody."""


def patients(place: Place, count: int, seed: int) -> list[Person]:
    """The first `count` patients of a place, with further ones made up where it has fewer."""
    made_up = further(Random(f"{seed}/{place.name}"), {person.name for person in place.patients})  # noqa: S311 - no secret
    found = list(place.patients[:count])
    return found + [next(made_up) for _ in range(count - len(found))]


def further(rng: Random, taken: set[str]) -> Iterator[Person]:
    """Steady recoveries without end, no name twice."""
    while True:
        sex = rng.choice((F, M))
        given, family = rng.choice(MORE_GIVEN[sex]), rng.choice(MORE_FAMILY)
        for name in (family, f"{rng.choice(MORE_FAMILY)}-{family}", f"{family} {len(taken)}"):
            if f"{given} {name}" not in taken:
                taken.add(f"{given} {name}")
                yield _further(rng, sex, given, name)
                break


def _further(rng: Random, sex: Sex, given: str, family: str) -> Person:
    return Person(
        given,
        family,
        sex,
        born=rng.randint(1958, 1994),
        kg=rng.randint(58, 104),
        side=rng.choice((LEFT, RIGHT)),
        protocol=rng.choice(list(PROCEDURES)),
        day=rng.choice(CALM_DAYS),
        pain=rng.randint(4, 6),
        bend=rng.choice((120, 125, 130, 135, 140)),
    )
