"""Short addresses in text messages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests.conftest import A_MONDAY_MORNING as NOW
from tracker.clock import StoppedClock
from tracker.models import ShortLink
from tracker.services import links

pytestmark = pytest.mark.django_db


def test_a_short_link_leads_to_its_page_where_one_signs_in_as_always(client: Client, clock: StoppedClock) -> None:
    short = links.shorten(path="/check-in/", now=NOW)
    followed = client.get(short)
    assert (followed.status_code, followed.headers["Location"]) == (302, "/check-in/")
    assert "no-store" in followed.headers["Cache-Control"]
    assert client.get(short, follow=True).redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_short_link_is_short_and_its_code_cannot_be_guessed(clock: StoppedClock) -> None:
    paths = [f"/episodes/{number}/" for number in range(200)]
    shorts = {links.shorten(path=path, now=NOW) for path in paths}
    assert len(shorts) == 200
    assert all(len(short) <= 15 for short in shorts)
    assert links.RANDOM_BYTES * 8 >= 48


def test_following_a_link_changes_nothing_and_a_head_is_answered_alike(client: Client, clock: StoppedClock) -> None:
    short = links.shorten(path="/today/", now=NOW)
    before = list(ShortLink.objects.values())
    for _ in range(20):
        assert client.get(short).status_code == client.head(short).status_code == 302
    assert client.post(short).status_code == 405
    assert list(ShortLink.objects.values()) == before


@pytest.mark.parametrize("code", ["unknown", "AAAAAAAAAAA", "x" * 200])
def test_a_link_that_nobody_gave_out_says_where_to_go(client: Client, clock: StoppedClock, code: str) -> None:
    page = client.get(f"/l/{code}/")
    assert page.status_code == 404
    assert "This link has ended" in page.content.decode()
    assert client.head(f"/l/{code}/").status_code == 404


def test_a_link_ends_after_thirty_days(client: Client, clock: StoppedClock) -> None:
    short = links.shorten(path="/today/", now=NOW)
    clock.set(NOW + timedelta(days=30) - timedelta(seconds=1))
    assert client.get(short).status_code == 302
    clock.set(NOW + timedelta(days=30))
    assert client.get(short).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/today/\nLocation: https://evil.example/",
        "/accounts/logout/",
        "/admin/",
        "/api/v1/me/",
        "/l/AAAAAAAAAAA/",
        "javascript:alert(1)",
        "today/",
        "",
    ],
)
def test_a_short_link_leads_to_no_other_place_than_the_pages_that_messages_point_to(
    client: Client, clock: StoppedClock, path: str
) -> None:
    with pytest.raises(ValueError, match="not a page"):
        links.shorten(path=path, now=NOW)
    ShortLink.objects.create(code="bent", path=path, created_at=NOW, expires_at=NOW + timedelta(days=1))
    assert client.get("/l/bent/").status_code == 404


def test_ten_thousand_messages_to_one_page_need_one_link(clock: StoppedClock) -> None:
    first = links.shorten(path="/check-in/", now=NOW)
    assert {links.shorten(path="/check-in/", now=NOW + timedelta(hours=hour)) for hour in range(24)} == {first}
    assert links.shorten(path="/check-in/", now=NOW + timedelta(days=2)) != first


def test_links_that_have_ended_are_cleared_away(clock: StoppedClock) -> None:
    links.shorten(path="/today/", now=NOW)
    links.shorten(path="/plan/", now=NOW + timedelta(days=31))
    assert list(ShortLink.objects.values_list("path", flat=True)) == ["/plan/"]
