"""The product, served by this process, and sessions of people in it. For use once Django is set up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client

from tracker.models import User


class Quiet(WSGIRequestHandler):
    """Prints no line for each request."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served() -> Iterator[str]:
    """The address of the site, for as long as it is served."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def session_of(user: User) -> str:
    """The key of a session in which they are signed in."""
    client = Client()
    client.force_login(user)
    return str(client.session.session_key)
