"""`python -m local.simulator` as a process."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from local.simulator.account.credentials import TOKEN
from local.simulator.client import Control
from local.simulator.wechat import APPID, SECRET

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "local.simulator"]
Start = Callable[..., tuple[subprocess.Popen[bytes], dict[str, Any]]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a simulator. Returns the process and the line that it prints when it is ready."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*arguments: str) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout
        return process, json.loads(process.stdout.readline())

    yield run
    for process in started:
        process.kill()
        process.communicate()


def test_it_prints_one_line_and_listens(start: Start) -> None:
    process, line = start("--seed", "7")
    assert line.keys() == {"url", "appid", "secret"}
    assert (line["appid"], line["secret"]) == (APPID, SECRET)
    query = {"grant_type": "client_credential", "appid": APPID, "secret": SECRET}
    assert requests.get(line["url"] + TOKEN, params=query, timeout=5).json()["expires_in"] == 7200
    process.terminate()
    assert process.communicate(timeout=5) == (b"", b"")


def test_account_and_latency_are_arguments(start: Start) -> None:
    _, line = start("--appid", "wxabc", "--secret", "s3cret", "--latency-ms", "5")
    assert (line["appid"], line["secret"]) == ("wxabc", "s3cret")
    with Control(line["url"]) as control:
        assert control.settings()["latency_ms"] == 5


def test_it_serves_https_with_a_certificate_of_its_own(start: Start, tmp_path: Path) -> None:
    _, line = start("--tls", str(tmp_path))
    with Control(line["url"], line["ca"]) as control:
        assert control.summary()["taken"] == 0
    with Control(line["url"]) as stranger, pytest.raises(requests.exceptions.SSLError):
        stranger.summary()


def test_where_events_go_is_an_argument_and_lasts_over_a_reset(start: Start) -> None:
    _, line = start("--callback-url=http://127.0.0.1:1/", "--callback-token=-t", "--callback-format=xml")
    with Control(line["url"]) as control:
        control.configure(callback_url=None)
        control.reset()
        settings = control.settings()
    names = ("callback_url", "callback_token", "callback_format", "callback_mode", "encoding_aes_key")
    assert [settings[name] for name in names] == ["http://127.0.0.1:1/", "-t", "xml", None, None]


def test_an_invalid_key_is_reported_by_name_without_its_value() -> None:
    arguments = ["--callback-url=http://127.0.0.1:1/", "--encoding-aes-key=too-short"]
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "encoding_aes_key" in done.stderr
    assert "too-short" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_also_while_a_call_hangs(start: Start, number: signal.Signals) -> None:
    process, line = start()
    with Control(line["url"]) as control:
        control.fault("hang")
    with pytest.raises(requests.Timeout):
        requests.get(line["url"] + TOKEN, timeout=0.1)
    process.send_signal(number)
    assert process.wait(timeout=5) == 0


def test_a_signal_ends_it_also_while_a_push_hangs(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process, line = start(f"--callback-url=http://127.0.0.1:{silent.getsockname()[1]}/")
        with Control(line["url"]) as control:
            control.reject(control.add_user().openid, "T1")
        with silent.accept()[0]:
            process.terminate()
            assert process.communicate(timeout=4) == (b"", b"")


def test_it_outlives_a_closed_stdin_by_default(start: Start) -> None:
    process, line = start()
    assert process.stdin
    process.stdin.close()
    process.stdin = None
    with Control(line["url"]) as control:
        assert control.summary()["taken"] == 0


def test_it_exits_when_its_parent_is_killed() -> None:
    """A process in between starts it and is killed with SIGKILL."""
    parent_code = "import subprocess, sys; subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).wait()"
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, *COMMAND, "--exit-with-parent"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout
    assert json.loads(parent.stdout.readline())["url"]
    parent.kill()
    parent.wait()
    with parent.stdout as inherited:  # the simulator holds the other end, which closes when it ends
        assert inherited.read() == b""
