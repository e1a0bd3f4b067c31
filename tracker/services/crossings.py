"""What one clinician asks of another: who hears that it waits, and who that it was answered.

Told where it happens, in its transaction. An answer takes back whatever has not left by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tracker.models import Clinic, Episode, Kind, Occurrence, Proposal, Transfer, User
from tracker.selectors import duty
from tracker.selectors import proposals as proposed_rows
from tracker.selectors import transfers as offered_rows
from tracker.selectors.episodes import local_date
from tracker.services import notices, outbox
from tracker.services.outbox import Telling

ANSWERED = "It was answered, or taken back."


def proposed(*, proposal: Proposal, now: datetime) -> None:
    """Tells those who may agree, of them the ones on duty."""
    episode = proposal.episode
    readers = duty.seconds(episode.clinic, proposal.by_id, surgeon=proposed_rows.takes_surgeon(proposal))
    outbox.enqueue([_telling(Kind.PROPOSAL_WAITS, proposal, episode.clinic, readers, now, episode)], now=now)


def proposal_answered(*, proposal: Proposal, now: datetime) -> None:
    """Tells whoever proposed it."""
    episode = proposal.episode
    _take_back(Kind.PROPOSAL_WAITS, proposal, now)
    telling = _telling(Kind.PROPOSAL_ANSWERED, proposal, episode.clinic, [proposal.by], now, episode)
    outbox.enqueue([telling], now=now)


def offered(*, transfer: Transfer, now: datetime) -> None:
    """Tells the clinicians on duty in the clinic that may take the patient."""
    clinic = transfer.to_clinic
    outbox.enqueue([_telling(Kind.TRANSFER_OFFERED, transfer, clinic, duty.on_duty(clinic), now)], now=now)


def offer_answered(*, transfer: Transfer, now: datetime) -> None:
    """Tells whoever offered the patient."""
    telling = _telling(Kind.TRANSFER_ANSWERED, transfer, transfer.from_clinic, [transfer.asked_by], now)
    outbox.enqueue([telling], now=now)


def offer_ended(*, transfer: Transfer, now: datetime) -> None:
    """However it ended, nobody needs to look at it any more."""
    _take_back(Kind.TRANSFER_OFFERED, transfer, now)


def waits(kind: str, slot: str) -> bool:
    """Whether what an occurrence of that kind is about can still be answered."""
    if kind == Kind.PROPOSAL_WAITS:
        return proposed_rows.answerable().filter(pk=slot).exists()
    return offered_rows.answerable().filter(pk=slot).exists()


def _take_back(kind: Kind, about: Proposal | Transfer, now: datetime) -> None:
    notices.take_back(Occurrence.objects.filter(rule=kind, slot=str(about.pk)), reason=ANSWERED, now=now)


def _telling(
    kind: Kind,
    about: Proposal | Transfer,
    clinic: Clinic,
    readers: Sequence[User],
    now: datetime,
    episode: Episode | None = None,
) -> Telling:
    """An offer hangs on the clinic alone: the patient is not yet, or no longer, that clinic's."""
    occurrence = Occurrence(
        patient=None if episode is None else episode.patient,
        clinic=clinic if episode is None else None,
        episode=episode,
        rule=kind,
        local_date=local_date(now, clinic.time_zone),
        slot=str(about.pk),
        due_at=now,
        created_at=now,
    )
    return Telling(occurrence, clinic, readers)
