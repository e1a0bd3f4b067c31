"""The container's health check: does the web server of this container answer?  `python -m recovery.probe`"""

from __future__ import annotations

import os
import sys
import urllib.request

HOST = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".*") or "localhost"


def main(url: str = "http://127.0.0.1:8000/health/live") -> int:
    request = urllib.request.Request(url, headers={"Host": HOST})  # noqa: S310 - a fixed address of our own
    try:
        with urllib.request.urlopen(request, timeout=4):  # noqa: S310
            return 0
    except OSError as error:
        sys.stderr.write(f"{url}: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
