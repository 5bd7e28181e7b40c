"""The HTTP server: applies faults, and passes each request to its provider or to the control API.

Bark, Aliyun and Tencent have one address each, but the servers are told apart by what a request has: a header of Aliyun,
a header of Tencent, or neither.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from local.connections import reset_connection
from local.providers.answers import JSON, Answer, Request, as_json
from local.providers.control import OPERATIONS, PREFIX
from local.providers.faults import Fault, Provider
from local.providers.state import ProvidersState

GARBAGE = b'<html><body>\xff\xfe{"code":200,'
HUGE = 1 << 30
PIECE = bytes(1 << 16)


class RequestHandler:
    def __init__(self, state: ProvidersState) -> None:
        self._state = state

    async def handle(self, http: web.BaseRequest) -> web.StreamResponse:
        request = await _read(http)
        if request.path.startswith(PREFIX):
            return _response(self._control(request, http))
        provider, to, process = self._find(request)
        fault = self._state.faults.pick(provider, to)
        if fault is None:
            return _response(process(request))
        return await self._apply(http, request, fault, provider, process)

    def _find(self, request: Request) -> tuple[Provider, str, Callable[[Request], Answer]]:
        state = self._state
        if "x-acs-action" in request.headers:
            return "aliyun", state.aliyun.number_of(request), state.aliyun.answer
        if "x-tc-action" in request.headers:
            return "tencent", state.tencent.number_of(request), state.tencent.answer
        return "bark", state.bark.key_of(request), state.bark.answer

    async def _apply(
        self,
        http: web.BaseRequest,
        request: Request,
        fault: Fault,
        provider: Provider,
        process: Callable[[Request], Answer],
    ) -> web.StreamResponse:
        answer = process(request) if fault.lets_provider_act else None
        if fault.action in ("hang", "latency"):
            await asyncio.sleep(fault.seconds)
        if fault.action == "latency" and answer:
            return _response(answer)
        if fault.action == "huge":
            return await _huge(http)
        if scripted := self._scripted(request, fault, provider):
            return _response(scripted, fault.location)
        return reset_connection(http)

    def _scripted(self, request: Request, fault: Fault, provider: Provider) -> Answer | None:
        match fault.action:
            case "answer":
                return Answer(fault.status, fault.text.encode(), JSON)
            case "garbage":
                return Answer(200, GARBAGE, JSON)
            case "redirect":
                return Answer(fault.status if 300 <= fault.status < 400 else 307, b"")
            case "leak":
                return self._state.bark.leak(self._state.bark.key_of(request))
            case "refuse":
                return self._refused(request, fault.code, provider)
        return None

    def _refused(self, request: Request, code: str, provider: Provider) -> Answer:
        state = self._state
        if provider == "aliyun":
            return state.aliyun.refused(code)
        if provider == "tencent":
            return state.tencent.refused(request, code)
        return state.bark.refused_by_apple(state.bark.key_of(request), code)

    def _control(self, request: Request, http: web.BaseRequest) -> Answer:
        name = request.path.removeprefix(PREFIX)
        operation = OPERATIONS.get((request.method, name))
        if operation is None:
            return as_json(HTTPStatus.NOT_FOUND, {"error": f"no operation {request.method} {PREFIX}{name}"})
        try:
            return as_json(HTTPStatus.OK, operation(self._state, request.body, http.query))
        except ValueError as error:
            return as_json(HTTPStatus.BAD_REQUEST, {"error": str(error)})


async def _read(http: web.BaseRequest) -> Request:
    headers = {name.lower(): value for name, value in http.headers.items()}
    url = http.rel_url
    return Request(
        http.method, url.raw_path, url.raw_query_string, headers, await http.read(), http.remote or ""
    )


def _response(answer: Answer, location: str = "") -> web.Response:
    headers = {"Content-Type": answer.content_type} | ({"Location": location} if location else {})
    return web.Response(status=answer.status, body=answer.body, headers=headers)


async def _huge(http: web.BaseRequest) -> web.StreamResponse:
    """A gigabyte, or as much of it as the client reads."""
    response = web.StreamResponse(headers={"Content-Type": JSON, "Content-Length": str(HUGE)})
    await response.prepare(http)
    for _ in range(HUGE // len(PIECE)):
        await response.write(PIECE)
    return response


def make_server(state: ProvidersState) -> web.Server:
    return web.Server(RequestHandler(state).handle, access_log=None)
