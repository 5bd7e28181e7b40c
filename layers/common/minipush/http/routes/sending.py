"""The routes of the red switch."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.campaigns.switch_sending import SwitchSending
from minipush.http.edge.resolver import caller_of
from minipush.http.schemas.sending import SendingRequest, SendingResponse


def add_sending(app: APIGatewayHttpResolver, switch_sending: SwitchSending) -> None:
    @app.get("/sending", operation_id="read_sending", summary="Read whether messages may go out")
    def get_sending() -> SendingResponse:
        return SendingResponse.of(switch_sending.read())

    @app.put("/sending", operation_id="switch_sending", summary="Stop all messages, or let them go out again")
    def put_sending(body: SendingRequest) -> SendingResponse:
        by = caller_of(app).name
        return SendingResponse.of(switch_sending(enabled=body.enabled, reason=body.reason, by=by))
