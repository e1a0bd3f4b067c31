"""Consent: by the version of its text, each word kept, and taking it back stops what we send."""

from __future__ import annotations

import pytest
from django.template.loader import get_template

from tests import scenes
from tests.services.reminding import message
from tracker.clock import StoppedClock
from tracker.errors import Invalid
from tracker.models import AuditEvent, Consent, Episode, Kind, OutboxMessage
from tracker.selectors import consents as selector
from tracker.services import consents, reminders

pytestmark = pytest.mark.django_db


@pytest.fixture
def knee(clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic())


@pytest.mark.parametrize("version", consents.VERSIONS)
def test_every_version_that_was_ever_shown_is_kept(version: str) -> None:
    get_template(selector.text(version))


def test_each_word_is_a_row_and_the_last_one_counts(knee: Episode, clock: StoppedClock) -> None:
    me = scenes.patient(knee)
    consents.give(by=me, version=consents.CURRENT)
    clock.advance(days=1)
    consents.withdraw(by=me)
    assert knee.patient.consent_withdrawn_at == clock.instant
    clock.advance(days=1)
    consents.give(by=me, version=consents.CURRENT)
    assert (knee.patient.consent_at, knee.patient.consent_withdrawn_at) == (clock.instant, None)
    assert list(Consent.objects.order_by("at").values_list("given", flat=True)) == [True, False, True]
    told = AuditEvent.objects.filter(action__startswith="consent").order_by("pk").values_list("action", flat=True)
    assert list(told) == ["consent_given", "consent_withdrawn", "consent_given"]


def test_taken_back_it_stops_what_we_send(knee: Episode, clock: StoppedClock) -> None:
    waiting = message(knee, Kind.CHECK_IN)
    assert reminders.objection(OutboxMessage.objects.get(pk=waiting.pk), now=clock.instant) is None
    consents.withdraw(by=scenes.patient(knee))
    withheld = reminders.objection(OutboxMessage.objects.get(pk=waiting.pk), now=clock.instant)
    assert withheld is not None
    assert withheld.reason == "You have withdrawn your consent."


def test_nobody_agrees_to_a_text_that_is_no_longer_shown(knee: Episode) -> None:
    with pytest.raises(Invalid):
        consents.give(by=scenes.patient(knee), version="2020-01")


def test_only_a_patient_who_has_not_said_no_is_asked_again(knee: Episode) -> None:
    me = scenes.patient(knee)
    consents.give(by=me, version=consents.CURRENT)
    assert not selector.is_due(me.user, consents.CURRENT)
    assert selector.is_due(me.user, "a newer text")
    consents.withdraw(by=me)
    assert not selector.is_due(me.user, "a newer text")
    assert not selector.is_due(scenes.user("Sam Doe"), consents.CURRENT)
