"""Django's own server, for this machine alone, with worker and beat beside it."""

from __future__ import annotations

import errno
import signal
from collections.abc import Callable
from types import FrameType

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler, get_internal_wsgi_application

from recovery import bootstrap, embedded

HOST = "127.0.0.1"


def bind(port: int) -> ThreadedWSGIServer:
    """Takes the port before any work is done for it."""
    try:
        return ThreadedWSGIServer((HOST, port), WSGIRequestHandler)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        why = f"Port {port} is taken." if taken else f"Port {port} cannot be used: {error.strerror}."
        bootstrap.stop(f"{why} Choose another, for example: python3 manage.py demo --port {_another(port)}")


def _another(port: int) -> int:
    return port + 1 if 1024 <= port < 65535 else 8080


def serve(server: ThreadedWSGIServer, ready: Callable[[str], None]) -> None:
    """Serves until Ctrl-C or SIGTERM, then stops everything it started."""
    signal.signal(signal.SIGTERM, _interrupt)
    background = None
    try:
        server.set_app(get_internal_wsgi_application())
        background = embedded.start()
        ready(f"http://{HOST}:{server.server_port}/")
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        if background is not None:
            background.stop()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
