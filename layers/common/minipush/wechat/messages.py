"""The bodies of sends. Sources: WeChat's pages on templateMessage.send, subscribeMessage.send and sendTemplateMessage."""

import json
from collections.abc import Mapping

import orjson

type Data = Mapping[str, Mapping[str, str]]
"""WeChat's own shape: `{"keyword1": {"value": "…"}}` or `{"thing1": {"value": "…"}}`."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def template_message(
    *,
    touser: str,
    template_id: str,
    form_id: str,
    page: str | None = None,
    data: Data | None = None,
    emphasis_keyword: str | None = None,
) -> dict[str, object]:
    """`form_id` is a formId or a bare prepay_id. `emphasis_keyword` is like `keyword1.DATA`."""
    optional = {"page": _plain(page), "data": data, "emphasis_keyword": emphasis_keyword}
    return {"touser": touser, "template_id": template_id, "form_id": form_id} | _given(optional)


def subscribe_message(
    *,
    touser: str,
    template_id: str,
    data: Data,
    page: str | None = None,
    miniprogram_state: str | None = None,
    lang: str | None = None,
) -> dict[str, object]:
    """`data` must have every key of the template. WeChat's defaults are `formal` and `zh_CN`."""
    optional = {"page": _plain(page), "miniprogram_state": miniprogram_state, "lang": lang}
    return {"touser": touser, "template_id": template_id, "data": data} | _given(optional)


def official_message(
    *,
    touser: str,
    template_id: str,
    data: Data,
    url: str | None = None,
    miniprogram: Mapping[str, str] | None = None,
    client_msg_id: str | None = None,
) -> dict[str, object]:
    """Of the official account. `touser`: an openid there. `miniprogram` has `appid` and `pagepath`,
    which may be missing.

    Within ten minutes, WeChat sends one message for each user and `client_msg_id` (32 characters).
    """
    optional = {"url": url, "miniprogram": miniprogram, "client_msg_id": client_msg_id}
    return {"touser": touser, "template_id": template_id, "data": data} | _given(optional)


def to_body(message: Mapping[str, object]) -> bytes:
    r"""JSON in raw UTF-8: WeChat refuses \uXXXX escapes (40033, 47002). Raise ValueError for a lone surrogate."""
    try:
        return orjson.dumps(message)
    except TypeError:  # a mapping that is no dict, or what can't be encoded
        return _encode(message).encode()


def with_fields(body: bytes, **fields: str) -> bytes:
    """Add fields to a body of `to_body`, which must not be empty."""
    return to_body(fields)[:-1] + b"," + body[1:]


def _plain(page: str | None) -> str | None:
    # WeChat answered 41030 to pages with a leading slash, which mini-programs themselves write
    return page.removeprefix("/") if page else None


def _given(optional: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in optional.items() if value}
