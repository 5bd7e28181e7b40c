"""What WeChat calls. It waits for five seconds, tries three times, and wants `success` in plain text."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from minipush.application.events.handle_wechat_event import EventResult
from minipush.errors import StoreError
from minipush.http.edge.access import Routes
from minipush.http.edge.bodies import raw_body
from minipush.http.edge.gateway import Request
from minipush.http.edge.metrics import Count, of_event
from minipush.http.edge.problems import ProblemError
from minipush.wechat.callback import Callback
from minipush.wechat.errors import MalformedPushError, PushRefusedError
from minipush.wechat.events import Event, read_event

logger = logging.getLogger(__name__)

CHECK = "GET /wechat/callback"
PUSH = "POST /wechat/callback"
ROUTES: Routes = {CHECK: None, PUSH: None}

# Leaves WeChat's five a margin for the way, and for a cold start.
PATIENCE_SECONDS = 3.0
# Work that outlived its answer may still be there: its effects are the same when WeChat repeats.
THREADS = 8


class WeChatCallback:
    def __init__(
        self,
        callback: Callable[[], Callback],
        hear: Callable[[Event], EventResult],
        count: Count,
        name_request: Callable[[str], None],
    ) -> None:
        self._callback = callback
        self._hear = hear
        self._count = count
        self._name_request = name_request
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="callback")

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the answer in API Gateway's payload format 2.0."""
        started = time.monotonic()
        request = Request.read(event, context)
        self._name_request(request.id)
        answer = self._answer(request)
        answer["headers"] |= {"X-Request-Id": request.id, "Cache-Control": "no-store"}
        ms = round(1000 * (time.monotonic() - started))
        logger.info("answered", extra={"route": request.route, "status": answer["statusCode"], "ms": ms})
        return answer

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            text, heard = self._threads.submit(self._take, request).result(PATIENCE_SECONDS)
        except ProblemError as problem:
            return problem.answer()
        except PushRefusedError as error:
            logger.warning("a push was refused: %s", error)
            return ProblemError(HTTPStatus.FORBIDDEN, "WeChat did not sign this.").answer()
        except MalformedPushError as error:
            return ProblemError(HTTPStatus.BAD_REQUEST, f"What WeChat signed is wrong: {error}.").answer()
        except Exception as error:  # noqa: BLE001  # whatever it is, WeChat is to repeat it
            return _broken(error)
        self._tell(heard)
        return _plain(text)

    def _take(self, request: Request) -> tuple[str, EventResult]:
        if request.route == CHECK:
            return self._callback().check_url(request.query), EventResult()
        body = raw_body(request)
        event = read_event(self._callback().open(request.query, body))
        return "success", self._hear(event) if event else EventResult()

    def _tell(self, heard: EventResult) -> None:
        for failure in heard.failures:
            about = {"template_id": failure.template_id, "msgid": failure.msgid, "errcode": failure.errcode}
            logger.warning("WeChat took a message and could not deliver it", extra=about)
        if counts := of_event(heard):
            self._count(counts)


def _plain(text: str) -> dict[str, Any]:
    headers = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return {"statusCode": HTTPStatus.OK.value, "headers": headers, "body": text, "isBase64Encoded": False}


def _broken(error: Exception) -> dict[str, Any]:
    slow = isinstance(error, StoreError | TimeoutError)
    logger.error("the store failed" if slow else "a push broke", exc_info=error)
    detail = "This could not be kept. Push it again."
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail).answer()
