"""The transport for calls where speed doesn't matter. It is a module of its own so that only they import requests."""

import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError
from urllib3.response import BaseHTTPResponse
from urllib3.util.ssl_ import create_urllib3_context

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
            return kind(f"{request.method} {request.url_path}: {_name(error)}")

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
    # As libcurl, through which messages go: an authority of one's own often lacks extensions that Python asks for.
    tls = create_urllib3_context()
    tls.verify_flags &= ~ssl.VERIFY_X509_STRICT
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter(tls, connections))
    return session


class _Adapter(HTTPAdapter):
    def __init__(self, tls: ssl.SSLContext, connections: int) -> None:
        self._tls = tls
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)


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
    if isinstance(_reason(error), ConnectTimeoutError | NewConnectionError):
        return True
    return _unverified(error) is not None


def _name(error: Exception) -> str:
    """Without the exception's text, which holds the URL; with what OpenSSL says of a certificate."""
    unverified = _unverified(error)
    said = f" ({unverified.verify_message})" if unverified else ""
    return f"{type(error).__name__}{said}"


def _unverified(error: Exception) -> ssl.SSLCertVerificationError | None:
    causes = getattr(_reason(error), "args", ())
    return next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)


def _reason(error: Exception) -> Exception | None:
    cause = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else None
