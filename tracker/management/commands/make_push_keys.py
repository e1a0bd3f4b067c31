from __future__ import annotations

from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tracker.services import devices

ALREADY = (
    "VAPID_PRIVATE_KEY is set already. Every browser that agreed to notifications knows this installation by it; with "
    "another key all of them would have to agree anew. If you want that, unset it first."
)
MISSING = "This needs the extra `push`. Run: pip install --require-hashes -r requirements-server.txt"


class Command(BaseCommand):
    help = "Print new keys for notifications in browsers, as lines for the environment. Stores and changes nothing."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.VAPID_PRIVATE_KEY:
            raise CommandError(ALREADY)
        try:
            private, public = devices.new_keys()
        except ImportError as error:
            raise CommandError(MISSING) from error
        self.stdout.write(f"VAPID_PRIVATE_KEY={private}")
        self.stdout.write(f"VAPID_PUBLIC_KEY={public}")
        self.stdout.write(f"VAPID_CONTACT=mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}")
