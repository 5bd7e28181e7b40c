"""The routes with which operators see and control the reminders' channels."""

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.centre.control_channels import ControlChannels
from minipush.application.cursors import Cursors
from minipush.domain.centre.reminders import ChannelKind
from minipush.http.schemas.base import Cursor
from minipush.http.schemas.centre.apps import PAGE, Limit
from minipush.http.schemas.centre.channels import ChannelReportList, ChannelReportResponse, RedriveResponse
from minipush.http.schemas.centre.me import ChannelName


def add_channels(app: APIGatewayHttpResolver, control: ControlChannels) -> None:
    @app.get("/centre/channels", operation_id="list_channels", summary="List the reminders' channels")
    def get_channels(limit: Limit = PAGE, cursor: Cursor = None) -> ChannelReportList:
        page, following = Cursors("channels").page(control.read_all(), lambda one: one.kind, limit, cursor)
        return ChannelReportList(items=[ChannelReportResponse.of(one) for one in page], next_cursor=following)

    @app.post(
        "/centre/channels/<kind>/pause", operation_id="pause_channel", summary="Send nothing by a channel"
    )
    def post_pause(kind: ChannelName) -> ChannelReportResponse:
        """Reminders go to the user's next channel, or wait until they are out of date."""
        return ChannelReportResponse.of(control.pause(ChannelKind(kind), is_paused=True))

    @app.post("/centre/channels/<kind>/resume", operation_id="resume_channel", summary="Send by it again")
    def post_resume(kind: ChannelName) -> ChannelReportResponse:
        return ChannelReportResponse.of(control.pause(ChannelKind(kind), is_paused=False))

    @app.post(
        "/centre/channels/<kind>/redrive",
        operation_id="redrive_channel",
        summary="Move dead letters back to the queue",
    )
    def post_redrive(kind: ChannelName) -> RedriveResponse:
        return RedriveResponse.of(control.redrive(ChannelKind(kind)))
