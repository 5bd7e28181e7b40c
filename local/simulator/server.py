"""The HTTP server: applies faults, and passes each request to WeChat's endpoints or to the control API."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, web
from pydantic import ValidationError

from local.connections import reset_connection
from local.simulator import bodies
from local.simulator.answers import Answer, ErrcodeError, encoded
from local.simulator.control.commands import Push, Settle
from local.simulator.control.operations import OPERATIONS, PREFIX, contents
from local.simulator.control.user_operations import UnknownUserError
from local.simulator.faults import Fault
from local.simulator.pushes.pusher import Pusher
from local.simulator.state import SimulatorState
from local.simulator.wechat import LOG_IN, SUBSCRIBE_SEND

JSON = {"Content-Type": "application/json; charset=utf-8"}
TEXT = {"Content-Type": "text/plain"}  # the content type of jscode2session
GARBAGE = b'<html><body>\xff\xfe{"errcode":0,'
LARGEST_BODY = 64 << 20


@dataclass(frozen=True, slots=True)
class Call:
    request: web.BaseRequest
    path: str
    body: bytes

    def touser(self) -> str | None:
        openid = (bodies.read(self.body) or {}).get("touser")
        return openid if isinstance(openid, str) else None


class RequestHandler:
    """Handles every request, without aiohttp's router and middlewares, so that a load test measures the sender."""

    def __init__(self, state: SimulatorState, pusher: Pusher) -> None:
        self._state = state
        self._pusher = pusher

    async def handle(self, request: web.BaseRequest) -> web.Response:
        path = request.path
        body = await request.read()
        if path in self._state.wechat.endpoints:
            return await self._call(Call(request, path, body))
        if path == "/":
            return _json(contents(self._state.wechat))
        if path.startswith(PREFIX):
            name = path.removeprefix(PREFIX)
            if (request.method, name) == ("POST", "pushes"):
                return await self._push(body)
            if (request.method, name) == ("GET", "pushes"):
                await self._settle(request.query)
            return self._control(request.method, name, body, request.query)
        return _response(path, self._state.wechat.answer(request.method, path, request.query, body))

    async def _push(self, body: bytes) -> web.Response:
        """Push one event immediately, in one attempt."""
        wechat = self._state.wechat
        try:
            wanted = Push.model_validate_json(body)
            event = wanted.to_event(int(wechat.clock()))
            status, text = await self._pusher.post(event, wanted.callback, wechat)
        except (ClientError, TimeoutError) as error:
            return _json({"error": type(error).__name__}, HTTPStatus.BAD_GATEWAY)
        except ValueError as error:
            return _json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        return _json({"status": status, "answer": text})

    async def _settle(self, query: Mapping[str, str]) -> None:
        with suppress(ValidationError):  # the operation itself refuses the query
            await self._pusher.settle(Settle.model_validate(dict(query)).wait)

    async def _call(self, call: Call) -> web.Response:
        self._state.wechat.ledger.requests[call.path] += 1
        fault = self._state.faults.pick(call.path, call.touser)
        if fault is None:
            return await self._answer(call, 0)
        if fault.action == "latency":
            return await self._answer(call, fault.ms)
        return await self._apply(call, fault)

    async def _answer(self, call: Call, extra_ms: float) -> web.Response:
        """WeChat processes the call when it arrives, and answers after the latency."""
        answer = self._process(call)
        seconds = (self._state.wechat.settings.latency_ms + extra_ms) / 1000
        if seconds:
            openid = call.touser() if call.path == SUBSCRIBE_SEND else None
            with self._state.wechat.sends.in_flight(openid):
                await asyncio.sleep(seconds)
        return _response(call.path, answer)

    def _process(self, call: Call) -> Answer:
        answer = self._state.wechat.answer(call.request.method, call.path, call.request.query, call.body)
        self._pusher.wake()
        return answer

    async def _apply(self, call: Call, fault: Fault) -> web.Response:
        if fault.action == "errcode":
            return _response(call.path, self._state.wechat.refuse(ErrcodeError(fault.errcode)))
        if fault.lets_wechat_act:
            self._process(call)
        if fault.action == "garbage":
            return web.Response(body=GARBAGE, headers=JSON)
        if fault.action == "http_status":
            return web.Response(status=fault.status)
        if fault.action == "hang":
            await asyncio.sleep(fault.seconds)
        return reset_connection(call.request)

    def _control(self, method: str, name: str, body: bytes, query: Mapping[str, str]) -> web.Response:
        operation = OPERATIONS.get((method, name))
        if operation is None:
            return _json({"error": f"no operation {method} {PREFIX}{name}"}, HTTPStatus.NOT_FOUND)
        try:
            answer = operation(self._state, body, query)
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


def make_server(state: SimulatorState, pusher: Pusher) -> web.Server:
    """An aiohttp server without router and middlewares."""
    return web.Server(RequestHandler(state, pusher).handle, request_factory=_request, access_log=None)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)
