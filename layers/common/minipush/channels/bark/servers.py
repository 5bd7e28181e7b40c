"""Which Bark servers users may name, and how a user's address leads to one."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self
from urllib.parse import SplitResult, urlsplit

from minipush.channels.bark.public_addresses import is_loopback, is_public
from minipush.channels.reminder_settings import PUBLIC_BARK, ReminderSettings

ANY: Final = "*"
_KEY: Final = r"[A-Za-z0-9_-]{1,64}"
_ASCII_REST: Final = r"[!-\[\]-~]*"
# Bark's app copies its samples as they are shown: .../KEY/这里改成你自己的推送内容, .../KEY/Body Text.
_SHOWN_REST: Final = r"[^\x00-\x1f\\\x7f-\x9f\u2028\u2029]*"
_NAME: Final = r"(?=.{4,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?"


@dataclass(frozen=True, slots=True)
class BarkDevice:
    """`base`: the server's URL, without a slash at its end. `is_named`: the operator has named the server.

    `is_local`: the server is on this machine, and may be.
    """

    base: str
    key: str
    is_named: bool
    is_local: bool

    @property
    def host(self) -> str:
        return urlsplit(self.base).netloc


class BarkServers:
    """`public`: stands for Bark's public server, also where a user names that one."""

    def __init__(self, public: str, others: Iterable[str] = (), *, allows_loopback: bool = False) -> None:
        """Raises ValueError for a URL that is none, or that is http and not on this machine."""
        hosts = [*others]
        self._public = _base(public)
        self._named = [self._public, *(_base(host) for host in hosts if host != ANY)]
        self._allows_any = ANY in hosts
        self._allows_loopback = allows_loopback

    @classmethod
    def from_settings(cls, settings: ReminderSettings) -> Self:
        allows_loopback = settings.allows_loopback
        return cls(settings.bark_api_base, settings.bark_hosts, allows_loopback=allows_loopback)

    def read_address(self, text: str) -> str:
        """A key or a push URL as it's stored: the key alone for the public server.

        Raises ValueError: it is neither, or the server isn't allowed. The message is fit for the user's eyes.
        """
        device = self.find(text.strip())
        return device.key if device.base == self._public else f"{device.base}/{device.key}"

    def find(self, text: str) -> BarkDevice:
        """Raises ValueError, as `read_address` does: servers may have been taken from the settings since."""
        if re.fullmatch(_KEY, text):
            return self._device(self._public, text, is_named=True)
        url = _split(text, _SHOWN_REST)
        for base in self._named:
            if key := _key_behind(base, url):
                return self._device(base, key, is_named=True)
        if key := _key_behind(PUBLIC_BARK, url):
            return self._device(self._public, key, is_named=True)
        return self._any_device(url)

    def _device(self, base: str, key: str, *, is_named: bool) -> BarkDevice:
        is_local = self._allows_loopback and is_named and _is_on_this_machine(urlsplit(base))
        return BarkDevice(base, key, is_named, is_local)

    def _any_device(self, url: SplitResult) -> BarkDevice:
        key = url.path.split("/")[1] if "/" in url.path else ""
        if not (self._allows_any and url.scheme == "https" and _may_be_public(url.hostname or "")):
            raise ValueError("this Bark server is not allowed here")
        if not re.fullmatch(_KEY, key):
            raise ValueError("the URL has no key")
        return self._device(_origin(url), key, is_named=False)


def _base(text: str) -> str:
    url = _split(text, _ASCII_REST)
    if url.scheme == "http" and not _is_on_this_machine(url):
        raise ValueError(f"{text}: must begin with https://, unless it is on this machine")
    return _origin(url) + url.path.rstrip("/")


def _is_on_this_machine(url: SplitResult) -> bool:
    return url.hostname == "localhost" or is_loopback(url.hostname or "")


def _split(text: str, rest: str) -> SplitResult:
    """A URL of whose host everybody reads the same: ASCII without a user's name, and no backslashes.

    `rest`: what may follow the host. Of a user's URL, the server and the key are kept, and both are ASCII.
    """
    if not re.fullmatch(rf"https?://[A-Za-z0-9.:\[\]-]+(?:[/?#]{rest})?", text) or len(text) > 2048:
        raise ValueError("neither a key nor a push URL")
    url = urlsplit(text)
    if not url.hostname or url.port == 0:  # `port` raises ValueError itself
        raise ValueError("neither a key nor a push URL")
    return url


def _origin(url: SplitResult) -> str:
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    default = 443 if url.scheme == "https" else 80
    port = "" if url.port in (None, default) else f":{url.port}"
    return f"{url.scheme}://{host}{port}"


def _key_behind(base: str, url: SplitResult) -> str | None:
    """The part of the path that follows the base's own path. An app's push URL goes on behind the key."""
    known = urlsplit(base)
    if _origin(url) != _origin(known) or not url.path.startswith(f"{known.path}/"):
        return None
    key = url.path.removeprefix(f"{known.path}/").split("/")[0]
    return key if re.fullmatch(_KEY, key) else None


def _may_be_public(host: str) -> bool:
    """A name, or a public IP address. What a name means is checked when it's connected to."""
    try:
        ip_address(host)
    except ValueError:
        return re.fullmatch(_NAME, host) is not None and not f".{host}".endswith(
            (".localhost", ".local", ".internal")
        )
    return is_public(host)
