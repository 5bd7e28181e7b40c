"""Bark's server, and Apple behind it.

Built from bark-server's source. A refusal by Apple is HTTP 500, with Apple's reason at the end of the text. How the public
server answers an address that it has banned is not known: here, with 403.
"""

import json
import re
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from local.providers.answers import Answer, Request, as_json
from local.providers.bark_notifications import apple_payload, decrypted, to_shown
from local.providers.phones import Phones

MOST_PAYLOAD = 4096
BAN_ERRORS = 1000
BAN_WINDOW = 300
BAN_SECONDS = 86_400
FREE_PATHS = ("/ping", "/register", "/healthz")


@dataclass(slots=True)
class Device:
    """`reason`: with which Apple refuses its token. `encryption_key`, `cipher`: as set in the app."""

    key: str
    token: str
    reason: str = ""
    encryption_key: str = ""
    cipher: str = "cbc"


class BarkServer:
    """`basic_auth`: the value that the Authorization header must have; empty for none."""

    def __init__(self, clock: Callable[[], float], phones: Phones, basic_auth: str = "") -> None:
        self._clock = clock
        self._phones = phones
        self._basic_auth = basic_auth
        self.devices: dict[str, Device] = {}
        self.requests = 0
        self._errors: dict[str, deque[float]] = {}
        self._banned: dict[str, float] = {}

    def register(self, key: str = "", token: str = "", **settings: str) -> Device:
        """As the app does. Who knows a key can point it at another device."""
        key = key or secrets.token_urlsafe(16)
        device = Device(key, token or secrets.token_hex(32), **settings)
        self.devices[key] = device
        return device

    def answer(self, request: Request) -> Answer:
        self.requests += 1
        if self._banned.get(request.peer, 0) > self._clock():
            return Answer(403, b"")
        answer = self._route(request)
        if answer.status >= 400:
            self._count_error(request.peer)
        return answer

    def refused_by_apple(self, key: str, reason: str) -> Answer:
        if reason in ("BadDeviceToken", "Unregistered") and key in self.devices:
            self.devices[key].token = ""
        return self._failed(500, f"push failed: {reason}")

    def leak(self, key: str) -> Answer:
        """Apple's answer was lost. The text names the device."""
        token = self.devices[key].token if key in self.devices else "0" * 64
        return self._failed(500, f'push failed: Post "https://api.push.apple.com/3/device/{token}": EOF')

    def key_of(self, request: Request) -> str:
        return str(self._parameters(request).get("device_key", ""))

    def _count_error(self, peer: str) -> None:
        now, errors = self._clock(), self._errors.setdefault(peer, deque())
        errors.append(now)
        while errors[0] <= now - BAN_WINDOW:
            errors.popleft()
        if len(errors) > BAN_ERRORS:
            self._banned[peer] = now + BAN_SECONDS

    def _route(self, request: Request) -> Answer:
        path = request.path
        is_free = path.startswith(FREE_PATHS)
        if self._basic_auth and not is_free and request.headers.get("authorization") != self._basic_auth:
            return Answer(418, b"I'm a teapot", "text/plain")
        if path in ("/", "/healthz"):
            return Answer(200, b"ok", "text/plain")
        if is_free:
            return self._succeeded("pong") if path == "/ping" else self._register(request)
        return self._route_push(request)

    def _route_push(self, request: Request) -> Answer:
        if request.method not in ("GET", "POST") or (request.path == "/push" and request.method != "POST"):
            return self._failed(405, "Method Not Allowed")
        if len(request.path.strip("/").split("/")) > 4:
            return self._failed(404, f"Cannot {request.method} {request.path}")
        return self._push(self._parameters(request))

    def _register(self, request: Request) -> Answer:
        key = request.path.removeprefix("/register").strip("/")
        if key:
            known = key in self.devices and self.devices[key].token
            return (
                self._succeeded()
                if known
                else self._failed(400, f"failed to get [{key}] device token from database")
            )
        fields = {
            **dict(parse_qsl(request.query)),
            **(request.json or dict(parse_qsl(request.body.decode()))),
        }
        token = str(fields.get("device_token") or fields.get("devicetoken") or "")
        if not token or len(token) > 160:
            return self._failed(400, "device token is invalid" if token else "device token is empty")
        device = self.register(str(fields.get("device_key") or fields.get("key") or ""), token)
        data = {"key": device.key, "device_key": device.key, "device_token": token}
        return self._succeeded(data=data)

    def _parameters(self, request: Request) -> dict[str, Any]:
        query = {name.lower(): value for name, value in parse_qsl(request.query)}
        if request.headers.get("content-type", "").startswith("application/json"):
            return (request.json or {}) | query | _of_path(request.path)
        form = {name.lower(): value for name, value in parse_qsl(request.body.decode(errors="replace"))}
        return query | form | _of_path(request.path)

    def _push(self, parameters: dict[str, Any]) -> Answer:
        key = parameters.get("device_key")
        if not key or not isinstance(key, str):
            return self._failed(400, "device key is empty")
        device = self.devices.get(key)
        if device is None or not device.token:
            return self._failed(
                400, f"failed to get device token: failed to get [{key}] device token from database"
            )
        if not isinstance(parameters.get("group", ""), str):
            return self._failed(500, "interface conversion: interface {} is float64, not string")
        if device.reason:
            return self.refused_by_apple(key, device.reason)
        payload = apple_payload(parameters)
        if len(payload) > MOST_PAYLOAD:
            return self._failed(500, "push failed: PayloadTooLarge")
        self._deliver(device, json.loads(payload))
        return self._succeeded()

    def _deliver(self, device: Device, payload: dict[str, Any]) -> None:
        if payload.get("delete") == "1":
            return self._phones.recall("bark", device.key, str(payload.get("id")))
        shown = (
            decrypted(payload, device.encryption_key, device.cipher) if "ciphertext" in payload else payload
        )
        return self._phones.show(to_shown(device.key, shown, self._clock()))

    def _succeeded(self, message: str = "success", data: Any = None) -> Answer:
        fields = {"code": 200, "message": message} | ({"data": data} if data else {})
        return as_json(200, fields | {"timestamp": int(time.time())})

    def _failed(self, code: int, message: str) -> Answer:
        return as_json(code, {"code": code, "message": message, "timestamp": int(time.time())})


def _of_path(path: str) -> dict[str, str]:
    if path == "/push":
        return {}
    parts = [unquote_plus(part) for part in re.split("/", path.strip("/"))]
    names = {1: (), 2: ("body",), 3: ("title", "body"), 4: ("title", "subtitle", "body")}.get(len(parts), ())
    return {"device_key": parts[0]} | dict(zip(names, parts[1:], strict=False))
