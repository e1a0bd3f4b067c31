"""A broker of this process's own in the place of the one that others use. Import this before `ground`."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.faults import brokers

KIND = os.environ["FAULTS_SETUP"]

_open = ExitStack()
_own = Path(tempfile.mkdtemp(prefix="recovery-broker-"))
atexit.register(shutil.rmtree, _own, ignore_errors=True)
BROKER = _open.enter_context(brokers.running(KIND, _own))
atexit.register(_open.close)

os.environ["REDIS_URL" if KIND == "redis" else "AMQP_URL"] = BROKER.url
