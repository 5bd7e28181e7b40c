"""The callback in the OpenAPI description. It has no resolver that could describe its routes."""

from http import HTTPStatus
from typing import Any

WECHAT = "WeChat"
PATH = "/wechat/callback"
TEXT = {"text/plain": {"schema": {"type": "string"}}}


def _parameters(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names]


CHECK: dict[str, Any] = {
    "summary": "WeChat's check of the URL: returns echostr if the signature is valid",
    "operationId": "check_callback",
    "parameters": _parameters("signature", "timestamp", "nonce", "echostr"),
    "errors": (HTTPStatus.FORBIDDEN,),
}
PUSH: dict[str, Any] = {
    "summary": "WeChat's pushes, JSON or XML, plain or encrypted: returns success",
    "operationId": "receive_wechat_event",
    "parameters": _parameters("signature", "timestamp", "nonce", "encrypt_type", "msg_signature"),
    "requestBody": {
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "text/xml": {"schema": {"type": "string"}},
        }
    },
    "errors": (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
}
