"""Who is to be told what, and when: planned by the calendar, or on the spot when something happened.

`start`, `change`, `allow`, `quiet` and `rezone` keep what a patient wants; `plan` makes it due; `restriction_changed`
tells at once; `objection` asks at the last moment whether a message is still wanted, and `letter` writes it; `checked_in`
and `read` end what the patient has made pointless, `ended` what the end of a recovery has, until it has `begun_again`.
"""

from tracker.services.reminders.done import checked_in, read
from tracker.services.reminders.endings import begun_again, ended
from tracker.services.reminders.events import restriction_changed, restriction_seen
from tracker.services.reminders.letters import letter
from tracker.services.reminders.optout import read_token, unsubscribe, unsubscribe_token
from tracker.services.reminders.planner import plan, preview, resume
from tracker.services.reminders.recheck import objection
from tracker.services.reminders.trial import test
from tracker.services.reminders.verdicts import Postponed, Withheld
from tracker.services.reminders.ways import next_channel
from tracker.services.reminders.wishes import allow, change, moved, quiet, rezone, start, start_all

__all__ = [
    "Postponed",
    "Withheld",
    "allow",
    "begun_again",
    "change",
    "checked_in",
    "ended",
    "letter",
    "moved",
    "next_channel",
    "objection",
    "plan",
    "preview",
    "quiet",
    "read",
    "read_token",
    "restriction_changed",
    "restriction_seen",
    "resume",
    "rezone",
    "start",
    "start_all",
    "test",
    "unsubscribe",
    "unsubscribe_token",
]
