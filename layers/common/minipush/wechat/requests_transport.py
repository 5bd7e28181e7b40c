"""The transport for calls where speed doesn't matter. It is a module of its own so that only they import requests."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import DefaultCookiePolicy
from typing import Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from urllib3.response import BaseHTTPResponse

from minipush.wechat.errors import ConnectError, LostAnswerError, TransportError
from minipush.wechat.redaction import HTTP_LOGGERS, redact_logs
from minipush.wechat.transport import BASE_URL, MAX_ANSWER, Request, Response


class RequestsTransport:
    """A `Transport` for calls such as tokens and logins. Thread-safe.

    `ca`: a file of certificates to trust, in PEM; certifi's if empty. The timeout applies again to the wait for the
    first byte, so a call may take twice as long.
    """

    def __init__(
        self, base_url: str = BASE_URL, *, ca: str = "", connections: int = 10, connect_timeout: float = 3.0
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._connect_timeout = connect_timeout
        self._session = _session(connections, ca)
        redact_logs(*HTTP_LOGGERS)

    def __call__(self, request: Request, timeout: float, /) -> Response:
        # raised outside of any except block: the libraries' exceptions hold the URL, and `from None` would
        # hide them as context but keep them
        outcome = self._exchange(request, timeout)
        if isinstance(outcome, TransportError):
            raise outcome
        return outcome

    def _exchange(self, request: Request, timeout: float) -> Response | TransportError:
        deadline = time.monotonic() + timeout
        try:
            with closing(self._begin(request, timeout)) as answer:
                return Response(answer.status_code, _read(answer.raw, deadline))
        except (requests.RequestException, HTTPError, OSError, _UnreadableError) as error:
            kind = ConnectError if _never_sent(error) else LostAnswerError
            return kind(f"{request.method} {request.url_path}: {type(error).__name__}")

    def _begin(self, request: Request, timeout: float) -> requests.Response:
        return self._session.request(
            request.method,
            self._base_url + request.url_path,
            params=dict(request.query),
            data=request.body,
            timeout=(min(self._connect_timeout, timeout), timeout),
            allow_redirects=False,
            stream=True,
        )

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _UnreadableError(Exception):
    pass


def _session(connections: int, ca: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.verify = ca or True
    session.headers = {"Content-Type": "application/json"}
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=connections))
    return session


def _read(raw: BaseHTTPResponse, deadline: float) -> bytes:
    body = b""
    for piece in _pieces(raw):
        body += piece
        if len(body) > MAX_ANSWER or time.monotonic() > deadline:
            raise _UnreadableError
    return body


def _pieces(raw: BaseHTTPResponse) -> Iterator[bytes]:
    # read1 returns what has arrived; read would wait for a full buffer, however slowly bytes arrive
    while piece := raw.read1(65536, decode_content=True):
        yield piece


def _never_sent(error: Exception) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, ConnectTimeoutError | NewConnectionError):
        return True
    return any(isinstance(arg, ssl.SSLCertVerificationError) for arg in getattr(reason, "args", ()))
