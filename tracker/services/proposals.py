"""What loosens outside the protocol takes two clinicians: one proposes, another agrees, and only then is it done.

Each act is first tried by the one clinician alone. Where the rules let it pass it is done at once; where they ask for a
second, a proposal is stored and nothing else changes. Agreeing runs the act with all its checks as of that moment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from tracker import clock
from tracker.clinical.terms import Decision, Gate, Role
from tracker.errors import Conflict, Forbidden, Invalid, SecondNeeded
from tracker.models import Actor, Clearance, Episode, EpisodeFact, Membership, Note, Proposal
from tracker.services import audit, clearances, crossings, episodes, locks, notes

Act = Proposal.Act


def decide(
    *,
    episode: Episode,
    by: Actor,
    gate: str,
    decision: str,
    basis: str,
    decided_on: date,
    revision: int | None = None,
) -> Clearance | Proposal:
    """Decides a gate, or proposes to clear it although a criterion is not met."""
    given: dict[str, Any] = {"gate": gate, "decision": decision, "decided_on": decided_on}
    try:
        return clearances.decide(episode=episode, by=by, basis=basis, revision=revision, **given)
    except SecondNeeded as needed:
        return _propose(episode, by, Act.CLEARANCE, _coded(given), basis, revision, needed)


def record_fact(
    *,
    episode: Episode,
    by: Actor,
    kind: str,
    value: str,
    since: date | None = None,
    reason: str = "",
    revision: int | None = None,
) -> EpisodeFact | Proposal:
    """Records a fact, or proposes a protocol that allows more."""
    given: dict[str, Any] = {"kind": kind, "value": value, "since": since}
    try:
        return episodes.record_fact(episode=episode, by=by, reason=reason, revision=revision, **given)
    except SecondNeeded as needed:
        return _propose(episode, by, Act.FACT, _coded(given), reason, revision, needed)


def withdraw_fact(*, fact: EpisodeFact, by: Actor, reason: str, revision: int | None = None) -> EpisodeFact | Proposal:
    """Withdraws a fact, or proposes to where the plan would allow more without it."""
    try:
        return episodes.withdraw_fact(fact=fact, by=by, reason=reason, revision=revision)
    except SecondNeeded as needed:
        return _propose(fact.episode, by, Act.WITHDRAWAL, {"fact": str(fact.pk)}, reason, revision, needed)


@transaction.atomic
def agree(*, proposal: Proposal, by: Actor) -> Clearance | EpisodeFact:
    """Does what was proposed, in the name of both. Whatever stands in the way by now leaves the proposal waiting."""
    _answer(proposal, by, agreed=True)
    first = _proposer(proposal)
    lead, other = (by, first) if by.role is Role.SURGEON and first.role is not Role.SURGEON else (first, by)
    _check_surgeon(proposal, lead)
    return ACTS[Act(proposal.act)](proposal, lead, other)


@transaction.atomic
def refuse(*, proposal: Proposal, by: Actor, reason: str) -> Proposal:
    """Answers a proposal with no. Nothing else changes."""
    if not reason.strip():
        raise Invalid({"reason": "Say why not, so that your colleague understands."})
    _answer(proposal, by, agreed=False, digest=notes.keep(proposal.episode.patient, reason))
    return proposal


def _propose(
    episode: Episode,
    by: Actor,
    act: Act,
    said: dict[str, str],
    reason: str,
    revision: int | None,
    needed: SecondNeeded,
) -> Proposal:
    """Stores the proposal once. A colleague who would propose the same is led to the one that waits."""
    if not reason.strip():
        raise Invalid({"reason": "This takes two clinicians. Say why, so that your colleague can agree."})
    with transaction.atomic():
        locks.hold(episode, revision)
        waiting = Proposal.objects.filter(episode=episode, act=act, agreed=None)
        same = next((each for each in waiting if each.said == said), None)
        if same is not None and same.by_id != by.user.pk:
            raise Conflict("A colleague has proposed this already. Agree with it, or refuse it.", code="proposed")
        return same or _stored(episode, by, act, said, reason)


def _stored(episode: Episode, by: Actor, act: Act, said: dict[str, str], reason: str) -> Proposal:
    row = Proposal.objects.create(
        episode=episode,
        act=act,
        said=said,
        by=by.user,
        role=by.role,
        at=clock.now(),
        reason_digest=notes.keep(episode.patient, reason),
    )
    audit.note(by, "proposed", episode, row.pk, act=act)
    crossings.proposed(proposal=row, now=row.at)
    return row


def _coded(given: Mapping[str, Any]) -> dict[str, str]:
    """As JSON has it; what was not given is left out."""
    return {name: str(value) for name, value in given.items() if value is not None}


def _answer(proposal: Proposal, by: Actor, *, agreed: bool, digest: str = "") -> None:
    """Once, and by another than the one who proposed: the database refuses that too."""
    locks.hold(proposal.episode)
    if by.user.pk == proposal.by_id:
        raise Forbidden("You proposed this yourself. It takes another clinician.", code="alone")
    now = clock.now()
    given = {"answered_by": by.user, "answered_at": now, "agreed": agreed, "answer_digest": digest}
    if not Proposal.objects.filter(pk=proposal.pk, agreed=None).update(**given):
        raise Conflict("This was answered already.", code="answered")
    audit.note(by, "proposal agreed" if agreed else "proposal refused", proposal.episode, proposal.pk, act=proposal.act)
    proposal.refresh_from_db()
    crossings.proposal_answered(proposal=proposal, now=now)


def _proposer(proposal: Proposal) -> Actor:
    """Whoever proposed, in the role that they have now. Raises Conflict when they no longer treat patients here."""
    clinic = proposal.episode.clinic
    clinicians = (Role.PHYSIOTHERAPIST, Role.SURGEON)
    rows = Membership.objects.filter(user=proposal.by_id, clinic=clinic, role__in=clinicians, user__is_active=True)
    row = rows.select_related("user").first()
    if row is None:
        raise Conflict("Whoever proposed this no longer treats patients here. Propose it anew.", code="gone")
    return Actor(row.user, Role(row.role), clinic)


def needs_surgeon(proposal: Proposal) -> bool:
    """Whether one of the two must be a surgeon: to clear a gate against its criteria, always."""
    return proposal.act == Act.CLEARANCE


def _check_surgeon(proposal: Proposal, lead: Actor) -> None:
    if needs_surgeon(proposal) and lead.role is not Role.SURGEON:
        raise Forbidden("One of the two must be a surgeon. Ask a surgeon to agree.", code="surgeon")


def _reason(proposal: Proposal) -> str:
    found = Note.objects.filter(patient=proposal.episode.patient, digest=proposal.reason_digest)
    return found.values_list("text", flat=True).first() or ""


def _clear(proposal: Proposal, lead: Actor, other: Actor) -> Clearance:
    said = proposal.said
    return clearances.decide(
        episode=proposal.episode,
        by=lead,
        gate=Gate(said["gate"]),
        decision=Decision(said["decision"]),
        basis=_reason(proposal),
        decided_on=date.fromisoformat(said["decided_on"]),
        second=other,
    )


def _record(proposal: Proposal, lead: Actor, other: Actor) -> EpisodeFact:
    said = proposal.said
    return episodes.record_fact(
        episode=proposal.episode,
        by=lead,
        kind=said["kind"],
        value=said["value"],
        since=date.fromisoformat(said["since"]) if "since" in said else None,
        reason=_reason(proposal),
        second=other,
    )


def _withdraw(proposal: Proposal, lead: Actor, other: Actor) -> EpisodeFact:
    fact = EpisodeFact.objects.select_related("episode__patient", "episode__clinic").get(pk=proposal.said["fact"])
    return episodes.withdraw_fact(fact=fact, by=lead, reason=_reason(proposal), second=other)


ACTS: dict[Proposal.Act, Callable[[Proposal, Actor, Actor], Clearance | EpisodeFact]] = {
    Act.CLEARANCE: _clear,
    Act.FACT: _record,
    Act.WITHDRAWAL: _withdraw,
}
