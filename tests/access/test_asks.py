"""Whoever is about to be asked who they are reads so beforehand: on every page with something that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY as METHODS
from django.test import Client

from tests.access.judge import ROUTES, answer, undone
from tests.access.world import STALE, World
from tracker import clock
from tracker.services import transfers

pytestmark = pytest.mark.django_db

PEOPLE = ("owner", "physio", "surgeon", "coordinator")
OF_THE_LIBRARY = ("/accounts/", "/admin/", "/api/", "/demo/", "/health/")
SAYS = "You will be asked to show that it is you."
FORM = re.compile(r'<form[^>]*method="post"[^>]*>')
ACTION = re.compile(r'action="([^"]+)"')
DOWNLOAD = re.compile(r'<a[^>]*href="([^"]+)"[^>]*\bdownload\b')


@pytest.fixture
def busy(seen: World) -> World:
    """Something waits for everybody: an offer that came and one that went, and an order that loosens."""
    transfers.ask(episode=seen.far_knee, by=seen.far.surgeon, to=seen.home.clinic.pk, reason="Moves.")
    transfers.ask(episode=seen.mates_knee, by=seen.home.surgeon, to=seen.far.clinic.pk, reason="Moves.")
    return seen


def tired(world: World, actor: str) -> Client:
    """Somebody whose sign-in is too old for what is weighty."""
    client = world.client(actor)
    session = client.session
    session[METHODS] = [{**way, "at": (clock.now() - STALE).timestamp()} for way in session[METHODS]]
    session.save()
    return client


def pages(world: World, client: Client) -> Iterator[tuple[str, str]]:
    """Every page of our own that opens, with its address."""
    for name, route in ROUTES.items():
        address = route.address(world.objects) if name.startswith("GET ") else "/accounts/"
        if address.startswith(OF_THE_LIBRARY):
            continue
        with undone():
            response = client.get(address)
        if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
            yield address, response.content.decode()


def asking(client: Client, address: str, text: str) -> list[str]:
    """What on the page leads to the question who it is."""
    forms = {found[1] if (found := ACTION.search(form)) else address for form in FORM.findall(text)}
    heard = []
    for target in sorted(forms):
        with undone():
            heard += [target] if answer(client.post(target)) == "confirm" else []
    for target in sorted(set(DOWNLOAD.findall(text))):
        with undone():
            heard += [target] if answer(client.get(target)) == "confirm" else []
    return heard


@pytest.mark.parametrize("actor", PEOPLE)
def test_every_page_with_something_that_asks_who_it_is_says_so(busy: World, actor: str) -> None:
    client = tired(busy, actor)
    asked = {address: found for address, text in pages(busy, client) if (found := asking(client, address, text))}
    silent = [
        f"{address}: {asked[address]}" for address, text in pages(busy, client) if address in asked and SAYS not in text
    ]
    assert asked, "nothing asks, so nothing was looked at"
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize("actor", PEOPLE)
def test_whoever_has_just_shown_who_they_are_does_not_read_it(busy: World, actor: str) -> None:
    said = [address for address, text in pages(busy, busy.client(actor)) if SAYS in text]
    assert not said
