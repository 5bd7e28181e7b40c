"""The callbacks in the OpenAPI description. They have no resolver that could describe their routes."""

from http import HTTPStatus
from typing import Any

WECHAT = "WeChat"
PATH = "/wechat/callback"
OFFICIAL_PATH = "/wechat/official/callback"
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
OFFICIAL_CHECK: dict[str, Any] = CHECK | {
    "summary": "WeChat's check of the official account's URL: returns echostr if the signature is valid",
    "operationId": "check_official_callback",
}
OFFICIAL_PUSH: dict[str, Any] = PUSH | {
    "summary": "WeChat's pushes about the official account, XML, plain or encrypted: returns success",
    "operationId": "receive_official_event",
}
PATHS = {PATH: (CHECK, PUSH), OFFICIAL_PATH: (OFFICIAL_CHECK, OFFICIAL_PUSH)}
