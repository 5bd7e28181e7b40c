"""Chooses the handler of an event by its route."""

from collections.abc import Callable, Collection
from typing import Any

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
"""Takes an event in API Gateway's payload format 2.0 and the context, gives the answer in that format."""


class Router:
    """`special` handles `routes` (API Gateway's route keys), `general` all others. Both are built when needed."""

    def __init__(
        self, routes: Collection[str], special: Callable[[], Handler], general: Callable[[], Handler]
    ) -> None:
        self._routes = routes
        self._special = special
        self._general = general

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        handler = self._special if event.get("routeKey") in self._routes else self._general
        return handler()(event, context)
