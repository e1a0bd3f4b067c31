"""How the pages and the API are served: `gunicorn --config python:recovery.serving recovery.wsgi`

What one request may cost, in header lines, seconds and statements. A proxy in front should take in whole requests
before it passes them on, as nginx and Caddy do: these limits are for whoever comes past it.
"""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

bind = [os.environ.get("BIND", "127.0.0.1:8000")]
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - the heartbeat, on no disk
control_socket_disable = True
accesslog = "-"
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(L)s"  # neither an address nor a query string

limit_request_line = 2048  # the longest honest address is that of a filtered worklist
limit_request_fields = 60
limit_request_field_size = 8190
keepalive = 5
timeout = 30
graceful_timeout = 30
worker_connections = 200

SILENCE = int(os.environ.get("SILENCE_SECONDS", "10"))
"""Seconds for which a client that has begun to send may say nothing."""
WHOLE_BODY = float(os.environ.get("BODY_SECONDS", "20"))
"""Seconds within which all of a body must have come."""
raw_env = [f"STATEMENT_SECONDS={os.environ.get('STATEMENT_SECONDS', '25')}"]
"""No page asks its database for longer than it will itself be waited for."""


def post_worker_init(worker: Any) -> None:
    """What is accepted from these sockets inherits how long to wait for the next byte."""
    for each in worker.sockets:
        each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", SILENCE, 0))


def pre_request(worker: Any, request: Any) -> None:
    """From here on the body comes in, for so many seconds and no longer."""
    read: Callable[..., bytes] = request.unreader.chunk
    line: socket.socket = request.unreader.sock
    ends = time.monotonic() + WHOLE_BODY

    def chunk(*args: Any, **named: Any) -> bytes:
        try:
            if time.monotonic() > ends:
                raise TimeoutError("the body came too slowly")
            return read(*args, **named)
        except (TimeoutError, BlockingIOError):
            line.shutdown(socket.SHUT_RDWR)  # else the server would wait for a polite end, and accept nobody meanwhile
            raise

    request.unreader.chunk = chunk


def post_request(worker: Any, request: Any, environ: Any, response: Any) -> None:
    """The next request on the same connection has its own time."""
    request.unreader.__dict__.pop("chunk", None)
