"""WeChat's callbacks. WeChat waits five seconds, tries three times, and expects `success` in plain text."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from minipush.application.events.handle_wechat_event import EventResult
from minipush.application.metric_names import Count
from minipush.application.metrics import of_event
from minipush.application.record_statistics import RecordStatistics
from minipush.domain.ids import user_hash
from minipush.domain.statistics import Activity
from minipush.errors import StoreError
from minipush.http.edge import problem_types as types
from minipush.http.edge.bodies import raw_body
from minipush.http.edge.gateway import HttpRequest
from minipush.http.edge.problems import ProblemError
from minipush.http.edge.scopes import Routes
from minipush.wechat.callback import Callback
from minipush.wechat.errors import MalformedPushError, PushRefusedError
from minipush.wechat.push_bodies import Fields

logger = logging.getLogger(__name__)

CHECK = "GET /wechat/callback"
PUSH = "POST /wechat/callback"
OFFICIAL_CHECK = "GET /wechat/official/callback"
OFFICIAL_PUSH = "POST /wechat/official/callback"
ROUTES: Routes = {CHECK: None, PUSH: None, OFFICIAL_CHECK: None, OFFICIAL_PUSH: None}

# WeChat's five seconds, less the network's time and a cold start.
PATIENCE_SECONDS = 3.0
# Work that outlived its response may still occupy a thread. Its effect is the same when WeChat repeats the push.
THREADS = 8


type TakeNonce = Callable[[str, bytes], bool]
"""Takes a nonce with the body. False if the nonce came with another body before."""


class WeChatCallback[E]:
    """`callback` is read for each push: its secret may have changed. `read` gives None for a push that changes nothing.

    `note`: WeChat has called. It gets the mark of new credentials that were used, see `Push`.
    """

    def __init__(
        self,
        callback: Callable[[], Callback],
        take_nonce: TakeNonce,
        read: Callable[[Fields], E | None],
        handle: Callable[[E], EventResult],
        count: Count,
        name_request: Callable[[str], None],
        record: RecordStatistics,
        note: Callable[[str], None],
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._callback = callback
        self._take_nonce = take_nonce
        self._read = read
        self._handle = handle
        self._count = count
        self._name_request = name_request
        self._record = record
        self._note = note
        self._patience_seconds = patience_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="callback")

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the response are in API Gateway's payload format 2.0."""
        started = time.monotonic()
        request = HttpRequest.read(event, context)
        self._name_request(request.id)
        answer = self._answer(request)
        answer["headers"] |= {"X-Request-Id": request.id, "Cache-Control": "no-store"}
        ms = round(1000 * (time.monotonic() - started))
        logger.info("answered", extra={"route": request.route, "status": answer["statusCode"], "ms": ms})
        return answer

    def _answer(self, request: HttpRequest) -> dict[str, Any]:
        try:
            text, result = self._threads.submit(self._process, request).result(self._patience_seconds)
        except Exception as error:  # noqa: BLE001  # WeChat repeats the push, whatever failed
            return _problem(error).answer()
        self._report(result)
        return _plain(text)

    def _process(self, request: HttpRequest) -> tuple[str, EventResult]:
        if request.route in (CHECK, OFFICIAL_CHECK):
            return self._callback().check_url(request.query), EventResult()
        body = raw_body(request)
        push = self._callback().open(request.query, body)
        if not push.is_trial:
            self._note(push.new_mark)
        if push.is_outdated:
            logger.warning("a push was signed with a replaced token")
        event = self._read(push.fields)
        if event is None:
            return "success", EventResult()
        if push.nonce is not None and not self._take_nonce(push.nonce, body):
            raise PushRefusedError("its nonce came with another body before")
        return "success", self._handle(event)

    def _report(self, result: EventResult) -> None:
        for failure in result.failures:
            about = {"template_id": failure.template_id, "msgid": failure.msgid, "errcode": failure.errcode}
            about |= {"user": user_hash(failure.openid)}
            logger.warning("WeChat accepted a message and could not deliver it", extra=about)
        if counts := of_event(result):
            self._count(counts)
            self._record(_activity(result))


def _activity(result: EventResult) -> Activity:
    collected = Activity(collected=result.collected.permits if result.collected else 0)
    return collected.plus(result.corrected).plus(Activity.of_arrivals(result.confirmed))


def _plain(text: str) -> dict[str, Any]:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return {"statusCode": HTTPStatus.OK.value, "headers": headers, "body": text, "isBase64Encoded": False}


def _problem(error: Exception) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case PushRefusedError():
            logger.warning("a push was refused: %s", error)
            return ProblemError(types.BAD_SIGNATURE, "WeChat did not sign this request.")
        case MalformedPushError():
            return ProblemError(types.MALFORMED_PUSH, f"The signed push can't be read: {error}.")
        case StoreError():
            logger.error("the store failed", exc_info=error)
        case TimeoutError():
            logger.error("a push was not processed in time", exc_info=error)
        case _:
            logger.error("a push failed", exc_info=error)
    return ProblemError(types.PUSH_NOT_PROCESSED, "The event was not fully processed. Push it again.")
