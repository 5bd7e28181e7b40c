"""The whole of minipush on one machine: emulator, WeChat simulator, deploy, HTTP API."""

import hashlib
import json
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from local.build import built
from local.deploy import Aws, Deployment, deploy
from local.emulator import Emulator
from local.front import Front
from local.processes import ROOT, end_group
from local.simulator.wechat import APPID, SECRET

SCOPES = ["send", "read", "admin"]
WARM_WORKERS = 2


class StackError(RuntimeError):
    """The stack can't start, or a part of it ended; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What `make run` takes from the environment. Port 0 is any free one."""

    port: int = 3000
    aws_port: int = 4566
    wechat_url: str = ""
    appid: str = APPID
    app_secret: str = field(default=SECRET, repr=False)
    operator_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    callback: Mapping[str, str] = field(default_factory=dict, repr=False)
    subscription_source: str = "client"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {
            "wechat_url": "WECHAT_API_BASE", "appid": "WECHAT_APPID", "app_secret": "WECHAT_SECRET",
            "operator_key": "OPERATOR_KEY", "subscription_source": "SUBSCRIPTION_SOURCE",
        }  # fmt: skip
        callback = {"callback_token": "WECHAT_CALLBACK_TOKEN", "encoding_aes_key": "WECHAT_ENCODING_AES_KEY"}
        given = {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
        port, aws_port = _port(environment, "PORT", 3000), _port(environment, "AWS_PORT", 4566)
        if port == aws_port != 0:
            raise StackError(f"PORT and AWS_PORT are both {port}")
        source = given.get("subscription_source", "client")
        if source not in {"client", "callback"}:
            raise StackError(f"SUBSCRIPTION_SOURCE={source}: accepts are counted by client or by callback")
        return cls(
            port=port,
            aws_port=aws_port,
            callback={key: environment[name] for key, name in callback.items() if environment.get(name)},
            **given,
        )


def _port(environment: Mapping[str, str], name: str, otherwise: int) -> int:
    text = environment.get(name) or str(otherwise)
    if not text.isdecimal() or int(text) > 65_535:
        raise StackError(f"{name}={text}: a port is a number from 0 (any free one) to 65535")
    return int(text)


class Stack:
    """One running stack. `say` hears what it is doing."""

    def __init__(self, settings: Settings, say: Callable[[str], None] = lambda _: None) -> None:
        self._settings = settings
        self._say = say
        self._parts = ExitStack()
        self._children: dict[str, Callable[[], bool]] = {}
        self.api_url = self.aws_url = ""
        self.wechat_url = settings.wechat_url.rstrip("/")
        self.operator_key = settings.operator_key
        self._callback = dict(settings.callback)

    def __enter__(self) -> Self:
        with self._parts:
            self._start()
            self._parts = self._parts.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._parts.close()

    def check(self) -> None:
        """Raise StackError when a part has ended by itself."""
        for name, is_running in self._children.items():
            if not is_running():
                raise StackError(f"{name} ended")

    def _start(self) -> None:
        listener = self._parts.enter_context(_reserved("PORT", self._settings.port))
        self.api_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with _reserved("AWS_PORT", self._settings.aws_port) as held:
            aws_port = held.getsockname()[1]
        directory = Path(tempfile.mkdtemp(prefix="minipush-"))
        self._parts.callback(shutil.rmtree, directory, ignore_errors=True)
        emulator = self._start_emulator(directory, aws_port)
        if not self.wechat_url:
            self._start_simulator(directory)
        aws = Aws(emulator.url)
        self._say("building")
        build = built()
        self._say("deploying")
        deployment = deploy(aws, build, self._parameters())
        self._fill_in_secrets(aws, deployment)
        self._say("warming up")
        _warm_up(aws, deployment)
        front = Front(listener, emulator.url, deployment)
        front.start()
        self._parts.callback(front.stop)
        self.aws_url = emulator.url

    def _start_emulator(self, directory: Path, port: int) -> Emulator:
        self._say("starting the AWS emulator")
        emulator = Emulator(directory, port)
        self._parts.callback(emulator.stop)
        emulator.start()
        self._children["the AWS emulator"] = lambda: emulator.running
        return emulator

    def _start_simulator(self, directory: Path) -> None:
        """It pushes its events to the API, signed with a token of this stack's own unless one is given."""
        self._say("starting the WeChat simulator")
        self._callback.setdefault("callback_token", secrets.token_hex(16))
        settings = self._settings
        command = [sys.executable, "-m", "local.simulator", "--port", "0", "--exit-with-parent"]
        command += ["--appid", settings.appid, "--secret", settings.app_secret]
        command += [f"--callback-url={self.api_url}/wechat/callback"]
        command += [f"--{name.replace('_', '-')}={value}" for name, value in self._callback.items()]
        with (directory / "simulator.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._parts.callback(end_group, process, 2)
        self._children["the WeChat simulator"] = lambda: process.poll() is None
        self.wechat_url = _announced(process.stdout, directory / "simulator.log")["url"]

    def _parameters(self) -> dict[str, str]:
        machine = platform.machine().lower()
        return {
            "Architecture": "arm64" if machine in {"arm64", "aarch64"} else "x86_64",
            "WeChatAppId": self._settings.appid,
            "WeChatApiBase": self.wechat_url,
            "SubscriptionSource": self._settings.subscription_source,
            "SweepGraceHours": "0",
            # A worker is a process of some 80 MB that keeps a core busy: four show workers side by side,
            # of whom one may die, and more would only take turns on the cores.
            "CampaignSegments": "4",
            "CampaignConcurrency": "4",
        }

    def _fill_in_secrets(self, aws: Aws, deployment: Deployment) -> None:
        wechat = {"app_secret": self._settings.app_secret, **self._callback}
        digest = hashlib.sha256(self.operator_key.encode()).hexdigest()
        operator = {"name": "local", "scopes": SCOPES, "hash": f"sha256:{digest}"}
        _update_secret(aws, deployment.resources["WeChatSecret"], wechat)
        _update_secret(aws, deployment.resources["AccessSecret"], {"operator_keys": [operator]})


def _reserved(name: str, port: int) -> socket.socket:
    """A bound socket that doesn't listen yet, so that callers are refused until all is ready."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise StackError(f"{name}={port}: {error.strerror}; choose another with {name}=…") from error
    return listener


def _announced(stdout: IO[bytes] | None, log: Path) -> dict[str, Any]:
    line = stdout.readline() if stdout else b""
    if not line:
        raise StackError(f"the WeChat simulator did not start:\n{log.read_text(errors='replace')}")
    announced: dict[str, Any] = json.loads(line)
    return announced


def _update_secret(aws: Aws, secret: str, values: Mapping[str, Any]) -> None:
    manager = aws.client("secretsmanager")
    present = json.loads(manager.get_secret_value(SecretId=secret)["SecretString"])
    manager.put_secret_value(SecretId=secret, SecretString=json.dumps(present | values))


def _warm_up(aws: Aws, deployment: Deployment) -> None:
    """Call each function several times at once, as each call starts a worker.

    By a route without parameters, or with a batch without messages.
    """
    readable = {r.function: r.key.removeprefix("GET ") for r in deployment.routes if _is_plain_get(r.key)}
    base = f"{aws.url}/_aws/execute-api/{deployment.api_id}/$default"
    calls: list[Callable[[], None]] = [partial(_get, base + path) for path in readable.values()]
    calls += [partial(_hand_nothing, aws, function) for function in _functions_of_queues(aws)]
    with ThreadPoolExecutor(len(calls) * WARM_WORKERS) as pool:
        list(pool.map(lambda call: call(), calls * WARM_WORKERS))


def _functions_of_queues(aws: Aws) -> list[str]:
    mappings = aws.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [mapping["FunctionArn"] for mapping in mappings]


def _hand_nothing(aws: Aws, function: str) -> None:
    answer = aws.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    if "FunctionError" in answer:
        raise StackError(f"{function} failed: {answer['Payload'].read().decode(errors='replace')}")


def _is_plain_get(key: str) -> bool:
    return key.startswith("GET ") and "{" not in key


def _get(url: str) -> None:
    try:
        urllib.request.urlopen(url, timeout=60).close()  # noqa: S310 - the scheme is ours
    except urllib.error.HTTPError as refused:
        with refused:
            if refused.code >= 500:
                raise StackError(f"GET {url} failed: {refused.read().decode(errors='replace')}") from refused
