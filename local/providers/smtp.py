"""A mail server (aiosmtpd), whose refusals and lost connections are scripted by phase."""

import asyncio
import ssl
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from local.providers.faults import Fault, Faults
from local.providers.phones import Phones, Shown

LOST = "451 4.3.0 the connection is gone"
REPLIES = {
    "450": "450 4.2.0 mailbox busy", "451": "451 4.3.0 try again later", "452": "452 4.3.1 out of storage",
    "535": "535 5.7.8 authentication failed", "550": "550 5.1.1 no such user", "552": "552 5.3.4 message too big",
    "554": "554 5.6.0 refused for its content",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpOptions:
    """`user`: whom the server lets in; empty: everybody. `tls`: its certificate. `is_implicit`: TLS from the first byte."""

    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None
    is_implicit: bool = False


class MailServer:
    """The handler of aiosmtpd's hooks."""

    def __init__(
        self, clock: Callable[[], float], phones: Phones, faults: Faults, options: SmtpOptions
    ) -> None:
        self._clock = clock
        self._phones = phones
        self._faults = faults
        self._options = options
        self.connections = 0

    def protocol(self) -> SMTP:
        """For one connection."""
        self.connections += 1
        starts_tls = self._options.tls if not self._options.is_implicit else None
        with warnings.catch_warnings(action="ignore", category=UserWarning):  # of passwords without TLS
            return SMTP(
                self,
                hostname="mail.local",
                enable_SMTPUTF8=True,
                tls_context=starts_tls,
                authenticator=self._authenticate,
                auth_required=bool(self._options.user),
                auth_require_tls=False,
            )

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        await self._meet(server, "connect", "")
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused := await self._meet(server, "mail", address):
            return refused
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refused := await self._meet(server, "rcpt", address):
            return refused
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """After the final dot."""
        to = envelope.rcpt_tos[0]
        fault = self._pick("dot", to) or self._pick("data", to)
        if fault is None or fault.lets_provider_act:
            self._show(envelope)
        return await self._apply(server, fault) or "250 2.0.0 OK"

    def _authenticate(
        self, _server: SMTP, _session: Any, _envelope: Any, _mechanism: str, data: Any
    ) -> AuthResult:
        fault = self._pick("auth", "")
        if fault:
            return AuthResult(success=False, handled=False, message=_reply(fault))
        is_known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == (
            self._options.user,
            self._options.password,
        )
        return AuthResult(success=is_known, handled=False, message=None if is_known else REPLIES["535"])

    def _pick(self, phase: str, to: str) -> Fault | None:
        return self._faults.pick("smtp", to, lambda fault: fault.phase == phase)

    async def _meet(self, server: SMTP, phase: str, to: str) -> str:
        return await self._apply(server, self._pick(phase, to))

    async def _apply(self, server: SMTP, fault: Fault | None) -> str:
        """The reply of a fault; empty for none."""
        if fault is None:
            return ""
        if fault.action in ("hang", "latency"):
            await asyncio.sleep(fault.seconds)
        if fault.action in ("refuse", "answer"):
            return _reply(fault)
        if fault.action == "latency":
            return ""
        if fault.action in ("garbage", "huge"):
            await self._write(
                server, b"\xff\xfe what?\r\n" if fault.action == "garbage" else b"250-and on\r\n" * (1 << 16)
            )
        _transport(server).abort()
        return LOST

    async def _write(self, server: SMTP, content: bytes) -> None:
        _transport(server).write(content)
        await asyncio.sleep(0.1)  # an aborted connection drops what it has not sent

    def _show(self, envelope: Envelope) -> None:
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        for to in envelope.rcpt_tos:
            self._phones.show(_shown(mail, to, envelope.mail_from or "", self._clock()))


def _transport(server: SMTP) -> asyncio.Transport:
    assert isinstance(server.transport, asyncio.Transport)
    return server.transport


def _reply(fault: Fault) -> str:
    return fault.text or REPLIES.get(fault.code, f"{fault.code or 451} refused")


def _shown(mail: EmailMessage, to: str, mail_from: str, at: float) -> Shown:
    parts = {part.get_content_type(): part.get_content() for part in mail.walk() if not part.is_multipart()}
    headers = {name: str(value) for name, value in mail.items()}
    fields = {"from": mail_from, "headers": headers, "html": parts.get("text/html", "")}
    text, id_ = str(parts.get("text/plain", "")), headers.get("X-Message-Id", "")
    return Shown("smtp", to, headers.get("Subject", ""), text, at, id=id_, fields=fields)
