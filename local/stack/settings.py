"""The settings of a local stack."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from local.simulator.settings import ENCODING_AES_KEY
from local.simulator.wechat import APPID, SECRET
from local.stack.centre import CentreStack
from local.stack.official import OfficialStack

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class StackError(RuntimeError):
    """The stack cannot start, or a part of it ended. The message names the part and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSettings:
    """The settings that `make run` reads from the environment. Port 0: any free port.

    `wechat_ca`: a file with the CA of the WeChat at `wechat_url`. `has_tls`: the simulator that the stack starts
    serves HTTPS.
    """

    port: int = 3000
    aws_port: int = 4566
    wechat_url: str = ""
    wechat_ca: str = ""
    has_tls: bool = False
    appid: str = APPID
    app_secret: str = field(default=SECRET, repr=False)
    operator_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    callback: Mapping[str, str] = field(default_factory=dict, repr=False)
    subscription_source: str = "client"
    plain_pushes: str = ""
    centre: CentreStack = field(default_factory=CentreStack)
    official: OfficialStack = field(default_factory=OfficialStack)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        names = {
            "wechat_url": "WECHAT_API_BASE", "wechat_ca": "WECHAT_CA", "appid": "WECHAT_APPID", "app_secret": "WECHAT_SECRET",
            "operator_key": "OPERATOR_KEY", "subscription_source": "SUBSCRIPTION_SOURCE",
            "plain_pushes": "WECHAT_PLAIN_PUSHES",
        }  # fmt: skip
        callback = {"callback_token": "WECHAT_CALLBACK_TOKEN", "encoding_aes_key": "WECHAT_ENCODING_AES_KEY"}
        given = {name: environment[variable] for name, variable in names.items() if environment.get(variable)}
        port, aws_port = _port(environment, "PORT", 3000), _port(environment, "AWS_PORT", 4566)
        if port == aws_port != 0:
            raise StackError(f"PORT and AWS_PORT are both {port}")
        source = given.get("subscription_source", "client")
        if source not in {"client", "callback"}:
            raise StackError(f"SUBSCRIPTION_SOURCE={source}: must be client or callback")
        _check_keys(environment)
        _check_wechat_url("WECHAT_API_BASE", given.get("wechat_url", ""))
        try:
            centre = CentreStack.from_environment(environment)
            official = OfficialStack.from_environment(environment)
        except ValueError as error:
            raise StackError(str(error)) from None
        _check_wechat_url("OFFICIAL_API_BASE", official.api_base)
        return cls(
            port=port,
            aws_port=aws_port,
            has_tls=bool(environment.get("WECHAT_TLS")),
            centre=centre,
            official=official,
            callback={key: environment[name] for key, name in callback.items() if environment.get(name)},
            **given,
        )


def _check_keys(environment: Mapping[str, str]) -> None:
    for name in ("WECHAT_ENCODING_AES_KEY", "OFFICIAL_ENCODING_AES_KEY"):
        if (given := environment.get(name)) and not re.fullmatch(ENCODING_AES_KEY, given):
            raise StackError(
                f"{name}: an EncodingAESKey has 43 letters and digits, and this one has {len(given)}"
            )


def _check_wechat_url(name: str, url: str) -> None:
    """The functions refuse it, too: they send it the AppSecret."""
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise StackError(f"{name}={url}: must begin with https://, unless it is on this machine")


def _port(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65_535:
        raise StackError(f"{name}={text}: a port is a number from 0 (any free port) to 65535")
    return int(text)
