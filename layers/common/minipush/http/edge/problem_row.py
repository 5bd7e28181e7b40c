"""How a class of errors is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minipush.http.edge.pointers import Body
from minipush.http.edge.problem_types import ProblemType
from minipush.http.edge.problems import Faults


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemRow:
    """Each function takes the error; `errors` takes the body, too."""

    type: ProblemType
    detail: Callable[[Any], str] = str
    errors: Callable[[Any, Body], Faults] = lambda *_: ()
    headers: Callable[[Any], Mapping[str, str]] = lambda _: {}
    reason: str | None = None
