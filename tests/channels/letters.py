"""The letter that the tests of the channels send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracker.channels import Letter

NOW = datetime(2026, 6, 15, 8, 0, tzinfo=UTC)
LETTER = Letter(
    to="robin@example.org",
    sender="Recovery <recovery@clinic.example>",
    subject="Time for your check-in",
    text="Hello Zoë,\n\n.a line that begins with a dot\n",
    html="<p>Hello Zoë</p>",
    message_id="<one@clinic.example>",
    date=NOW,
    unsubscribe="https://clinic.example/unsubscribe/" + "a-long-token." * 12 + "/",
    short="Time for your check-in.",
    link="https://clinic.example/l/AbCdEfGhIjK/",
    expires_at=NOW + timedelta(hours=6),
)
