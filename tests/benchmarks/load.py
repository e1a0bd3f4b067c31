"""A load client of one thread, and rounds in which programs take turns, so that a busy machine hits all alike."""

from __future__ import annotations

import selectors
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks import ground
from tests.benchmarks.servers import Server

AT_ONCE = 8
"""Requests in flight, unless told otherwise."""

Build = Callable[[int], bytes]
"""The n-th request, whole, as it goes over the line."""


@dataclass(slots=True)
class Run:
    """What became of `requests` requests to one program."""

    seconds: float
    cpu: float
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.times) / self.seconds

    @property
    def cpu_ms(self) -> float:
        """Milliseconds of the program's CPU a request."""
        return 1000 * self.cpu / len(self.times)

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the requests stayed under."""
        return 1000 * sorted(self.times)[min(len(self.times) - 1, int(share * len(self.times)))]


@dataclass(slots=True)
class Target:
    """Requests of one kind to one program. Each round goes on where the last one ended."""

    name: str
    server: Server
    build: Build
    wanted: int = 200
    """The status that every answer must have: a redirect to the sign-in page is fast."""
    sent: int = 0
    runs: list[Run] = field(default_factory=list)

    def run(self, requests: int, at_once: int = AT_ONCE, *, keep: bool = True) -> Run:
        before = self.server.cpu()
        begun = time.perf_counter()
        times = _fire(self.server.port, self.build, range(self.sent, self.sent + requests), at_once, self.wanted)
        done = Run(time.perf_counter() - begun, self.server.cpu() - before, times)
        self.sent += requests
        if keep:
            self.runs.append(done)
        return done

    def middle(self, of: Callable[[Run], float]) -> float:
        """The median over all rounds."""
        return median(map(of, self.runs))


def rounds(targets: Sequence[Target], number: int, requests: int, at_once: int = AT_ONCE) -> None:
    """One round that nobody counts, then `number` in which each target has its turn."""
    for each in targets:
        each.run(max(20, requests // 4), at_once, keep=False)
    for _ in range(number):
        for each in targets:
            each.run(requests, at_once)


def ratio(one: Target, other: Target, of: Callable[[Run], float]) -> float:
    """The median over the rounds of one target's figure divided by the other's of the same round."""
    return median(of(run) / of(beside) for run, beside in zip(one.runs, other.runs, strict=True))


def request(method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the line, as from behind a proxy that speaks TLS."""
    lines = {"Host": ground.HOST, "X-Forwarded-Proto": "https", "Referer": f"https://{ground.HOST}/"} | dict(headers)
    if body:
        lines["Content-Length"] = str(len(body))
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n".encode() + body


@dataclass(slots=True)
class _Call:
    begun: float
    left: bytes
    got: list[bytes] = field(default_factory=list)


def _fire(port: int, build: Build, numbers: range, at_once: int, wanted: int) -> list[float]:
    """Sends the numbered requests, `at_once` in flight; gives the seconds each took. Ends on another status."""
    chooser = selectors.DefaultSelector()
    waiting, times = iter(numbers), []
    for number, _ in zip(waiting, range(at_once), strict=False):
        _dial(chooser, port, build(number))
    while chooser.get_map():
        for key, _ in chooser.select():
            if not _go_on(chooser, key):
                continue
            times.append(time.perf_counter() - key.data.begun)
            _check(key.data, wanted)
            following = next(waiting, None)
            if following is not None:
                _dial(chooser, port, build(following))
    chooser.close()
    return times


def _dial(chooser: selectors.BaseSelector, port: int, data: bytes) -> None:
    line = socket.socket()
    line.setblocking(False)
    call = _Call(time.perf_counter(), data)
    line.connect_ex((ground.HOST, port))
    chooser.register(line, selectors.EVENT_WRITE, call)


def _go_on(chooser: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    """One step of a call; True when the answer is whole."""
    line, call = key.fileobj, key.data
    assert isinstance(line, socket.socket)
    if call.left:
        call.left = call.left[line.send(call.left) :]
        if not call.left:
            chooser.modify(line, selectors.EVENT_READ, call)
        return False
    got = line.recv(262144)
    call.got.append(got)
    if got:
        return False
    chooser.unregister(line)
    line.close()
    return True


def _check(call: _Call, wanted: int) -> None:
    answer = b"".join(call.got)
    if answer[9:12] != str(wanted).encode():
        sys.exit(f"not a measurement: wanted status {wanted}, got {answer[:800].decode(errors='replace')}")


def line(target: Target) -> str:
    """One target's figures over all rounds, to be read."""
    rates = [run.rate for run in target.runs]
    return (
        f"  {target.name:<16} {target.middle(lambda run: run.rate):7.1f}/s [{min(rates):.1f}..{max(rates):.1f}]"
        f"  p50 {target.middle(lambda run: run.percentile(0.5)):6.2f}  p99 {target.middle(lambda run: run.percentile(0.99)):6.2f} ms"
        f"  CPU of the program {target.middle(lambda run: run.cpu_ms):5.2f} ms a request"
    )
