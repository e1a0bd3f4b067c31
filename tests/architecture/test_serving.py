"""The web server as it runs for a clinic: what one request may cost, and who it takes a client to be."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from recovery import proxies

ROOT = Path(__file__).parents[2]
APP = """
def app(environ, start_response):
    said = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", [("Content-Length", str(len(said)))])
    return [said]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Of a server with the product's own configuration, one thread short of patience, which gives back what it is sent."""
    where = tmp_path_factory.mktemp("served")
    (where / "echo.py").write_text(APP)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = os.environ | {
        "PYTHONPATH": f"{where}:{ROOT}", "BIND": f"127.0.0.1:{port}", "WEB_CONCURRENCY": "1",
        "SILENCE_SECONDS": "1", "BODY_SECONDS": "2",
    }  # fmt: skip
    command = [sys.executable, "-m", "gunicorn", "--config=python:recovery.serving", "--log-level=critical", "echo:app"]
    process = subprocess.Popen(
        command, env=environment, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            if socket.socket().connect_ex(("127.0.0.1", port)) == 0:
                break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def ask(port: int, head: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """The first line of the answer; empty where the connection was closed without one."""
    with socket.create_connection(("127.0.0.1", port), timeout=15) as line:
        try:
            line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
            for part in parts:
                line.sendall(part)
                time.sleep(pause)
            return line.recv(4096).split(b"\r\n")[0]
        except OSError:
            return b""


def test_an_honest_request_is_answered(port: int) -> None:
    assert ask(port, "POST / HTTP/1.1\nHost: x\nContent-Length: 4", b"pain") == b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "head",
    [
        "GET /" + "a" * 3000 + " HTTP/1.1\nHost: x",
        "GET / HTTP/1.1\nHost: x\nX-Long: " + "a" * 9000,
        "GET / HTTP/1.1\nHost: x\n" + "\n".join(f"X-{number}: 1" for number in range(70)),
        "POST / HTTP/1.1\nHost: x\nContent-Length: 4\nContent-Length: 5",
        "POST / HTTP/1.1\nHost: x\nContent-Length: 4\nTransfer-Encoding: chunked",
        "GET / HTTP/1.1\nHost: x\nHost : y",
    ],
    ids=["address", "header", "headers", "two lengths", "length and chunks", "a space before the colon"],
)
def test_what_no_browser_sends_reaches_no_page(port: int, head: str) -> None:
    answer = ask(port, head)
    assert answer == b"" or answer.split()[1].startswith(b"4"), answer


@pytest.mark.parametrize(
    ("parts", "pause"), [([b"a"], 4.0), ([b"a"] * 12, 0.4)], ids=["then silence", "then a letter now and then"]
)
def test_whoever_sends_a_body_too_slowly_holds_no_thread_for_long(port: int, parts: list[bytes], pause: float) -> None:
    slow = [socket.create_connection(("127.0.0.1", port), timeout=15) for _ in range(4)]
    for line in slow:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n")
    for part in parts:
        for line in slow:
            try:
                line.sendall(part)
            except OSError:
                continue
        time.sleep(pause)
    began = time.monotonic()
    assert ask(port, "GET / HTTP/1.1\nHost: x") == b"HTTP/1.1 200 OK"
    assert time.monotonic() - began < 1
    for line in slow:
        line.close()


# --- Proxies --------------------------------------------------------------------------------------------------------


def seen_by_the_program(rf: RequestFactory, peer: str, said: str) -> HttpRequest:
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=said, HTTP_X_FORWARDED_PROTO="https")
    proxies.TrueAddress(lambda _: HttpResponse())(request)
    return request


@pytest.mark.parametrize(
    ("number", "peer", "said", "address"),
    [
        (0, "10.0.0.2", "203.0.113.9", "10.0.0.2"),
        (1, "10.0.0.2", "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.2", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (2, "10.0.0.2", "1.2.3.4, 203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (2, "10.0.0.2", "203.0.113.9", "10.0.0.2"),
        (1, "198.51.100.5", "1.2.3.4", "198.51.100.5"),
        (1, "10.0.0.2", "<script>", "10.0.0.2"),
        (1, "10.0.0.2", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_what_our_own_proxy_added_says_who_asked(
    rf: RequestFactory, settings: Settings, number: int, peer: str, said: str, address: str
) -> None:
    settings.PROXIES = number
    request = seen_by_the_program(rf, peer, said)
    assert request.META["REMOTE_ADDR"] == address
    assert "HTTP_X_FORWARDED_FOR" not in request.META


def test_somebody_from_outside_cannot_say_that_they_came_by_tls(rf: RequestFactory, settings: Settings) -> None:
    settings.PROXIES, settings.SECURE_PROXY_SSL_HEADER = 1, ("HTTP_X_FORWARDED_PROTO", "https")
    assert seen_by_the_program(rf, "10.0.0.2", "203.0.113.9").is_secure()
    assert not seen_by_the_program(rf, "198.51.100.5", "203.0.113.9").is_secure()
