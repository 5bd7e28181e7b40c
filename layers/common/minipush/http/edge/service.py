"""What all routes share: credentials, checks, problem documents, request ids."""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from minipush.application.record_acts import RecordActs
from minipush.errors import EstimateTimeoutError, MinipushError, StoreError, WeChatUnavailableError
from minipush.http.edge import problem_types as types
from minipush.http.edge.access import Access, Caller, Routes
from minipush.http.edge.audited import act_of, changed_something
from minipush.http.edge.bodies import read_body
from minipush.http.edge.gateway import UNMATCHED, HttpRequest
from minipush.http.edge.mistakes import in_order, text_of
from minipush.http.edge.openapi import allowed_methods, query_names
from minipush.http.edge.problems import ProblemError, internal_error, invalid, pointer, problem_of

logger = logging.getLogger(__name__)

METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
# A body of a megabyte can hold more mistakes than a response can carry.
MISTAKES_SHOWN = 20

type NameRequest = Callable[[str], None]
"""Adds the request id to everything that is logged from then on."""


@dataclass(slots=True)
class Asked:
    """Who asked, and the body: as far as the request got. `is_repeat`: an earlier request has done the work."""

    caller: Caller | None = None
    body: dict[str, Any] | None = None
    is_repeat: bool = False


class Service:
    """Serves routes on a Powertools resolver. It checks the credential before it reads the body.

    `record`: the audit of what operators do; None for routes that operators don't use.
    """

    def __init__(
        self,
        app: APIGatewayHttpResolver,
        routes: Routes,
        access: Access,
        name_request: NameRequest,
        record: RecordActs | None = None,
    ) -> None:
        self._app = app
        self._routes = routes
        self._access = access
        self._name_request = name_request
        self._record = record
        app.exception_handler(NotFoundError)(lambda _: _not_found().response())
        app.exception_handler(Exception)(
            lambda error: _problem(error, app.context.get("body") or {}).response()
        )

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
            self._app.append_context(asked=asked, caller=asked.caller, body=asked.body)  # type: ignore[no-untyped-call]
            return self._app.resolve(request.for_resolver(), context)
        except Exception as error:  # noqa: BLE001  # the caller gets a response whatever fails
            return _problem(error, {}).answer()

    def _audit(
        self,
        record: RecordActs,
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
        scope = self._routes[request.route]
        return self._access.admit(request.headers.get("authorization"), scope) if scope else None


def asked_of(app: APIGatewayHttpResolver) -> Asked:
    asked: Asked = app.context["asked"]
    return asked


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    caller: Caller = app.context["caller"]
    return caller


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
        return _not_found()
    allow = ", ".join(methods)
    return ProblemError(types.METHOD_NOT_ALLOWED, f"This path takes {allow}.", headers={"Allow": allow})


def _not_found() -> ProblemError:
    return ProblemError(types.NOT_FOUND, "There is nothing at this path.")


def _problem(error: Exception, body: Mapping[str, Any]) -> ProblemError:
    """The one place that turns what a route raises into a problem document."""
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid(error, body)
        case MinipushError():
            _log(error)
            return problem_of(error, body)
    logger.error("a request failed", exc_info=error)
    return internal_error()


def _log(error: MinipushError) -> None:
    if isinstance(error, EstimateTimeoutError):
        logger.error("a dry run took too long", exc_info=error)
    elif isinstance(error, StoreError):
        logger.error("the store failed", exc_info=error)
    elif isinstance(error, WeChatUnavailableError):
        said = {"errcode": error.errcode, "errmsg": error.errmsg, "rid": error.rid}
        logger.warning("WeChat is unavailable", extra=said)


def _invalid(error: RequestValidationError, body: Mapping[str, Any]) -> ProblemError:
    mistakes = [(pointer(entry["loc"][1:]), _text_of(entry)) for entry in error.errors()]
    return invalid(in_order(mistakes, body)[:MISTAKES_SHOWN])


def _text_of(mistake: Mapping[str, Any]) -> str:
    where = "" if mistake["loc"][:1] == ("body",) else f" ({mistake['loc'][0]})"
    return text_of(mistake) + where
