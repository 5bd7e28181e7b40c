"""Mails by SMTP, one on a connection, each in a thread.

The phases decide. A refusal before the final dot is certain, and so is a lost connection: a server takes a mail only with
its reply to the dot (RFC 5321, 4.1.1.4). A connection lost after the dot leaves it unknown.
"""

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from threading import Lock
from typing import IO, Final

import certifi

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.email.mail import MAIL_POLICY
from minipush.channels.email.smtp_answers import Phase, refused
from minipush.channels.email.smtp_server import SmtpServer
from minipush.channels.reminder_results import accepted, rejected, unknown

_THREADS: Final = 10
_MOST_BYTES: Final = 64 << 10
_DOT: Final = b".\r\n"
# After the end of its time, a thread whose socket is closed needs a moment.
_GRACE: Final = 0.5
# Where shorter ones were left out of a reply, nobody would understand it.
_SHORTEST_NAME: Final = 4


class SmtpPostbox:
    def __init__(self, url: Callable[[], str]) -> None:
        """`url`: read before each mail, as the secret may change."""
        self._url = url
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="smtp")

    @property
    def host(self) -> str:
        try:
            return SmtpServer.read(self._url()).host
        except ValueError:
            return ""

    async def post(self, mail: EmailMessage, mail_from: str, to: str, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        try:
            server = SmtpServer.read(self._url())
        except ValueError as error:
            return rejected(Concerns.ACCOUNT, str(error))
        delivery = SmtpDelivery(server, mail.as_bytes(policy=MAIL_POLICY), mail_from, to, timeout)
        running = asyncio.get_running_loop().run_in_executor(self._threads, delivery.run)
        done, _ = await asyncio.wait([running], timeout=timeout)
        if not done:
            delivery.abort()
            done, _ = await asyncio.wait([running], timeout=_GRACE)
        return running.result() if done else delivery.lost("no answer in time")


class SmtpDelivery:
    """One mail to one server. `run` may be ended from another thread by `abort`."""

    def __init__(self, server: SmtpServer, content: bytes, mail_from: str, to: str, timeout: float) -> None:
        self._server = server
        self._content = content
        self._mail_from = mail_from
        self._to = to
        self._timeout = timeout
        self._phase = Phase.ACCOUNT
        self._has_sent_dot = False
        self._is_aborted = False
        self._deciding = Lock()
        self._client: _Client | None = None

    def run(self) -> ReminderResult:
        try:
            return self._deliver()
        except smtplib.SMTPResponseException as error:
            if self._has_sent_dot:  # a reply that is none
                return self.lost("the reply is damaged")
            return self._refused(error.smtp_code, _text(error.smtp_error))
        except smtplib.SMTPNotSupportedError as error:
            return rejected(Concerns.ACCOUNT, str(error))
        except (smtplib.SMTPException, OSError, ValueError) as error:
            return self.lost(type(error).__name__)
        finally:
            self._close()

    def abort(self) -> None:
        """Ends what waits on the connection. The dot isn't sent any more."""
        with self._deciding:
            self._is_aborted = True
        if self._client and self._client.sock:
            with suppress(OSError):
                self._client.sock.shutdown(socket.SHUT_RDWR)

    def lost(self, detail: str) -> ReminderResult:
        """The connection ended, or its time."""
        return unknown(detail) if self._has_sent_dot else rejected(Concerns.PROVIDER, detail)

    def _deliver(self) -> ReminderResult:
        if self._is_aborted:  # before a thread was free
            return self.lost("no thread is free")
        client = self._connect()
        if problem := self._secure_and_log_in(client):
            return problem
        for phase, command in self._commands():
            self._phase = phase
            code, text = client.docmd(command)
            if not 200 <= code < 400:
                return self._refused(code, _text(text))
        return self._send_content(client)

    def _connect(self) -> "_Client":
        context = _context(self._server)
        name = self._mail_from.rpartition("@")[2]
        self._client = _Client(
            self._server.host, name, self._timeout, context if self._server.has_tls else None
        )
        code, text = self._client.connect(self._server.host, self._server.port)
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        self._client.ehlo_or_helo_if_needed()
        return self._client

    def _secure_and_log_in(self, client: "_Client") -> ReminderResult | None:
        server = self._server
        is_secure = server.has_tls or server.is_local
        if not server.has_tls and client.has_extn("starttls"):
            client.starttls(context=_context(server))
            client.ehlo_or_helo_if_needed()
            is_secure = True
        if not server.user:
            return None
        if not is_secure:
            return rejected(Concerns.ACCOUNT, "the server offers no TLS, so the password was not sent")
        client.login(server.user, server.password)
        return None

    def _commands(self) -> tuple[tuple[Phase, str], ...]:
        return (
            (Phase.ACCOUNT, f"MAIL FROM:<{self._mail_from}>"),
            (Phase.RECIPIENT, f"RCPT TO:<{self._to}>"),
            (Phase.MAIL, "DATA"),
        )

    def _send_content(self, client: "_Client") -> ReminderResult:
        client.send(_dotted(self._content))
        with self._deciding:
            self._has_sent_dot = not self._is_aborted
        if not self._has_sent_dot:
            return self.lost("no answer in time")
        client.send(_DOT)
        code, text = client.getreply()
        if 200 <= code < 300:
            return accepted()
        return self._refused(code, _text(text)) if 400 <= code < 600 else self.lost("the reply is damaged")

    def _refused(self, code: int, text: str) -> ReminderResult:
        """A server may name the user who logs in, or the mailbox, without its domain."""
        if code < 0:  # smtplib's way to say that the reply is none
            return self.lost("the reply is damaged")
        named = (self._server.password, self._server.user, self._to, self._to.rpartition("@")[0])
        return refused(code, text, self._phase, [name for name in named if len(name) >= _SHORTEST_NAME])

    def _close(self) -> None:
        if self._client:
            with suppress(OSError, smtplib.SMTPException):
                self._client.putcmd("quit")
            self._client.close()


class _Client(smtplib.SMTP):
    """smtplib's client, with an end to what it reads. `name`: of this host. `tls`: from the first byte."""

    def __init__(self, host: str, name: str, timeout: float, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        super().__init__(timeout=timeout, local_hostname=name)
        self._host = host  # smtplib's: whose certificate STARTTLS asks for

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((host, port), timeout)
        return self._tls.wrap_socket(plain, server_hostname=host) if self._tls else plain

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock:
            self.file = _Bounded(self.sock.makefile("rb"))
        return super().getreply()


class _Bounded:
    """A file that ends after _MOST_BYTES: a reply may have any number of lines, of any length."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._left = _MOST_BYTES

    def readline(self, most: int) -> bytes:
        """The client asks for one byte more than it allows, and would report a longer line as the server's refusal."""
        line = self._file.readline(min(most - 1, self._left))
        self._left -= len(line)
        return line

    def close(self) -> None:
        self._file.close()


def _context(server: SmtpServer) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certifi.where())
    if server.is_local:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _dotted(content: bytes) -> bytes:
    """A dot at the start of a line is doubled (RFC 5321, 4.5.2). The content ends with a line break."""
    ended = content if content.endswith(b"\r\n") else content + b"\r\n"
    stuffed = ended.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def _text(reply: bytes | str) -> str:
    return reply.decode(errors="replace") if isinstance(reply, bytes) else reply
