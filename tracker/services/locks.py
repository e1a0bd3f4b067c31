"""Every clinical write takes the same lock: the episode's row.

The lock keeps other holders out, not whoever only names the row, such as the planner storing an occurrence: two that
name several rows in different order would else wait for each other for ever.
"""

from __future__ import annotations

from tracker.errors import Conflict
from tracker.models import Clinic, Episode, Patient

RESTRICTED = "This record is restricted: nobody reads what is written in it. Call the clinic."

CLOSED = (
    "This episode is closed, so nothing more can be recorded in it. "
    "Call the clinic on {phone}: a surgeon there can open it again."
)


def hold(episode: Episode, revision: int | None = None) -> None:
    """Locks the episode for this transaction and refuses what has been overtaken.

    `revision` is the number that the writer saw; None means that the writer does not mind. Raises Conflict when it
    has moved on, when the episode is closed, or the record restricted. On SQLite the transaction itself is the lock.
    """
    if _locked(episode) != Episode.State.OPEN:
        raise Conflict(CLOSED.format(phone=episode.clinic.phone or "its number"), code="closed")
    _check_revision(episode, revision)


def hold_closed(episode: Episode, revision: int | None = None) -> None:
    """The same lock, for taking up a recovery that is closed. Raises Conflict where it is open."""
    if _locked(episode) == Episode.State.OPEN:
        raise Conflict("This episode is open already: nothing has to be reopened.", code="open")
    _check_revision(episode, revision)


def _locked(episode: Episode) -> str:
    """Its state, as it is now."""
    rows = Episode.objects.select_related("patient").only("revision", "state", "patient__restricted_at")
    row = rows.select_for_update(of=("self",), no_key=True).get(pk=episode.pk)
    episode.revision = row.revision
    if row.patient.restricted_at is not None:
        raise Conflict(RESTRICTED, code="restricted")
    return row.state


def _check_revision(episode: Episode, revision: int | None) -> None:
    if revision is not None and revision != episode.revision:
        raise Conflict(code="revision", current=episode)


def move_on(episode: Episode) -> None:
    """Counts a write that can change what is allowed, so that an older view of it is noticed."""
    episode.revision += 1
    Episode.objects.filter(pk=episode.pk).update(revision=episode.revision)


def hold_clinic(clinic: Clinic) -> None:
    """Locks the clinic for this transaction: two people enrolling the same patient at once wait for each other."""
    Clinic.objects.select_for_update(no_key=True).only("pk").get(pk=clinic.pk)


def hold_patient(patient: Patient) -> Patient:
    """Locks the patient for this transaction, and answers them as they are now: so that one way in stands at a time."""
    rows = Patient.objects.select_related("clinic").select_for_update(of=("self",), no_key=True)
    return rows.get(pk=patient.pk)
