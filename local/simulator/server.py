"""The HTTP shell: takes a call off the socket, lets the faults at it, asks WeChat or the control API."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, web
from pydantic import ValidationError

from local.simulator import bodies, control
from local.simulator.answers import Answer, RefusedError, encoded
from local.simulator.commands import Push, Settle
from local.simulator.faults import Fault
from local.simulator.pusher import Pusher
from local.simulator.user_control import UnknownUserError
from local.simulator.wechat import LOG_IN, SUBSCRIBE_SEND
from local.simulator.world import World

JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain"}  # as jscode2session really answers
GARBAGE = b'<html><body>\xff\xfe{"errcode":0,'
LARGEST_BODY = 64 << 20
LINGER_ZERO = struct.pack("ii", 1, 0)  # close() sends RST at once instead of FIN


@dataclass(frozen=True, slots=True)
class Call:
    request: web.BaseRequest
    path: str
    body: bytes

    def touser(self) -> str | None:
        openid = (bodies.read(self.body) or {}).get("touser")
        return openid if isinstance(openid, str) else None


class Shell:
    """The handler of every request, without aiohttp's router and middlewares: a load test is to meet WeChat's
    rules, not our overhead.
    """

    def __init__(self, world: World, pusher: Pusher) -> None:
        self._world = world
        self._pusher = pusher

    async def handle(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        body = await request.read()
        if path in self._world.wechat.endpoints:
            return await self._call(Call(request, path, body))
        if path.startswith(control.PREFIX):
            name = path.removeprefix(control.PREFIX)
            if (request.method, name) == ("POST", "pushes"):
                return await self._push(body)
            if (request.method, name) == ("GET", "pushes"):
                await self._settle(request.query)
            return self._control(request.method, name, body, request.query)
        return web.Response(status=404)

    async def _push(self, body: bytes) -> web.Response:
        """An odd event, at once and once."""
        wechat = self._world.wechat
        try:
            wanted = Push.model_validate_json(body)
            event = wanted.read(int(wechat.clock()))
            status, text = await self._pusher.post(event, wanted.callback, wechat)
        except (ClientError, TimeoutError) as error:
            return _json({"error": type(error).__name__}, HTTPStatus.BAD_GATEWAY)
        except ValueError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        return _json({"status": status, "answer": text})

    async def _settle(self, query: Mapping[str, str]) -> None:
        with suppress(ValidationError):  # the operation that follows refuses it
            await self._pusher.settle(Settle.model_validate(dict(query)).wait)

    async def _call(self, call: Call) -> web.Response:
        self._world.wechat.ledger.requests[call.path] += 1
        fault = self._world.faults.pick(call.path, call.touser)
        if fault is None:
            return await self._answer(call, 0)
        if fault.action == "latency":
            return await self._answer(call, fault.ms)
        return await self._strike(call, fault)

    async def _answer(self, call: Call, extra_ms: float) -> web.Response:
        """WeChat acts when the call arrives, and answers when the latency is over."""
        answer = self._act(call)
        seconds = (self._world.wechat.settings.latency_ms + extra_ms) / 1000
        if seconds:
            openid = call.touser() if call.path == SUBSCRIBE_SEND else None
            with self._world.wechat.sends.in_flight(openid):
                await asyncio.sleep(seconds)
        return _response(call.path, answer)

    def _act(self, call: Call) -> Answer:
        answer = self._world.wechat.answer(call.request.method, call.path, call.request.query, call.body)
        self._pusher.wake()
        return answer

    async def _strike(self, call: Call, fault: Fault) -> web.Response:
        if fault.action == "errcode":
            return _response(call.path, self._world.wechat.refuse(RefusedError(fault.errcode)))
        if fault.lets_wechat_act:
            self._act(call)
        if fault.action == "garbage":
            return web.Response(body=GARBAGE, headers=JSON)
        if fault.action == "http_status":
            return web.Response(status=fault.status)
        if fault.action == "hang":
            await asyncio.sleep(fault.seconds)
        return _reset(call.request)

    def _control(self, method: str, name: str, body: bytes, query: Mapping[str, str]) -> web.Response:
        operation = control.OPERATIONS.get((method, name))
        if operation is None:
            return _json({"error": f"no {method} {control.PREFIX}{name}"}, HTTPStatus.NOT_FOUND)
        try:
            answer = operation(self._world, body, query)
            self._pusher.wake()
            return _json(answer)
        except UnknownUserError as error:
            return _json({"error": str(error)}, HTTPStatus.NOT_FOUND)
        except ValueError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)


def _json(answer: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    return web.Response(body=encoded(answer), status=status, headers=JSON)


def _response(path: str, answer: Answer) -> web.Response:
    return web.Response(body=encoded(answer), headers=TEXT if path == LOG_IN else JSON)


def _reset(request: web.BaseRequest) -> web.Response:
    """Close the connection with RST. What is returned is never seen."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
    return web.Response()


def make_server(world: World, pusher: Pusher) -> web.Server:
    """The shell in the barest server aiohttp has."""
    return web.Server(Shell(world, pusher).handle, request_factory=_request, access_log=None)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)
