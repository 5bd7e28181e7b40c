"""No byte of a push reaches a server that isn't public, whatever a user names."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.reminder_channels import BARK_KEY, open_channel, quiet_providers, reminder, settings_for

from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.channels.bark.public_addresses import is_public
from minipush.channels.reminder_settings import ReminderSettings
from minipush.curl import FORBIDDEN_ADDRESS, CurlAnswer, CurlClient
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind


class Canary:
    """A listener that accepts nothing. `met`: somebody has connected."""

    def __init__(self, family: socket.AddressFamily) -> None:
        self._listener = socket.create_server(("localhost", 0), family=family, backlog=16)
        self.port = self._listener.getsockname()[1]

    @property
    def met(self) -> bool:
        self._listener.setblocking(False)
        try:
            self._listener.accept()[0].close()
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary(socket.AF_INET)
    yield made
    made.close()


@contextmanager
def calling(client: CurlClient) -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as loop:
        yield loop
        loop.run(client.aclose())


def call(url: str) -> CurlAnswer:
    client = CurlClient(may_connect=is_public)
    with calling(client) as loop:
        return loop.run(client.call("POST", url, (), b"{}", 5))


def push(settings: ReminderSettings, text: str) -> ReminderResult:
    channel = open_channel(ChannelKind.BARK, settings, {})
    with asyncio.Runner() as loop:
        sent = loop.run(channel.send(reminder(), ChannelAddress(ChannelKind.BARK, text), 5.0))
        loop.run(channel.aclose())  # type: ignore[attr-defined]
    return sent


ANY_HOST = ReminderSettings(bark_hosts=("*",), allows_loopback=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "a.localhost",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ],
)
def test_no_spelling_of_this_machine_is_connected_to(canary: Canary, host: str) -> None:
    """Past the check of the text, as a name is that means something else a moment later."""
    answer = call(f"http://{host}:{canary.port}/push")
    assert (answer.code, answer.was_sent) == (FORBIDDEN_ADDRESS, False)
    assert not canary.met


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "169.254.169.254", "[fd00:ec2::254]", "100.100.100.200", "[64:ff9b::a00:1]"]
)
def test_no_private_address_is_connected_to(host: str) -> None:
    assert call(f"http://{host}/push").code == FORBIDDEN_ADDRESS


def test_each_new_connection_is_checked() -> None:
    """A name may mean a public address first, and a private one later."""
    asked: list[str] = []

    def may_connect(address: str) -> bool:
        asked.append(address)
        return len(asked) == 1

    with quiet_providers() as providers:
        client = CurlClient(may_connect=may_connect)
        with calling(client) as loop:
            url = f"{providers.urls.bark}/ping"
            answers = [loop.run(client.call("GET", url, (), b"", 5)) for _ in range(2)]
    assert [answer.code for answer in answers] == [0, FORBIDDEN_ADDRESS]
    assert asked == ["127.0.0.1", "127.0.0.1"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_loopback_address_that_nobody_has_named_is_a_dead_address(canary: Canary, scheme: str) -> None:
    result = push(ANY_HOST, f"{scheme}://127.0.0.1:{canary.port}/{BARK_KEY}")
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ADDRESS)
    assert not canary.met


def test_a_named_loopback_address_is_for_a_local_stack_alone(canary: Canary) -> None:
    """A deployment doesn't allow it, even if its operator names it."""
    named = f"http://127.0.0.1:{canary.port}"
    result = push(ReminderSettings(bark_api_base=named, bark_hosts=(named,)), f"{named}/{BARK_KEY}")
    assert (result.verdict, result.concerns) == (ReminderVerdict.REJECTED, Concerns.ADDRESS)
    assert not canary.met


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_this_machine_is_not_followed(canary: Canary, status: int) -> None:
    with quiet_providers() as providers:
        providers.control.fault("redirect", status=status, location=f"http://127.0.0.1:{canary.port}/push")
        assert push(settings_for(providers), BARK_KEY).verdict is ReminderVerdict.REJECTED
    assert not canary.met


def test_another_port_of_a_named_host_is_another_server(canary: Canary) -> None:
    with quiet_providers() as providers:
        result = push(settings_for(providers), f"http://127.0.0.1:{canary.port}/{BARK_KEY}")
    assert result.concerns is Concerns.ADDRESS
    assert not canary.met


def test_no_environment_leads_pushes_through_a_proxy(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with quiet_providers() as providers:
        providers.control.add_device(BARK_KEY)
        assert push(settings_for(providers), BARK_KEY).verdict is ReminderVerdict.ACCEPTED
    assert not canary.met
