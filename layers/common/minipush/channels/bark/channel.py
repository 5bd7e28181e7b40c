"""Reminders by Bark. A repeat with the same id takes the place of the notification that is shown."""

import json
from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.bark.answers import bark_result, read_answer
from minipush.channels.bark.parameters import Parameters, code_parameters, reminder_parameters
from minipush.channels.bark.public_addresses import is_loopback, is_public
from minipush.channels.bark.servers import BarkDevice, BarkServers
from minipush.channels.http_answers import without_answer
from minipush.channels.reminder_results import rejected
from minipush.curl import CurlClient
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder, ReminderReason

_MOST_SECONDS: Final = 5.0
_MOST_BYTES: Final = 64 << 10
_CONNECTIONS: Final = 20
_HEADERS: Final = ("Content-Type: application/json; charset=utf-8", "User-Agent: minipush")


class BarkChannel:
    kind: ChannelKind = ChannelKind.BARK
    # For an hour, the phone shows a repeat in the place of the first one. The user may have dismissed that one by then.
    repeat_ms: int = 3_600_000
    find_after_ms: int = 0

    def __init__(self, servers: BarkServers) -> None:
        self._servers = servers
        self._clients: dict[bool, CurlClient] = {}

    def host(self, address: ChannelAddress) -> str:
        try:
            return self._servers.find(address.text).host
        except ValueError:
            return ""

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        parameters = reminder_parameters(reminder, address)
        if parameters is None:
            return rejected(Concerns.MESSAGE, "more than Apple takes", ReminderReason.TOO_LONG)
        return await self._push(parameters, address, timeout)

    async def send_code(self, code: str, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        return await self._push(code_parameters(code, address), address, timeout)

    async def find(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> None:  # noqa: ASYNC109, ARG002
        """Bark can't be asked."""
        return

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def _push(self, parameters: Parameters, address: ChannelAddress, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        try:
            device = self._servers.find(address.text)
        except ValueError as error:
            return rejected(Concerns.ADDRESS, str(error))
        body = json.dumps({"device_key": device.key} | parameters, ensure_ascii=False).encode()
        client, seconds = self._client(device), min(timeout, _MOST_SECONDS)
        answer = await client.call("POST", f"{device.base}/push", _HEADERS, body, seconds)
        if failed := without_answer(answer, device.host):
            return failed
        return bark_result(read_answer(answer.status, answer.body), device.key, is_named=device.is_named)

    def _client(self, device: BarkDevice) -> CurlClient:
        """One for the internet, and one for this machine: no name leads from the one to the other."""
        if client := self._clients.get(device.is_local):
            return client
        may_connect = is_loopback if device.is_local else is_public
        client = CurlClient(connections=_CONNECTIONS, most_bytes=_MOST_BYTES, may_connect=may_connect)
        self._clients[device.is_local] = client
        return client
