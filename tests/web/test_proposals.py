"""What came of a proposal, where whoever made it looks."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode, Proposal
from tracker.services import proposals

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(riverside: Staff, knee: Episode) -> Proposal:
    made = proposals.record_fact(
        episode=knee, by=riverside.physiotherapist, kind="protocol", value="mowhto_acc", reason="Moves well."
    )
    assert isinstance(made, Proposal)
    return made


def part(browser: Client, knee: Episode) -> str:
    """The section of the knee's page about what takes two; empty where there is none."""
    text = browser.get(f"/episodes/{knee.pk}/").content.decode()
    return text.split('id="proposals"')[1].split("</section>")[0] if 'id="proposals"' in text else ""


def test_whoever_proposed_reads_on_the_page_of_the_knee_that_it_waits(
    physio: Client, knee: Episode, waiting: Proposal
) -> None:
    assert "You proposed this." in part(physio, knee)


def test_whoever_proposed_reads_there_for_two_weeks_that_it_was_refused_and_why(
    riverside: Staff, physio: Client, knee: Episode, waiting: Proposal, clock: StoppedClock
) -> None:
    proposals.refuse(proposal=waiting, by=riverside.surgeon, reason="Too early, let us wait for the film.")
    for page in (part(physio, knee), physio.get("/proposals/").content.decode()):
        assert "Refused by Dr A. Osei" in page
        assert "Too early, let us wait for the film." in page
        assert "Agree and sign" not in page
    clock.advance(days=15)
    scenes.sign_in_again(physio)
    assert part(physio, knee) == ""


def test_whoever_proposed_reads_there_that_it_was_agreed_to(
    riverside: Staff, physio: Client, knee: Episode, waiting: Proposal
) -> None:
    proposals.agree(proposal=waiting, by=riverside.surgeon)
    assert "Agreed by Dr A. Osei" in part(physio, knee)


def test_a_recovery_that_ended_leaves_nothing_to_answer(surgeon: Client, knee: Episode, waiting: Proposal) -> None:
    assert "Agree and sign" in surgeon.get("/proposals/").content.decode()
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
    assert "Nothing waits for a second clinician." in surgeon.get("/proposals/").content.decode()
