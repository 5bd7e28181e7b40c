"""The complete stack on one machine: emulator, WeChat simulator, deploy, HTTP API."""

import hashlib
import json
import platform
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from local.processes import ROOT, end_group
from local.stack.api_gateway import ApiGateway
from local.stack.aws import Aws
from local.stack.build import built
from local.stack.deploy import Deployment, deploy
from local.stack.emulator import Emulator
from local.stack.providers import are_needed, start_providers
from local.stack.settings import StackError, StackSettings
from local.stack.warm_up import warm_up
from minipush_cli.aws.secret_changes import change_secret

SCOPES = ["send", "read", "admin", "moderate"]


class Stack:
    """One running stack. `say` receives progress messages."""

    def __init__(self, settings: StackSettings, say: Callable[[str], None] = lambda _: None) -> None:
        self._settings = settings
        self._say = say
        self._parts = ExitStack()
        self._children: dict[str, Callable[[], bool]] = {}
        self.api_url = self.aws_url = ""
        self.wechat_url = settings.wechat_url.rstrip("/")
        self.wechat_ca = settings.wechat_ca
        self.operator_key = settings.operator_key
        self._callback = dict(settings.callback)
        self._centre = settings.centre
        self.provider_urls: Mapping[str, str] = {}

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
        """StackError: a part of the stack ended by itself."""
        for name, is_running in self._children.items():
            if not is_running():
                raise StackError(f"{name} ended")

    def _start(self) -> None:
        listener = self._parts.enter_context(_reserve("PORT", self._settings.port))
        self.api_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with _reserve("AWS_PORT", self._settings.aws_port) as reserved:
            aws_port = reserved.getsockname()[1]
        directory = Path(tempfile.mkdtemp(prefix="minipush-"))
        self._parts.callback(shutil.rmtree, directory, ignore_errors=True)
        smtp_host = self._start_providers() if are_needed(self._centre) else ""
        emulator = self._start_emulator(directory, aws_port, smtp_host)
        if not self.wechat_url:
            self._start_simulator(directory)
        deployment = self._deploy(Aws(emulator.url))
        gateway = ApiGateway(listener, emulator.url, deployment)
        gateway.start()
        self._parts.callback(gateway.stop)
        self.aws_url = emulator.url

    def _start_providers(self) -> str:
        """Return the host and port of the mail server, to which SES on the emulator relays."""
        self._say("starting the servers that stand for providers of reminders")
        started = start_providers(self._centre)
        self._parts.callback(end_group, started.process, 2)
        self._children["the providers of reminders"] = lambda: started.process.poll() is None
        self._centre, self.provider_urls = started.centre, started.urls
        return started.smtp_host

    def _start_emulator(self, directory: Path, port: int, smtp_host: str) -> Emulator:
        self._say("starting the AWS emulator")
        emulator = Emulator(directory, port, smtp_host)
        self._parts.callback(emulator.stop)
        emulator.start()
        self._children["the AWS emulator"] = lambda: emulator.running
        return emulator

    def _start_simulator(self, directory: Path) -> None:
        """The simulator pushes events to the API, with a random callback token unless the settings have one."""
        self._say("starting the WeChat simulator")
        self._callback.setdefault("callback_token", secrets.token_hex(16))
        with (directory / "simulator.log").open("wb") as log:
            process = subprocess.Popen(
                self._simulator_command(directory),
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self._parts.callback(end_group, process, 2)
        self._children["the WeChat simulator"] = lambda: process.poll() is None
        announced = _read_announcement(process.stdout, directory / "simulator.log")
        self.wechat_url, self.wechat_ca = announced["url"], announced.get("ca", "")

    def _simulator_command(self, directory: Path) -> list[str]:
        settings = self._settings
        command = [sys.executable, "-m", "local.simulator", "--port", "0", "--exit-with-parent"]
        command += ["--appid", settings.appid, "--secret", settings.app_secret]
        command += ["--tls", str(directory)] if settings.has_tls else []
        command += [f"--callback-url={self.api_url}/wechat/callback"]
        command += settings.official.simulator_arguments(self.api_url)
        return command + [f"--{name.replace('_', '-')}={value}" for name, value in self._callback.items()]

    def _deploy(self, aws: Aws) -> Deployment:
        self._say("building")
        build = built()
        self._say("deploying")
        deployment = deploy(aws, build, self._parameters())
        self._fill_in_secrets(aws, deployment)
        self._say("warming up")
        warm_up(aws, deployment)
        return deployment

    def _parameters(self) -> dict[str, str]:
        machine = platform.machine().lower()
        return {
            "Architecture": "arm64" if machine in {"arm64", "aarch64"} else "x86_64",
            "WeChatAppId": self._settings.appid,
            "WeChatApiBase": self.wechat_url,
            "WeChatCaFile": self.wechat_ca,
            "SubscriptionSource": self._settings.subscription_source,
            "SweepGraceHours": "0",
            # A worker is a process of about 80 MB that keeps one core busy. Four workers show concurrency and
            # the loss of one; more would only compete for the cores.
            "CampaignSegments": "4",
            "CampaignConcurrency": "4",
            # The emulator reserves nothing.
            "PublicConcurrency": "0",
            **self._centre.template_parameters(self.api_url),
            **self._settings.official.parameters,
        }

    def _fill_in_secrets(self, aws: Aws, deployment: Deployment) -> None:
        wechat = {"app_secret": self._settings.app_secret}
        callback = {"plain_pushes": self._settings.plain_pushes, **self._callback}
        digest = hashlib.sha256(self.operator_key.encode()).hexdigest()
        operator = {"name": "local", "scopes": SCOPES, "hash": f"sha256:{digest}"}
        _update_secret(aws, deployment.resources["WeChatSecret"], wechat)
        _update_secret(aws, deployment.resources["CallbackSecret"], callback)
        _update_secret(aws, deployment.resources["AccessSecret"], {"operator_keys": [operator]})
        if self._settings.official.is_on:
            _update_secret(aws, deployment.resources["OfficialSecret"], self._settings.official.secret)
        if self._centre.is_on:
            _update_secret(aws, deployment.resources["ChannelSecret"], self._centre.secret)


def _reserve(name: str, port: int) -> socket.socket:
    """A bound socket that does not listen yet, so that connections are refused until the stack is ready."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise StackError(f"{name}={port}: {error.strerror}; choose another port with {name}=…") from error
    return listener


def _read_announcement(stdout: IO[bytes] | None, log: Path) -> dict[str, Any]:
    line = stdout.readline() if stdout else b""
    if not line:
        raise StackError(f"the WeChat simulator did not start:\n{log.read_text(errors='replace')}")
    announcement: dict[str, Any] = json.loads(line)
    return announcement


def _update_secret(aws: Aws, secret: str, values: Mapping[str, Any]) -> None:
    change_secret(aws.client("secretsmanager"), secret, lambda present: present | dict(values))
