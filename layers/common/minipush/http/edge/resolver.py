"""The Powertools resolver, made to parse a body once and to write UTF-8.

Importing this module takes as long as importing half of boto3 (pydantic, Powertools' event handler), so Service
imports it for the first request that has a route and a valid credential.
"""

import json
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from types import UnionType
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.shared.cookies import Cookie
from pydantic import BaseModel

from minipush.http.edge.access import Caller
from minipush.http.edge.asked import Asked
from minipush.http.edge.failures import problem_for
from minipush.http.edge.mistakes import in_order, text_of
from minipush.http.edge.pointers import pointer
from minipush.http.edge.problems import MEDIA_TYPE, ProblemError, invalid, not_found

JSON = "application/json"
# A body of a megabyte can hold more mistakes than a response can carry.
MISTAKES_SHOWN = 20
_to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def json_resolver() -> APIGatewayHttpResolver:
    """`context["body"]` holds the parsed body, which Service has checked: the resolver parses nothing."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        json_body_deserializer=lambda _: app.context["body"],
        serializer=_to_json,
    )

    def respond(problem: ProblemError) -> Response[str]:
        if complete := app.context.get("complete"):
            complete(problem)
        return _response(problem)

    app.exception_handler(NotFoundError)(lambda _: respond(not_found()))
    app.exception_handler(RequestValidationError)(
        lambda error: respond(_invalid(error, app.context.get("body") or {}))
    )
    app.exception_handler(Exception)(lambda error: respond(problem_for(error, app.context.get("body") or {})))
    return app


def asked_of(app: APIGatewayHttpResolver) -> Asked:
    asked: Asked = app.context["asked"]
    return asked


def caller_of(app: APIGatewayHttpResolver) -> Caller:
    caller: Caller = app.context["caller"]
    return caller


def json_response(answer: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """JSON that was dumped before, as it is. The route's `responses` describe it."""
    return Response(status.value, JSON, _to_json(answer))


def no_content(cookies: list[Cookie]) -> Response[str]:
    # The emulator fails on a body that is null.
    return Response(HTTPStatus.NO_CONTENT.value, body="", cookies=cookies)


def described(model: type[BaseModel] | UnionType, description: str = "Done") -> OpenAPIResponse:
    """A response for `responses` of a route whose return type doesn't describe it."""
    return {"description": description, "content": {JSON: {"model": model}}}


def _response(problem: ProblemError) -> Response[str]:
    return Response(problem.type.status.value, MEDIA_TYPE, problem.body(), dict(problem.headers))


def _invalid(error: RequestValidationError, body: Mapping[str, Any]) -> ProblemError:
    mistakes = [(pointer(entry["loc"][1:]), _text_of(entry)) for entry in error.errors()]
    return invalid(in_order(mistakes, body)[:MISTAKES_SHOWN])


def _text_of(mistake: Mapping[str, Any]) -> str:
    where = "" if mistake["loc"][:1] == ("body",) else f" ({mistake['loc'][0]})"
    return text_of(mistake) + where
