"""The HTTP API on one port. It does what API Gateway does and the emulator does not."""

import asyncio
import json
import logging
import socket
import threading
import uuid
from collections import defaultdict
from http import HTTPStatus

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from multidict import CIMultiDict
from yarl import URL

from local.stack.deploy import Deployment

# minipush itself is not importable here.
PROBLEM = "https://github.com/minipush/minipush/blob/main/docs/errors.md#gateway"
LARGEST_BODY = 10 * 1024 * 1024
LARGEST_HEADER = 16 * 1024
# Each concurrent invocation needs a process of about 70 MB. Further requests wait.
IN_FLIGHT = 12
NOT_FORWARDED = {
    "connection", "content-length", "date", "expect", "host", "keep-alive", "server", "te", "trailer",
    "transfer-encoding", "upgrade",
}  # fmt: skip
# What aiohttp would add where the caller sent nothing. API Gateway adds none of it.
NEVER_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
# A gateway decodes the paths of pushes by key. What a deployment's own proxy may tell, this one tells: the path as it was sent.
PUSH_BY_KEY = "/p/"
TEXT = ("text/", "application/json", "application/xml", "application/javascript")


class ApiGateway:
    """Serves `listener` in its own thread."""

    def __init__(self, listener: socket.socket, aws_url: str, deployment: Deployment) -> None:
        self._listener = listener
        self._base = f"{aws_url}/_aws/execute-api/{deployment.api_id}/$default"
        self._routes = deployment.routes
        self._slots: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(IN_FLIGHT))
        self._loop = asyncio.new_event_loop()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, name="api-gateway", daemon=True)

    def start(self) -> None:
        # aiohttp answers an invalid request with 400, and would also print it as an error.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        self._thread.start()
        self._up.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._down.set)
        self._thread.join(timeout=3)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._down = asyncio.Event()
        connector = TCPConnector(limit=0)
        async with ClientSession(
            connector=connector, auto_decompress=False, cookie_jar=DummyCookieJar(), timeout=ClientTimeout()
        ) as self._emulator:
            # API Gateway doesn't look into a compressed body, either.
            runner = web.AppRunner(
                self._application(),
                access_log=None,
                shutdown_timeout=0.5,
                auto_decompress=False,
                max_field_size=LARGEST_HEADER,
            )
            await runner.setup()
            await web.SockSite(runner, self._listener).start()
            self._up.set()
            await self._down.wait()
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=LARGEST_BODY)
        application.router.add_route("*", r"/{path:[\s\S]*}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        async with self._slots[self._function(request.method, request.path)]:
            return await self._forward(request, body)

    def _function(self, method: str, path: str) -> str:
        matching = (route.function for route in self._routes if route.matches(method, path))
        return next(matching, "$default")

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        url = URL(self._base + request.raw_path, encoded=True)
        async with self._emulator.request(
            request.method,
            url,
            headers=_forwarded(request, body),
            skip_auto_headers=NEVER_ADDED,
            data=body,
            allow_redirects=False,
        ) as answer:
            content = await answer.read()
            if answer.status == 502 and _is_function_error(content):
                return _problem(HTTPStatus.INTERNAL_SERVER_ERROR)
            if answer.status >= 400 and "X-Request-Id" not in answer.headers:
                return _problem(HTTPStatus(answer.status))
            headers = CIMultiDict(
                (name, value) for name, value in answer.headers.items() if name.lower() not in NOT_FORWARDED
            )
            return web.Response(status=answer.status, headers=headers, body=content)


def _forwarded(request: web.Request, body: bytes) -> dict[str, str]:
    """One line for each header, because an HTTP API joins repeated headers."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in request.headers.items():
        if name.lower() not in NOT_FORWARDED:
            lines[name.lower()].append(value)
    headers = {name: ",".join(values) for name, values in lines.items()}
    if request.path.startswith(PUSH_BY_KEY):
        headers["x-forwarded-uri"] = request.raw_path.partition("?")[0]
    if headers.get("content-type", "").startswith(TEXT) and not _is_utf8(body):
        # The emulator decodes a text body with replacement characters, and passes on octets unchanged.
        headers["content-type"] = "application/octet-stream"
    return headers


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_function_error(content: bytes) -> bool:
    try:
        return set(json.loads(content)) == {"errorMessage", "errorType"}
    except (ValueError, TypeError):
        return False


def _problem(status: HTTPStatus) -> web.Response:
    """A response of the gateway itself: a refused request or a failed function."""
    problem = {
        "type": PROBLEM,
        "title": status.phrase,
        "status": status,
        "detail": "API Gateway returned this response.",
    }
    headers = {"Content-Type": "application/problem+json", "X-Request-Id": str(uuid.uuid4())}
    return web.Response(body=json.dumps(problem, ensure_ascii=False).encode(), status=status, headers=headers)
