"""The Powertools resolver, made to parse a body once and to write UTF-8."""

import json
from functools import partial
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

JSON = "application/json"
_to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def json_resolver() -> APIGatewayHttpResolver:
    """`context["body"]` holds the parsed body, which Service has checked: the resolver parses nothing."""
    app = APIGatewayHttpResolver(
        enable_validation=True,
        json_body_deserializer=lambda _: app.context["body"],
        serializer=_to_json,
    )
    return app


def json_response(answer: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """JSON that was dumped before, as it is. The route's `responses` describe it."""
    return Response(status.value, JSON, _to_json(answer))


def described(model: type[BaseModel], description: str = "Done") -> OpenAPIResponse:
    """A response for `responses` of a route whose return type doesn't describe it."""
    return {"description": description, "content": {JSON: {"model": model}}}
