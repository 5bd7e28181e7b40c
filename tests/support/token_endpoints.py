"""What stands in for WeChat's token endpoints and for time."""

import json
import threading
from typing import TYPE_CHECKING

from minipush.wechat import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.meanwhile: Callable[[], object] | None = None

    def __call__(self) -> float:
        """`meanwhile` is what another thread does just when this one looks at the clock, once."""
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            meanwhile()
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class WeChat:
    """Both token endpoints; `tokens` that were given, the last of which is the valid one."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.tokens = ["T1"]
        self.lifetime = 7200
        self.requests: list[Request] = []
        self.before: Callable[[Request], None] = lambda request: None

    def __call__(self, request: Request, timeout: float) -> Response:
        self.before(request)
        with self.guard:
            self.requests.append(request)
            if request.url_path == "/cgi-bin/token" or b'"force_refresh": true' in (request.body or b""):
                self.rotate()
            answer = {"access_token": self.tokens[-1], "expires_in": self.lifetime}
        return Response(200, json.dumps(answer).encode())

    def rotate(self) -> None:
        self.tokens.append(f"T{len(self.tokens) + 1}")

    @property
    def forced(self) -> int:
        return sum(b"force_refresh" in (request.body or b"") for request in self.requests)
