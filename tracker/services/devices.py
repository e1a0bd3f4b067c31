"""Browsers that agreed to show notifications to the person signed in there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from tracker.channels import push
from tracker.errors import Invalid
from tracker.models import PushSubscription, User

MOST = 5
"""Browsers a person; a further one takes the place of the oldest, which is likely to be gone."""
LONGEST_ENDPOINT = PushSubscription._meta.get_field("endpoint").max_length or 0
LONGEST_NAME = PushSubscription._meta.get_field("device").max_length or 0
TRY_AGAIN = "This browser did not say how to reach it. Reload the page and try again."
UNKNOWN_SERVICE = "This browser's notifications come by a service that we do not know. Use e-mail instead."


@transaction.atomic
def subscribe(
    *, user: User, endpoint: str, p256dh: str, auth: str, now: datetime, device: str = ""
) -> PushSubscription:
    """Keeps a browser of this user. One that belonged to somebody else belongs to whoever is signed in there now.

    Raises Invalid for an address outside the push services that are known, since messages will be sent there.
    """
    if not push.is_known(endpoint) or len(endpoint) > LONGEST_ENDPOINT:
        raise Invalid({"endpoint": UNKNOWN_SERVICE})
    if not push.are_keys(p256dh, auth):
        raise Invalid({"keys": TRY_AGAIN})
    details = {"user": user, "p256dh": p256dh, "auth": auth, "device": device[:LONGEST_NAME], "created_at": now}
    kept, _ = PushSubscription.objects.update_or_create(details, endpoint=endpoint)
    surplus = PushSubscription.objects.filter(user=user).order_by("-created_at", "-pk").values("pk")[MOST:]
    PushSubscription.objects.filter(pk__in=list(surplus.values_list("pk", flat=True))).delete()
    return kept


def forget(*, user: User, device_id: UUID) -> bool:
    """Forgets a browser of this user. False where there is none of theirs by that id."""
    return bool(PushSubscription.objects.filter(user=user, pk=device_id).delete()[0])


def gone(*, endpoints: Sequence[str]) -> int:
    """Forgets the browsers that their push services no longer know. Returns how many."""
    return PushSubscription.objects.filter(endpoint__in=endpoints).delete()[0]


def of(*, user: User) -> list[PushSubscription]:
    """The browsers of this user, the newest first."""
    return list(PushSubscription.objects.filter(user=user).order_by("-created_at", "-pk"))


def new_keys() -> tuple[str, str]:
    """A new private and public key by which push services know this installation. Raises ImportError without `push`."""
    return push.new_keys()
