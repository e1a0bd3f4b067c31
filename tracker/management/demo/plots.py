"""What is not steady: for every reason on the worklist somebody it fits, and troubles that were dealt with long ago."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from tracker.clinical.terms import Gate
from tracker.management.demo.deeds import Answer, Book, Event, Look, Measure, Release, See, Sign, Tighten
from tracker.management.demo.tale import Tale

LEFT_OPEN = {"film_in": Gate.G6, "no_film": Gate.G8, "day_11": Gate.W11}
"""The gate whose decision is still missing."""
REFUSED = {"refused": (Gate.G6, "Film: no callus in the gap yet, screws unchanged. New film in two weeks.")}
"""The gate that was refused, and on what ground."""

# --- Pain that does not follow the model ----------------------------------------------------------------------------


def _always_seven(day: int) -> int:
    return 7


def _easy(day: int) -> int:
    return 4 if day < 6 else 3 if day < 12 else 2 if day < 20 else 1


COMES_BACK = ((5, 6), (18, 5), (40, 4), (55, 3), (80, 2), (93, 3))


def _comes_back(day: int) -> int:
    """Falls as it should until week 11, then creeps up."""
    return next((score for before, score in COMES_BACK if day < before), 4)


PAIN: dict[str, Callable[[int], int]] = {"sore": _always_seven, "cheerful": _easy, "late_pain": _comes_back}

# --- Today ----------------------------------------------------------------------------------------------------------


def breathless(tale: Tale) -> None:
    note = "Short of breath since last night, and my calf is sore."
    tale.say(tale.today, pain_load=4, symptoms=["breathless", "calf_sore"], note=note)


def fell(tale: Tale) -> None:
    pain = min(6, _usual(tale, tale.today) + 3)
    note = "Slipped on the kitchen step last night. It hurts more when I stand."
    tale.say(
        tale.today, pain_load=pain, pain_worst=pain + 1, fall="fall", can_load=True, swelling="moderate", note=note
    )


def rising(tale: Tale) -> None:
    before = _usual(tale, tale.today - 1)
    for ago, more in ((1, 2), (0, 3)):
        pain = before + more
        tale.say(tale.today - ago, pain_load=pain, pain_worst=min(7, pain + 1), swelling="moderate")
    tale.say(tale.today, note="Worse since yesterday. I have not done anything different.")


def _usual(tale: Tale, before: int) -> int:
    """The usual pain of the week before a day, with enough reports in it to be one."""
    scores = [tale.pain[day] for day in range(before - 7, before) if day in tale.pain]
    usual = int(median(scores))
    for day in range(before - 4, before):
        if day not in tale.pain:
            tale.say(day, pain_load=usual)
    return usual


def silent(tale: Tale) -> None:
    last = tale.today - 6
    tale.diary = {day: said for day, said in tale.diary.items() if day < last}
    tale.say(last, pain_load=3, reported_load="touch", aids="two_crutches")
    tale.do(tale.today, 8.5, Look(again=1))


def cheerful(tale: Tale) -> None:
    more = {"pain_load": 1, "pain_worst": 2, "aids": "one_crutch", "exercises": "all"}
    tale.say(tale.today - 3, **more, reported_load="most", note="Feels great. Carried the shopping in.")
    tale.say(tale.today, **more, reported_load="full", note="Walked to the shop without thinking about it!")


def tightened(tale: Tale) -> None:
    """The physiotherapist saw a swollen knee yesterday; the patient has not looked since."""
    yesterday = tale.today - 1
    tale.say(yesterday, pain_load=4, swelling="moderate", note="Knee is fat after a long day on my feet.")
    tale.do(yesterday, 14.5, Measure("flexion", 95))
    reason = "Knee swollen and warm after long standing. Touch weight for one week, then we look again."
    tale.do(yesterday, 15, Tighten(20, reason))


def film_in(tale: Tale) -> None:
    tale.say(tale.today, pain_load=2, pain_worst=3, swelling="none", note="Is there news about my X-ray?")


def no_film(tale: Tale) -> None:
    tale.say(tale.today, pain_load=2, pain_worst=3, swelling="none", note="When is my next X-ray?")


def refused(tale: Tale) -> None:
    tale.do(tale.today, 8.4, Look(again=2))


def day_11(tale: Tale) -> None:
    for ago in (2, 1, 0):
        tale.say(tale.today - ago, pain_load=3, pain_worst=4, swelling="mild")


def unbooked(tale: Tale) -> None:
    tale.events = [each for each in tale.events if not isinstance(each.deed, Book)]


def unsigned(tale: Tale) -> None:
    tale.events = [each for each in tale.events if not isinstance(each.deed, Sign | See)]
    tale.diary.clear()


def late_pain(tale: Tale) -> None:
    note = "Deep ache where the bone was cut, every time I step down."
    tale.say(tale.today, pain_load=5, pain_worst=6, pain_site="bone_cut", note=note)


def stiff(tale: Tale) -> None:
    """The bend stays behind, and at the last visit it was not yet overdue."""
    tale.events = [each for each in tale.events if not _measures_bend(each)]
    for day, degrees in ((10, 60), (17, 70), (30, 80), (40, 85)):
        tale.do(day, 14.5, Measure("flexion", degrees))
    tale.do(tale.today, 8.2, Look(again=1))


def _measures_bend(event: Event) -> bool:
    return isinstance(event.deed, Measure) and event.deed.kind == "flexion"


def sore(tale: Tale) -> None:
    for said in tale.diary.values():
        said |= {"pain_worst": 7, "pain_eased": True, "analgesia": "simple"}
    tale.say(tale.today - 3, pain_load=7, pain_eased=True)
    tale.say(tale.today, pain_load=7, pain_eased=True, note="Still sore all day, the tablets take the edge off.")


def plate(tale: Tale) -> None:
    note = "Sore over the metal when I kneel or knock it. Walking is fine."
    tale.say(tale.today, pain_load=1, pain_worst=2, pain_site="plate", symptoms=["plate_sore"], note=note)
    tale.do(tale.today, 8.6, Look(again=7))


def held(tale: Tale) -> None:
    """The alert is closed, and the load still waits for somebody to free it."""
    day = tale.today - 5
    tale.say(day, symptoms=["calf_sore"], note="Calf is sore and feels tight.")
    tale.do(day, 20.5, Answer("Called: scan today.", "seen", "Ultrasound: no clot. Surgeon to free the load."))


# --- Long ago -------------------------------------------------------------------------------------------------------


def calf(tale: Tale) -> None:
    tale.say(9, symptoms=["calf_sore"], note="My calf is sore.")
    tale.do(9, 20.5, Answer("Called: scan this evening.", "seen", "Ultrasound: no clot. Ankle pumps, stockings."))
    tale.do(10, 10.5, Release("No clot on ultrasound, calf soft and of equal girth."))
    tale.do(10, 20, See())


def slipped(tale: Tale) -> None:
    tale.say(24, fall="slip", can_load=True, note="Slipped in the shower, caught myself on the rail.")
    tale.do(25, 9.5, Answer("Called this morning.", "advice", "No more pain, no swelling, loads as before. Bath mat."))


def leak(tale: Tale) -> None:
    """Without pain at rest, or it would have been a matter of the same day."""
    tale.say(5, symptoms=["wound_leak"], note="A little clear fluid on the dressing.")
    tale.diary[5] = {name: said for name, said in tale.diary[5].items() if name not in ("pain_rest", "pain_night")}
    tale.do(6, 9.5, Answer("Asked for a photo.", "review", "Photo: clear spot, no redness. Nurse saw it, dry since."))


def overdid(tale: Tale) -> None:
    for day in (26, 28):
        tale.say(day, pain_load=2, reported_load="full", aids="one_crutch")
    tale.do(29, 9.5, Answer("Called.", "advice", "Understood why not before the film. Back to half weight."))


PLOTS: dict[str, Callable[[Tale], None]] = {
    plot.__name__: plot
    for plot in (
        breathless, fell, rising, silent, cheerful, tightened, film_in, no_film, refused, day_11, unbooked, unsigned,
        late_pain, stiff, sore, plate, held, calf, slipped, leak, overdid,
    )
}  # fmt: skip
