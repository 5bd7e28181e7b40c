"""What Service has found out of a request when a route is called."""

from dataclasses import dataclass
from typing import Any

from minipush.http.edge.access import Caller


@dataclass(slots=True)
class Asked:
    """Who asked, and the body: as far as the request got. `is_repeat`: an earlier request has done the work."""

    caller: Caller | None = None
    body: dict[str, Any] | None = None
    is_repeat: bool = False
