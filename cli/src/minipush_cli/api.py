"""The HTTP API of one deployment."""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from minipush_cli import __version__
from minipush_cli.errors import ApiError, CommandError, Exit, UnreachableError
from minipush_cli.proxies import proxy_of

Json = dict[str, Any]

CONNECT_SECONDS = 5.0
READ_SECONDS = 35.0  # API Gateway answers within 30
RETRIES = 4
LONGEST_WAIT_SECONDS = 30
PAGE = 100
CODES = {401: Exit.CREDENTIALS, 403: Exit.CREDENTIALS, 404: Exit.NOT_FOUND, 409: Exit.STATE}


class Retry(urllib3.Retry):
    """409 with Retry-After: the first request with this Idempotency-Key is still running."""

    RETRY_AFTER_STATUS_CODES = frozenset({409, 429, 503})


@dataclass(frozen=True)
class Answer:
    """`body` is None when the answer is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Api:
    """One deployment. `retries`: how often a call that is safe to repeat is repeated."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        retries: int | None = None,
        seconds: float = READ_SECONDS,
        connections: int = 1,
    ) -> None:
        self.url = url
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": f"minipush-cli/{__version__}"}
        self._retries = RETRIES if retries is None else retries
        self._timeout = urllib3.Timeout(connect=min(CONNECT_SECONDS, seconds), read=seconds)
        self._connections = connections

    @cached_property
    def _http(self) -> urllib3.PoolManager:
        options: dict[str, Any] = {"timeout": self._timeout, "maxsize": self._connections, "block": True}
        proxy = proxy_of(self.url)
        return urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Json:
        return self._json("GET", _with_query(path, query), None, {}, is_safe=True)

    def put(self, path: str, body: Json) -> Json:
        return self._json("PUT", path, body, {}, is_safe=True)

    def patch(self, path: str, body: Json) -> Json:
        return self._json("PATCH", path, body, {}, is_safe=True)

    def post(
        self, path: str, body: Json | None = None, *, once: str | None = None, is_safe: bool = False
    ) -> Json:
        """`once`: the Idempotency-Key. `is_safe`: a repeat is harmless without one."""
        headers = {"Idempotency-Key": once} if once else {}
        return self._json("POST", path, body, headers, is_safe=is_safe or once is not None)

    def items(self, path: str, query: Mapping[str, Any] | None = None, *, page: int = PAGE) -> Iterator[Json]:
        """The entries of all pages of a list."""
        for answer in self.pages(path, query, page=page):
            yield from answer["items"]

    def pages(self, path: str, query: Mapping[str, Any] | None = None, *, page: int = PAGE) -> Iterator[Json]:
        cursor: str | None = (query or {}).get("cursor")
        while True:
            answer = self.get(path, {**(query or {}), "limit": page, "cursor": cursor})
            yield answer
            cursor = answer.get("next_cursor")
            if not cursor:
                return

    def ask(self, method: str, path: str) -> Answer:
        """The plain answer, whatever its status. Raises UnreachableError."""
        return self._answer(method, path, None, {}, is_safe=True)

    def _json(
        self, method: str, path: str, body: Json | None, headers: Mapping[str, str], *, is_safe: bool
    ) -> Json:
        answer = self._answer(method, path, body, headers, is_safe=is_safe)
        if answer.status >= 400:
            raise refused(answer)
        if answer.status >= 300 or not isinstance(answer.body, dict):
            raise UnreachableError(f"{self.url} does not answer like minipush (HTTP {answer.status})")
        return answer.body

    def _answer(
        self, method: str, path: str, body: Json | None, headers: Mapping[str, str], *, is_safe: bool
    ) -> Answer:
        content = None if body is None else _encoded(body)
        sent = {**self._headers, **headers, **({"Content-Type": "application/json"} if content else {})}
        try:
            response = self._http.request(
                method,
                self.url + path,
                body=content,
                headers=sent,
                retries=self._retry(is_safe=is_safe),
                redirect=False,
            )
        except HTTPError as error:
            raise unreachable(self.url, error) from None
        return Answer(response.status, dict(response.headers), _parsed(response.data))

    def _retry(self, *, is_safe: bool) -> Retry:
        """What may have arrived is repeated only if that is harmless."""
        return Retry(
            total=self._retries,
            connect=self._retries,
            read=self._retries if is_safe else 0,
            status=self._retries if is_safe else 0,
            other=0,
            redirect=0,
            allowed_methods=None,
            status_forcelist={502, 504} if is_safe else (),
            backoff_factor=0.3,
            backoff_max=10,
            backoff_jitter=0.3,
            raise_on_status=False,
            retry_after_max=LONGEST_WAIT_SECONDS,
        )


def _encoded(body: Json) -> bytes:
    """Arguments and files that are not UTF-8 have halves of surrogate pairs."""
    try:
        return json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise CommandError(
            "a text is not UTF-8: look at the arguments, and at the locale (LANG)", Exit.USAGE
        ) from None


def refused(answer: Answer) -> ApiError:
    """From a problem document; API Gateway's own errors are `{"message"}`."""
    body = answer.body if isinstance(answer.body, dict) else {}
    detail = body.get("detail") or body.get("title") or body.get("message") or "no reason given"
    lines = [f"{answer.status}: {detail}"]
    lines += [f"  {one.get('pointer', '')}: {one.get('detail', '')}" for one in body.get("errors", [])]
    problem = str(body.get("type", "")).rpartition("#")[2]
    return ApiError("\n".join(lines), _exit_code(answer.status), answer.status, problem)


def _exit_code(status: int) -> Exit:
    return CODES.get(status, Exit.UNREACHABLE if status >= 500 or status == 429 else Exit.USAGE)


def unreachable(url: str, error: HTTPError) -> UnreachableError:
    """In words, and without what was sent."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    if isinstance(cause, SSLError):
        return UnreachableError(f"{url}: the TLS certificate is not valid ({_tls_reason(cause)})")
    if isinstance(cause, NameResolutionError):
        return UnreachableError(f"{url}: there is no such host")
    if isinstance(cause, NewConnectionError):  # a kind of ConnectTimeoutError, too
        return UnreachableError(f"{url}: the connection is refused, or there is no route to the host")
    if isinstance(cause, ConnectTimeoutError):
        return UnreachableError(f"{url}: no connection within {CONNECT_SECONDS:g} s")
    if isinstance(cause, ReadTimeoutError):
        return UnreachableError(f"{url}: no answer in time", is_lost=True)
    return UnreachableError(f"{url}: the connection broke before an answer came", is_lost=True)


def _tls_reason(error: SSLError) -> str:
    inner = error.args[0] if error.args else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return str(inner.verify_message)
    return str(getattr(inner, "reason", None) or inner).lower().replace("_", " ")


def _with_query(path: str, query: Mapping[str, Any] | None) -> str:
    given = {name: value for name, value in (query or {}).items() if value is not None}
    return f"{path}?{urlencode(given)}" if given else path


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
