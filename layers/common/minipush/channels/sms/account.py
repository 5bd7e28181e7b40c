"""What both providers need to know of the deployment's account, and how they are called."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from minipush.channels.reminder_results import redacted
from minipush.channels.reminder_settings import ReminderSettings
from minipush.curl import CurlAnswer, CurlClient

_MOST_BYTES: Final = 256 << 10
_LONGEST_NAME: Final = 20


@dataclass(frozen=True, slots=True)
class SmsKey:
    id: str
    secret: str = field(repr=False)

    def left_out(self, text: str) -> str:
        """What a provider says, without the key: that of a wrong one may be in it."""
        return redacted(text, (self.id, self.secret))


class SmsAccount:
    """`secret`: read before each use, as it may change."""

    def __init__(self, settings: ReminderSettings, secret: Callable[[], Mapping[str, str]]) -> None:
        self.settings = settings
        self._secret = secret
        self._client: CurlClient | None = None

    @property
    def key(self) -> SmsKey:
        secret = self._secret()
        return SmsKey(secret.get("sms_key_id", ""), secret.get("sms_key_secret", ""))

    async def call(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        timeout: float,  # noqa: ASYNC109
    ) -> CurlAnswer:
        if not self._client:
            self._client = CurlClient(connections=20, most_bytes=_MOST_BYTES)
        lines = tuple(f"{name}: {value}" for name, value in headers.items())
        return await self._client.call("POST", url, lines, body, timeout)

    async def aclose(self) -> None:
        if self._client:
            await self._client.aclose()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`url`: without a path. `host`: as it is signed."""

    url: str
    host: str

    @classmethod
    def of(cls, base: str, default: str) -> "Endpoint":
        """`base`: may be empty."""
        url = (base or default).rstrip("/")
        return cls(url, urlsplit(url).netloc)


def sender_name(text: str) -> str:
    """A sender's name as a variable of a template: short, without what looks like a signature or an address.

    Providers refuse a variable that contains a URL (`isv.PARAM_NOT_SUPPORT_URL`) or is too long.
    """
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f【】\[\]<>{}$]+", " ", text)
    without_urls = re.sub(r"(?i)(?:https?:)?//\S*|(?<=\w)\.(?=[a-z]{2,})", " ", plain)
    return " ".join(without_urls.split())[:_LONGEST_NAME].strip() or "-"
