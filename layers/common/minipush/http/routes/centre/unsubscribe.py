"""Where a mail's `List-Unsubscribe` leads: a page with one button, and what the button or the mail program posts.

GET alone mutes nobody, because scanners of mails open every link.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from minipush.application.centre.unsubscribe import Unsubscribe
from minipush.errors import StoreError
from minipush.http.edge.gateway import HttpRequest

if TYPE_CHECKING:
    from minipush.http.edge.scopes import Routes

ROUTES: "Routes" = {"GET /centre/unsubscribe": None, "POST /centre/unsubscribe": None}

PAGE: Final = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>退订提醒</title>
<body style="font: 16px sans-serif; margin: 3em auto; max-width: 22em; padding: 0 1em">{text}</body></html>
"""
ASKED: Final = """<p>不再接收此发送方的提醒？消息仍会保存在收件箱中。</p><form method="post"><button>退订</button></form>"""  # Chinese
DONE: Final = "<p>已退订。可以在小程序的绑定设置中恢复。</p>"
UNKNOWN: Final = "<p>链接无效。请在小程序的绑定设置中关闭提醒。</p>"
BUSY: Final = "<p>暂时无法退订，请稍后再试。</p>"


class UnsubscribePage:
    """Serves its events by itself: mail programs post a form, and people read the answer."""

    def __init__(self, unsubscribe: Unsubscribe, name_request: Callable[[str], None]) -> None:
        self._unsubscribe = unsubscribe
        self._name_request = name_request

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the response are in API Gateway's payload format 2.0."""
        request = HttpRequest.read(event, context)
        self._name_request(request.id)
        try:
            return self._serve(request)
        except StoreError:
            return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, BUSY)

    def _serve(self, request: HttpRequest) -> dict[str, Any]:
        token = request.query.get("token", "")
        if self._unsubscribe.tokens.read(token) is None:
            return _answer(request, HTTPStatus.NOT_FOUND, UNKNOWN)
        if request.method == "POST":
            self._unsubscribe(token)
            return _answer(request, HTTPStatus.OK, DONE)
        return _answer(request, HTTPStatus.OK, ASKED)


def _answer(request: HttpRequest, status: HTTPStatus, text: str) -> dict[str, Any]:
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
        "Referrer-Policy": "no-referrer",
        "X-Request-Id": request.id,
        "Cache-Control": "no-store",
    }
    return {
        "statusCode": status.value,
        "headers": headers,
        "body": PAGE.format(text=text),
        "isBase64Encoded": False,
    }
