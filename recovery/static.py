from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.management import call_command
from whitenoise.storage import CompressedManifestStaticFilesStorage


class Static(CompressedManifestStaticFilesStorage):
    """Static files under hashed names, of which only our own are compressed.

    Compressing the API reference and the admin as well would make the first start of the demo take half a minute,
    for pages that a patient never opens.
    """

    def compress_files(self, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
        yield from super().compress_files([path for path in paths if path.startswith("tracker/")])


def collect() -> None:
    """Put the static files where this process serves them from. For the demo, which nobody deploys; safe to repeat."""
    call_command("collectstatic", interactive=False, verbosity=0)
