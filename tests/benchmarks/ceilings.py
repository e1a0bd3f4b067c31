"""What a sender could reach at most: claims without mail, and mail without a database, as many at a time as it does.

Each is run by a process of its own, as the sender is one: the threads of this one would share its interpreter.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import count

from django.conf import settings
from django.db import connection

from tests.faults import children
from tracker import channels, clock
from tracker.channels import Letter
from tracker.services import outbox, rounds
from tracker.services.dispatch import bundles

Step = Callable[[], int]
"""Does some of the work; how many messages it was, 0 when there are no more."""


def claims_a_second() -> float:
    """Claim, begin and sent of all that is due, without asking, writing or handing over anything."""
    connection.close()
    return children.ask(partial(_rate, _claim))


def mails_a_second(port: int, letter: Letter, number: int) -> float:
    """So many copies of a letter handed to the mail server there, by the product's own client."""
    connection.close()
    return children.ask(partial(_hand_over, port, letter, number))


def _claim() -> int:
    letters = bundles(outbox.claim(now=clock.now()))
    for bundle in letters:
        assert outbox.begin(bundle, message_id=f"<{bundle[0].pk}@ceiling>", now=clock.now())
        outbox.sent(bundle, answer="250 taken", now=clock.now())
    return sum(map(len, letters))


def _hand_over(port: int, letter: Letter, number: int) -> float:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    numbers = count(1)

    def step() -> int:
        if (mine := next(numbers)) > number:
            return 0
        with channels.named("email").open(replace(letter, message_id=f"<{mine}@ceiling>")) as handover:
            handover.commit()
        return 1

    return _rate(step)


def _rate(step: Step) -> float:
    """Messages a second, by as many threads as a sender has."""
    done: list[int] = []

    def work() -> None:
        while (number := step()) > 0:
            done.append(number)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(rounds.lanes())]
    connection.close()
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - begun)
