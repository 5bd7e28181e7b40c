"""The log-in of a mini-program's user."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.permits.log_in import LogIn
from minipush.http.edge.access import Access
from minipush.http.schemas.sessions import SessionRequest, SessionResponse


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionServices:
    log_in: LogIn
    access: Access


def add_session(app: APIGatewayHttpResolver, services: SessionServices) -> None:
    @app.post("/session", operation_id="log_in", summary="Log in with the code of wx.login")
    def post_session(body: SessionRequest) -> SessionResponse:
        source = str(app.current_event.request_context.http.get("sourceIp", ""))
        openid = services.log_in(body.code, source)
        token = services.access.issue_session(openid)
        return SessionResponse(token=token, expires_in=services.access.session_seconds, openid=openid)
