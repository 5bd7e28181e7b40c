"""The routes that need no credential: the health check and the OpenAPI description."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush import __version__
from minipush.http.edge.openapi import document
from minipush.http.edge.resolver import JSON
from minipush.http.schemas.health import HealthResponse


def add_health(app: APIGatewayHttpResolver) -> None:
    @app.get("/health", operation_id="read_health", summary="Check whether the service is up")
    def get_health() -> HealthResponse:
        return HealthResponse(status="ok", version=__version__)

    @app.get("/openapi.json", include_in_schema=False)
    def get_openapi() -> Response[str]:
        return Response(HTTPStatus.OK, JSON, document())
