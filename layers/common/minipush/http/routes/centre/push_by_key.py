"""The routes below /p: pushes by a personal key, with the addresses and answers of Bark's server and of ServerChan.

It imports neither pydantic nor the resolver: paths, bodies and answers are not those of the API's other routes. Nothing
here logs a path, a query or a body: they hold keys.
"""

import json
import logging
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from minipush.application.centre.metrics import of_pushes
from minipush.application.centre.push_with_key import PushWithKey
from minipush.application.metric_names import Count
from minipush.application.ports.clock import Clock
from minipush.application.rejected_credentials import RejectedCredentials
from minipush.domain.centre.bindings import BINDING_KEY
from minipush.domain.centre.errors import UnknownPushKeyError
from minipush.domain.centre.pushes import Push, PushOutcome, PushReason, PushStatus
from minipush.errors import StoreError, TooManyRejectedKeysError
from minipush.http.edge.gateway import HttpRequest
from minipush.http.routes.centre.bark_requests import (
    PARTS,
    ROOT_PUSH,
    BarkRequest,
    Fields,
    UnreadableRequestError,
    is_prefetch,
    path_parts,
    read_fields,
)
from minipush.http.routes.centre.key_pushes import (
    TooLongPushError,
    push_of_bark,
    push_of_server_chan,
    ref_of,
)

if TYPE_CHECKING:
    from minipush.http.edge.scopes import Routes

logger = logging.getLogger(__name__)

ROUTES: "Routes" = {"GET /p/{proxy+}": None, "POST /p/{proxy+}": None, ROOT_PUSH: None}
SERVER_CHAN: Final = ".send"
# Unknown keys from one address: 30 at once, then one in ten seconds.
BURST: Final = 30
MS_PER_KEY: Final = 10_000
NOT_STORED: Final[Mapping[PushReason, tuple[int, str]]] = {
    PushReason.KEY_PAUSED: (403, "push failed: the key is paused"),
    PushReason.KEY_EXPIRED: (410, "push failed: the key has expired"),
    PushReason.RATE_LIMITED: (429, "push failed: TooManyRequests"),
    PushReason.REFUSED: (403, "push failed: the key's level is none"),
}


@dataclass(frozen=True, slots=True)
class BarkResponse:
    """`code` is the HTTP status, too. `data` stands before the timestamp."""

    code: int
    message: str = "success"
    data: list[dict[str, Any]] | None = None
    message_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


NOT_FOUND: Final = BarkResponse(404, "Not Found")


def rejected_push_keys(clock: Clock) -> RejectedCredentials:
    return RejectedCredentials(clock, BURST, MS_PER_KEY, TooManyRejectedKeysError)


class PushByKey:
    def __init__(
        self,
        push: PushWithKey,
        rejections: RejectedCredentials,
        clock: Clock,
        name_request: Callable[[str], None],
        count: Count,
    ) -> None:
        self._push = push
        self._rejections = rejections
        self._clock = clock
        self._name_request = name_request
        self._count = count

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the response are in API Gateway's payload format 2.0."""
        started = time.monotonic()
        request = HttpRequest.read(event, context)
        self._name_request(request.id)
        answer = self._answer(request)
        ms = round(1000 * (time.monotonic() - started))
        logger.info("answered", extra={"route": request.route, "status": answer["statusCode"], "ms": ms})
        return answer

    def _answer(self, request: HttpRequest) -> dict[str, Any]:
        parts = path_parts(request)
        if parts == ["healthz"]:
            return _response(request, 200, "text/plain; charset=utf-8", "ok")
        is_server_chan = len(parts) == 1 and parts[0].endswith(SERVER_CHAN)
        try:
            answer = self._route(request, parts, is_server_chan=is_server_chan)
        except UnreadableRequestError as error:
            answer = BarkResponse(error.status, str(error))
        except Exception as error:  # noqa: BLE001  # the caller gets a response whatever fails
            # The text of an error that nobody expected may hold the key.
            logger.error("a push failed", extra={"error": type(error).__name__})  # noqa: TRY400
            answer = BarkResponse(500, "push failed: InternalServerError")
        body = _server_chan_body(answer) if is_server_chan else self._bark_body(answer)
        return _response(request, answer.code, "application/json", body, answer.headers)

    def _route(self, request: HttpRequest, parts: list[str], *, is_server_chan: bool) -> BarkResponse:
        if parts == ["ping"]:
            return BarkResponse(200, "pong")
        if is_prefetch(request):
            return BarkResponse(200)
        if len(parts) not in PARTS or (parts == ["push"] and request.method != "POST"):
            return NOT_FOUND
        address = str(request.event.get("requestContext", {}).get("http", {}).get("sourceIp", ""))
        if parts[0] == "register":
            return self._check_key(request, address, parts[1:])
        asked = read_fields(request)
        if is_server_chan:
            return self._server_chan(address, parts[0].removesuffix(SERVER_CHAN), asked.fields)
        return self._push_of_bark(address, parts, asked)

    def _push_of_bark(self, address: str, parts: list[str], asked: BarkRequest) -> BarkResponse:
        """The path comes last, and wins."""
        path = {} if parts == ["push"] else dict(zip(PARTS[len(parts)], parts, strict=True))
        fields = asked.fields | path
        if asked.device_keys and not path:
            return self._batch(address, asked.device_keys, fields)
        return self._bark(address, fields.pop("device_key", ""), fields)

    def _check_key(self, request: HttpRequest, address: str, rest: list[str]) -> BarkResponse:
        """Devices register in the hub's mini-program, not here."""
        if len(rest) != 1 or request.method != "GET":
            return NOT_FOUND
        return self._with_key(address, rest[0], self._push.check)

    def _server_chan(self, address: str, key: str, fields: Fields) -> BarkResponse:
        try:
            push = push_of_server_chan(fields)
        except TooLongPushError:
            return BarkResponse(413, "push failed: PayloadTooLarge")
        if push is None:
            return BarkResponse(400, "the title is empty")
        return self._with_key(address, key, lambda key: self._counted(key, push))

    def _bark(self, address: str, key: str, fields: Fields) -> BarkResponse:
        ref = ref_of(fields)
        if fields.get("delete") == "1" and ref:
            return self._with_key(address, key, lambda key: self._push.recall(key, ref))
        try:
            push = push_of_bark(fields)
        except TooLongPushError:
            return BarkResponse(413, "push failed: PayloadTooLarge")
        return self._with_key(address, key, lambda key: self._counted(key, push))

    def _counted(self, key: str, push: Push) -> PushOutcome:
        outcome = self._push(key, push)
        self._count(of_pushes([outcome]))
        return outcome

    def _batch(self, address: str, keys: Sequence[str], fields: Fields) -> BarkResponse:
        answers = [(key, self._bark(address, key, dict(fields))) for key in keys]
        return BarkResponse(200, data=[_of_batch(key, answer) for key, answer in answers])

    def _with_key(self, address: str, key: str, act: "Callable[[str], PushOutcome | None]") -> BarkResponse:
        if not key:
            return BarkResponse(400, "device key is empty")
        try:
            self._rejections.check(address)
            return _answer_of(act(key))
        except TooManyRejectedKeysError as error:
            return _too_many(error.retry_seconds)
        except UnknownPushKeyError:
            self._rejections.add(address)
            if re.fullmatch(BINDING_KEY, key):
                return BarkResponse(401, "failed to get device token: not a personal key")
            return BarkResponse(400, "failed to get device token: the key is unknown")
        except StoreError as error:
            logger.error("the store failed", extra={"error": type(error).__name__})  # noqa: TRY400
            return BarkResponse(503, "push failed: ServiceUnavailable", headers={"Retry-After": "1"})

    def _bark_body(self, answer: BarkResponse) -> str:
        data = {} if answer.data is None else {"data": answer.data}
        return _json(
            {"code": answer.code, "message": answer.message, **data, "timestamp": self._clock() // 1000}
        )


def _answer_of(outcome: PushOutcome | None) -> BarkResponse:
    if outcome is None or outcome.status is PushStatus.STORED:
        return BarkResponse(200, message_id=outcome.message_id if outcome else None)
    if outcome.retry_seconds:
        return _too_many(outcome.retry_seconds)
    code, message = NOT_STORED.get(outcome.reason or PushReason.REFUSED, (400, "push failed: BadRequest"))
    return BarkResponse(code, message)


def _too_many(seconds: int) -> BarkResponse:
    return BarkResponse(429, "push failed: TooManyRequests", headers={"Retry-After": str(seconds)})


def _of_batch(key: str, answer: BarkResponse) -> dict[str, Any]:
    """In the order of Bark's own answers."""
    about = {"code": answer.code, "device_key": key}
    return about if answer.code == 200 else {**about, "message": answer.message}


def _server_chan_body(answer: BarkResponse) -> str:
    if answer.code != 200:
        return _json(
            {
                "code": answer.code,
                "message": answer.message,
                "data": {"errno": answer.code, "error": answer.message},
            }
        )
    return _json(
        {
            "code": 0,
            "message": "",
            "data": {"pushid": answer.message_id or "", "errno": 0, "error": "SUCCESS"},
        }
    )


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _response(
    request: HttpRequest, status: int, kind: str, body: str, more: Mapping[str, str] | None = None
) -> dict[str, Any]:
    headers = {"Content-Type": kind, "X-Request-Id": request.id, "Cache-Control": "no-store", **(more or {})}
    return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}
