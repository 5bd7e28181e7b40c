"""What all routes share: credentials, checks, problem documents, request ids."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from minipush.http.edge import problem_types as types
from minipush.http.edge.access import Access, Caller
from minipush.http.edge.asked import Asked
from minipush.http.edge.audited import act_of, changed_something
from minipush.http.edge.bodies import METHODS_WITH_BODY, read_body
from minipush.http.edge.failures import problem_for
from minipush.http.edge.gateway import UNMATCHED, HttpRequest
from minipush.http.edge.openapi import allowed_methods, query_names
from minipush.http.edge.problems import ProblemError, not_found
from minipush.http.edge.scopes import Routes

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

    from minipush.application.record_acts import RecordActs

logger = logging.getLogger(__name__)

type NameRequest = Callable[[str], None]
"""Adds the request id to everything that is logged from then on."""


type CompleteProblem = Callable[[ProblemError], None]
"""Adds extension members that a route's caller needs, whatever went wrong."""


def as_it_is(_: ProblemError) -> None:
    """Most callers need nothing more."""


@dataclass(frozen=True, slots=True)
class RouteGroup:
    """The routes of one subject. `add` gives them to the resolver, before the first request to one of them.

    `completed`: the routes whose problems are completed.
    """

    routes: Routes
    add: "Callable[[APIGatewayHttpResolver], None]"
    completed: Mapping[str, CompleteProblem] = MappingProxyType({})


class Service:
    """Serves groups of routes on a Powertools resolver. It checks the credential before it reads the body.

    A group joins the resolver with its first request, so that a cold start pays for the routes that are called.

    `record`: the audit of what operators do; None for routes that operators don't use.
    """

    def __init__(
        self,
        groups: Iterable[RouteGroup],
        access: Access,
        name_request: NameRequest,
        record: "RecordActs | None" = None,
    ) -> None:
        self._waiting = {route: group for group in groups for route in group.routes}
        self._routes = {route: group.routes[route] for route, group in self._waiting.items()}
        self._completed = {
            route: complete for group in self._waiting.values() for route, complete in group.completed.items()
        }
        self._access = access
        self._name_request = name_request
        self._record = record

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the response are in API Gateway's payload format 2.0."""
        started = time.monotonic()
        request = HttpRequest.read(event, context)
        self._name_request(request.id)
        asked = Asked()
        answer = self._answer(request, context, asked)
        answer["headers"] |= {"X-Request-Id": request.id, "Cache-Control": "no-store"}
        about = {
            "route": request.route,
            "status": answer["statusCode"],
            "ms": round(1000 * (time.monotonic() - started)),
        }
        operator = asked.caller.operator if asked.caller else None
        logger.info("answered", extra=about | ({"operator": operator} if asked.caller else {}))
        if operator and self._record:
            self._audit(self._record, operator, request, asked, answer)
        return answer

    def _answer(self, request: HttpRequest, context: Any, asked: Asked) -> dict[str, Any]:
        try:
            asked.caller = self._admit(request)
            _check_query(request)
            asked.body = read_body(request) if request.route.startswith(METHODS_WITH_BODY) else None
            return self._resolve(request, context, asked)
        except Exception as error:  # noqa: BLE001  # the caller gets a response whatever fails
            problem = problem_for(error, {})
            self._complete(request)(problem)
            return problem.answer()

    def _complete(self, request: HttpRequest) -> CompleteProblem:
        return self._completed.get(request.route, as_it_is)

    def _resolve(self, request: HttpRequest, context: Any, asked: Asked) -> dict[str, Any]:
        if group := self._waiting.get(request.route):
            group.add(self._app)
            for route in group.routes:
                del self._waiting[route]
        complete = self._complete(request)
        self._app.append_context(asked=asked, caller=asked.caller, body=asked.body, complete=complete)  # type: ignore[no-untyped-call]
        return self._app.resolve(request.for_resolver(), context)

    @cached_property
    def _app(self) -> "APIGatewayHttpResolver":
        # Its import takes as long as that of half of boto3.
        from minipush.http.edge.resolver import json_resolver  # noqa: PLC0415

        return json_resolver()

    def _audit(
        self,
        record: "RecordActs",
        operator: str,
        request: HttpRequest,
        asked: Asked,
        answer: dict[str, Any],
    ) -> None:
        record.note_use(operator)
        body = asked.body or {}
        if not asked.is_repeat and changed_something(request, body, answer["statusCode"]):
            record(act_of(request, operator, body, answer, self._access.now))

    def _admit(self, request: HttpRequest) -> Caller | None:
        if request.route == UNMATCHED or request.route not in self._routes:
            raise _unmatched(request)
        wanted = self._routes[request.route]
        return self._access.admit(request, wanted) if wanted else None


def _check_query(request: HttpRequest) -> None:
    """Refuse a misspelt parameter of a list, instead of ignoring it. Routes without parameters ignore a query."""
    given = request.event.get("rawQueryString") or ""
    known = query_names(request.route) if given else frozenset()
    unknown = [name for name, _ in parse_qsl(given, keep_blank_values=True) if name not in known]
    if known and unknown:
        detail = f"The query takes {', '.join(sorted(known))}, not {unknown[0][:64]!r}."
        raise ProblemError(types.UNKNOWN_PARAMETER, detail)


def _unmatched(request: HttpRequest) -> ProblemError:
    methods = allowed_methods(request.path)
    if not methods or request.method in methods:
        return not_found()
    allow = ", ".join(methods)
    return ProblemError(types.METHOD_NOT_ALLOWED, f"This path takes {allow}.", headers={"Allow": allow})
