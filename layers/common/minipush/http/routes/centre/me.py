"""The routes of a user's own settings of the message centre."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.centre.read_inbox import CountUnread
from minipush.application.ports.centre.preferences import PreferenceStore
from minipush.http.edge.resolver import caller_of
from minipush.http.schemas.centre.me import CentreResponse, UpdateCentreRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class MyCentreServices:
    preferences: PreferenceStore
    count_unread: CountUnread


def add_my_centre(app: APIGatewayHttpResolver, services: MyCentreServices) -> None:
    @app.get("/me/centre", operation_id="read_my_centre", summary="Read how the user is reminded")
    def get_my_centre() -> CentreResponse:
        openid = caller_of(app).name
        return CentreResponse.of(services.preferences.read(openid), services.count_unread(openid))

    @app.patch("/me/centre", operation_id="update_my_centre", summary="Change how the user is reminded")
    def patch_my_centre(body: UpdateCentreRequest) -> CentreResponse:
        openid = caller_of(app).name
        return CentreResponse.of(
            services.preferences.change(openid, body.changes()), services.count_unread(openid)
        )

    @app.put(
        "/me/centre",
        operation_id="put_my_centre",
        summary="Change how the user is reminded, for wx.request",
    )
    def put_my_centre(body: UpdateCentreRequest) -> CentreResponse:
        """wx.request has no PATCH."""
        return patch_my_centre(body)
