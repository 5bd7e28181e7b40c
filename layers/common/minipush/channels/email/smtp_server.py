"""The address of a mail server."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote, urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`has_tls`: from the first byte. Without it, STARTTLS is used where the server offers it."""

    host: str
    port: int
    has_tls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def read(cls, url: str) -> Self:
        """`smtp://host:port` or `smtps://user:password@host`. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("smtp_url is neither smtp://host nor smtps://host")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            has_tls=parts.scheme == "smtps",
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def is_local(self) -> bool:
        """Its certificate can't have been issued by a public authority."""
        return self.host in LOOPBACK
