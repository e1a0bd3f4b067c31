"""This program takes no files: not to show, not to keep, not to look into."""

from __future__ import annotations

from typing import Any, Never

from django.core.files.uploadhandler import FileUploadHandler


class NotTaken(Exception):  # noqa: N818 - a refusal, not a fault
    """Somebody sent a file."""


class NoFiles(FileUploadHandler):
    """Refuses a file at its first word, before anything of it is kept."""

    def new_file(self, *args: Any, **named: Any) -> Never:
        raise NotTaken

    def receive_data_chunk(self, raw_data: bytes, start: int) -> Never:
        raise NotTaken

    def file_complete(self, file_size: int) -> Never:
        raise NotTaken
