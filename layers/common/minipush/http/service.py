"""What all routes share: credentials, checks, problem documents, request ids."""

import logging
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from minipush.http.access import Access, Caller, Scope
from minipush.http.bodies import check_body
from minipush.http.problems import ProblemError, pointer
from minipush.usecases.ports import StoreError

logger = logging.getLogger(__name__)

type Routes = Mapping[str, Scope | None]
"""API Gateway's route keys (`POST /collect`), with the scope each asks for."""


class Service:
    """Routes on a Powertools resolver; a request is let in before its body is read."""

    def __init__(self, app: APIGatewayHttpResolver, routes: Routes, access: Access) -> None:
        self._app = app
        self._routes = routes
        self._access = access
        app.exception_handler(ProblemError)(ProblemError.response)
        app.exception_handler(RequestValidationError)(_invalid)
        app.exception_handler(StoreError)(_overloaded)

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        """`event` and the answer in API Gateway's payload format 2.0."""
        started = time.monotonic()
        answer = self._answer(event, context)
        request_id = event["requestContext"]["requestId"]
        answer.setdefault("headers", {})["X-Request-Id"] = request_id
        logger.info(
            "answered",
            extra={
                "route": event["routeKey"],
                "status": answer["statusCode"],
                "ms": round(1000 * (time.monotonic() - started)),
                "request_id": request_id,
            },
        )
        return answer

    def _answer(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        try:
            caller = self._admit(event)
            check_body(event)
            self._app.append_context(caller=caller)  # type: ignore[no-untyped-call]
            return self._app.resolve(event, context)
        except ProblemError as problem:
            return problem.answer()
        except Exception:
            logger.exception("a request failed", extra={"route": event["routeKey"]})
            return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "Something broke on our side.").answer()

    def _admit(self, event: dict[str, Any]) -> Caller | None:
        scope = self._routes[event["routeKey"]]
        return self._access.admit(event["headers"].get("authorization"), scope) if scope else None


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    caller: Caller = app.context["caller"]
    return caller


def _overloaded(error: StoreError) -> Response[str]:
    logger.error("the store failed", exc_info=error)
    detail = "The ledger can't be reached right now. Try again, with the same Idempotency-Key."
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"}).response()


def _invalid(error: RequestValidationError) -> Response[str]:
    wrong = list(error.errors())
    if any(entry["type"] == "unsupported_content_type" for entry in wrong):
        return ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json."
        ).response()
    errors = [(pointer(entry["loc"][1:]), _said(entry)) for entry in wrong]
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "The request is not valid.", errors).response()


def _said(entry: Mapping[str, Any]) -> str:
    where = "" if entry["loc"][:1] == ("body",) else f" ({entry['loc'][0]})"
    return str(entry["msg"]).removeprefix("Value error, ") + where
