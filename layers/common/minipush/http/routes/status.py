"""The route of the deployment's state."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.ports.clock import Clock
from minipush.application.read_status import ReadStatus
from minipush.http.schemas.status import StatusResponse


def add_status(app: APIGatewayHttpResolver, read_status: ReadStatus, clock: Clock) -> None:
    @app.get("/status", operation_id="read_status", summary="Read whether all parts of the deployment work")
    def get_status() -> StatusResponse:
        return StatusResponse.of(read_status(), clock())
