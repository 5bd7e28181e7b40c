"""What all routes share: credentials, checks, problem documents, request ids."""

import logging
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from minipush.errors import StoreError
from minipush.http.edge.access import Access, Caller, Routes
from minipush.http.edge.bodies import check_body
from minipush.http.edge.gateway import OTHERWISE, Request
from minipush.http.edge.openapi import allowed_methods, query_names
from minipush.http.edge.problems import ProblemError, invalid, pointer

logger = logging.getLogger(__name__)

TAKE_A_BODY = ("POST", "PUT", "PATCH")
# A body of a megabyte can hold more mistakes than an answer can carry.
MISTAKES_SHOWN = 20

type NameRequest = Callable[[str], None]
"""Has everything that is logged from then on bear this request id."""


class Service:
    """Routes on a Powertools resolver; a request is let in before its body is read."""

    def __init__(
        self, app: APIGatewayHttpResolver, routes: Routes, access: Access, name_request: NameRequest
    ) -> None:
        self._app = app
        self._routes = routes
        self._access = access
        self._name_request = name_request
        app.exception_handler(NotFoundError)(lambda _: _nowhere().response())
        app.exception_handler(ProblemError)(ProblemError.response)
        app.exception_handler(RequestValidationError)(lambda error: _invalid(error).response())
        app.exception_handler(Exception)(lambda error: _broken(error).response())

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the answer in API Gateway's payload format 2.0."""
        started = time.monotonic()
        request = Request.read(event, context)
        self._name_request(request.id)
        caller, answer = self._answer(request, context)
        answer["headers"] |= {"X-Request-Id": request.id, "Cache-Control": "no-store"}
        about = {
            "route": request.route,
            "status": answer["statusCode"],
            "ms": round(1000 * (time.monotonic() - started)),
        }
        logger.info("answered", extra=about | ({"operator": caller.operator} if caller else {}))
        return answer

    def _answer(self, request: Request, context: Any) -> tuple[Caller | None, dict[str, Any]]:
        caller = None
        try:
            caller = self._admit(request)
            _check_query(request)
            if request.route.startswith(TAKE_A_BODY):
                check_body(request)
            self._app.append_context(caller=caller)  # type: ignore[no-untyped-call]
            return caller, self._app.resolve(request.for_resolver(), context)
        except ProblemError as problem:
            return caller, problem.answer()
        except Exception as error:  # noqa: BLE001  # whatever it is, the caller gets an answer
            return caller, _broken(error).answer()

    def _admit(self, request: Request) -> Caller | None:
        if request.route == OTHERWISE or request.route not in self._routes:
            raise _otherwise(request)
        scope = self._routes[request.route]
        return self._access.admit(request.headers.get("authorization"), scope) if scope else None


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    caller: Caller = app.context["caller"]
    return caller


def _check_query(request: Request) -> None:
    """A misspelt parameter of a list must not pass unseen. Where there are none, a query is nobody's business."""
    given = request.given.get("rawQueryString") or ""
    known = query_names(request.route) if given else frozenset()
    unknown = [name for name, _ in parse_qsl(given, keep_blank_values=True) if name not in known]
    if known and unknown:
        detail = f"The query takes {', '.join(sorted(known))}, not {unknown[0][:64]!r}."
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def _otherwise(request: Request) -> ProblemError:
    methods = allowed_methods(request.path)
    if not methods or request.method in methods:
        return _nowhere()
    allow = ", ".join(methods)
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, f"This path takes {allow}.", headers={"Allow": allow})


def _nowhere() -> ProblemError:
    return ProblemError(HTTPStatus.NOT_FOUND, "There is nothing at this path.")


def _broken(error: Exception) -> ProblemError:
    if isinstance(error, StoreError):
        logger.error("the store failed", exc_info=error)
        detail = "What this needs can't be reached right now. Try again, with the same Idempotency-Key."
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
    logger.error("a request failed", exc_info=error)
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke on our side.")


def _invalid(error: RequestValidationError) -> ProblemError:
    wrong = list(error.errors())[:MISTAKES_SHOWN]
    errors = [(pointer(entry["loc"][1:]), _said(entry)) for entry in wrong]
    return invalid(errors)


def _said(entry: Mapping[str, Any]) -> str:
    where = "" if entry["loc"][:1] == ("body",) else f" ({entry['loc'][0]})"
    return str(entry["msg"]).removeprefix("Value error, ") + where
