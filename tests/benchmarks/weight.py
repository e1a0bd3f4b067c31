"""What a first visit to each page weighs, compressed as it is sent, with everything the page makes a browser fetch.

Promises: the worklist of 200 at most 40 KiB, the check-in at most 20 KiB, it and the answer to it in at most 4
requests, Today with its chart at most 60 KiB; no page fetches a font or names another site. The icon is weighed but is
no request of the page: a browser fetches it afterwards, once. Needs no server.
"""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from django.test import Client

from tests.benchmarks import figures, ground, people, seed
from tests.benchmarks.figures import Figures
from tests.scenes import Staff
from tracker.models import CheckIn, Episode

KNEES, DAYS = 200, 60
FETCHED = {"stylesheet": "css", "modulepreload": "js", "preload": "other", "manifest": "other", "icon": "icon"}
NAMED_IN_STYLE = re.compile(r"""@import\s+["']([^"']+)|url\(\s*["']?(?!data:)([^"')#]+)""")
NAMED_IN_SCRIPT = re.compile(r"""(?:from|import)\s*\(?\s*["'](\.{0,2}/[^"']+)["']""")


@dataclass(frozen=True, slots=True)
class Page:
    """A page, who looks at it, and what it may weigh (KiB) in how many requests at most."""

    name: str
    path: str
    browser: Mapping[str, str] = field(default_factory=dict)
    most: float | None = None
    requests: int | None = None


class Named(HTMLParser):
    """What a page makes a browser fetch: kind and address."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "img", "source", "iframe", "video", "audio") and "src" in given:
            self.found.append(("js" if tag == "script" else "image", given["src"]))
        elif tag == "link" and given.get("rel") in FETCHED:
            self.found.append((FETCHED[given["rel"]], given["href"]))


@dataclass(slots=True)
class Visit:
    """Compressed bytes by kind, requests of the page, and what it must not have asked for."""

    bytes: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    fonts: list[str] = field(default_factory=list)
    offsite: list[str] = field(default_factory=list)

    @property
    def kib(self) -> float:
        return sum(self.bytes.values()) / 1024


def main() -> None:
    told = Figures("weight", short=figures.options(__doc__).short)
    with ground.database():
        ground.collect()
        staff = seed.clinic()
        knees = seed.different(staff, number=KNEES, days=DAYS)
        visits = {page.name: (page, visit(page)) for page in pages(staff, knees[0])}
        rows = len(re.findall(r'<tr id="e', fetch("/worklist/?need=all", visits["worklist"][0].browser)[1]))
    told.say(f"  worklist of {rows} rows; KiB compressed")
    told.say(f"  {'page':<18} {'requests':>8} {'total':>7} {'html':>6} {'css':>6} {'js':>6} {'image':>6} {'icon':>6}")
    for page, seen in visits.values():
        told.say(row(page, seen))
    judge(told, visits)
    told.promise("rows", rows, rows == KNEES, f"{KNEES} on the page")
    told.end()


def pages(staff: Staff, knee: Episode) -> Iterator[Page]:
    patient, physio, surgeon = people.browsers(
        [*people.patients([knee]), staff.physiotherapist.user, staff.surgeon.user]
    )
    last = CheckIn.objects.filter(episode=knee).latest("date")
    yield Page("sign-in", "/accounts/login/")
    yield Page("today", "/today/", patient, most=60)
    yield Page("check-in", "/check-in/", patient, most=20, requests=4)
    yield Page("check-in-done", f"/check-in/done/{last.pk}/", patient, requests=4)
    yield Page("progress", "/progress/", patient)
    yield Page("plan", "/plan/", patient)
    yield Page("settings", "/settings/", patient)
    yield Page("worklist", "/worklist/?need=all", physio, most=40)
    yield Page("episode", f"/episodes/{knee.pk}/", surgeon)
    yield Page("alerts", "/alerts/", physio)
    yield Page("enrolment", "/episodes/new/", physio)
    yield Page("patients", "/patients/", physio)
    yield Page("protocols", "/protocols/", physio)
    yield Page("protocol", "/protocols/mowhto_std/", physio)


def visit(page: Page) -> Visit:
    seen, known = Visit(), set[str]()
    size, text = fetch(page.path, page.browser)
    seen.bytes["html"], seen.requests = size, 1
    waiting = Named(text).found
    while waiting:
        kind, name = waiting.pop()
        address = urljoin(page.path, name)
        if address in known:
            continue
        known.add(address)
        if not address.startswith("/") or address.startswith("//"):
            seen.offsite.append(address)
            continue
        if re.search(r"\.(woff2?|ttf|otf|eot)\b", address):
            seen.fonts.append(address)
        size, text = fetch(address, {})
        seen.bytes[kind] += size
        seen.requests += kind != "icon"
        waiting += [(each_kind, urljoin(address, each)) for each_kind, each in inside(kind, text)]
    return seen


def inside(kind: str, text: str) -> Iterator[tuple[str, str]]:
    """What a style sheet or a script names in its turn."""
    if kind == "css":
        for style, other in NAMED_IN_STYLE.findall(text):
            yield ("css", style) if style else ("image", other)
    elif kind == "js":
        yield from (("js", name) for name in NAMED_IN_SCRIPT.findall(text))


def fetch(path: str, browser: Mapping[str, str]) -> tuple[int, str]:
    """Bytes as sent to a browser that takes gzip, and the text."""
    answer = Client(headers={"host": ground.HOST, "accept-encoding": "gzip", **browser}).get(path, secure=True)
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    sent = b"".join(answer.streaming_content) if answer.streaming else answer.content
    plain = gzip.decompress(sent) if answer.get("Content-Encoding") == "gzip" else sent
    return len(sent), plain.decode(errors="replace")


def row(page: Page, seen: Visit) -> str:
    kinds = " ".join(f"{seen.bytes[kind] / 1024:6.1f}" for kind in ("html", "css", "js", "image", "icon"))
    return f"  {page.name:<18} {seen.requests:>8} {seen.kib:7.1f} {kinds}"


def judge(told: Figures, visits: Mapping[str, tuple[Page, Visit]]) -> None:
    for name, (page, seen) in visits.items():
        if page.most is not None:
            told.promise(f"{name}_kib", round(seen.kib, 1), seen.kib <= page.most, f"<= {page.most:g} KiB")
        if page.requests is not None:
            told.promise(f"{name}_requests", seen.requests, seen.requests <= page.requests, f"<= {page.requests}")
    heaviest = max(visits.values(), key=lambda each: each[1].kib)
    told.figure("heaviest_kib", round(heaviest[1].kib, 1), note=heaviest[0].name)
    fonts = sorted({name for _, seen in visits.values() for name in seen.fonts})
    offsite = sorted({name for _, seen in visits.values() for name in seen.offsite})
    told.promise("fonts", len(fonts), not fonts, "none" + "".join(f" {name}" for name in fonts))
    told.promise("offsite", len(offsite), not offsite, "none" + "".join(f" {name}" for name in offsite))


if __name__ == "__main__":
    main()
