"""Pushes to a stack's callback URL, signed as WeChat signs them."""

import secrets
import time
from collections.abc import Mapping

import requests
from support.running import MakeRun

from minipush.wechat.callback import sign

CALLBACK = {
    "WECHAT_CALLBACK_TOKEN": "a-callback-token",
    "WECHAT_ENCODING_AES_KEY": "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aQ",
    "WECHAT_PLAIN_PUSHES": "accept",
}
TOKEN, KEY = CALLBACK["WECHAT_CALLBACK_TOKEN"], CALLBACK["WECHAT_ENCODING_AES_KEY"]


def signed(*parts: str, name: str = "signature") -> dict[str, str]:
    """The query of a push that is sent now."""
    now, nonce = str(int(time.time())), secrets.token_hex(5)
    return {"timestamp": now, "nonce": nonce, name: sign(TOKEN, now, nonce, *parts)}


def push(
    stack: MakeRun, query: Mapping[str, str], body: bytes, media_type: str = "application/json"
) -> requests.Response:
    return requests.post(
        f"{stack.api_url}/wechat/callback",
        params=dict(query),
        data=body,
        headers={"Content-Type": media_type},
        timeout=30,
    )
