"""What mini-programs call: a user's session may touch nothing but that user."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.application.permits.collect_permits import CollectPermits, CollectResult
from minipush.application.permits.log_in import LogIn
from minipush.application.ports.users import UserStore
from minipush.domain.users import Settings
from minipush.http.edge.access import Access, Routes, Scope
from minipush.http.edge.metrics import Count, of_permits
from minipush.http.edge.openapi import document
from minipush.http.edge.problems import ProblemError, unauthorized
from minipush.http.edge.service import caller_of
from minipush.http.schemas.base import HealthResponse, SessionRequest, SessionResponse
from minipush.http.schemas.permits import CollectRequest, CollectResponse, RejectedEntry
from minipush.http.schemas.prompts import NextAsk, PromptResponse, SdkVersion
from minipush.http.schemas.users import MePatch, MeResponse, QuietHoursBody
from minipush.wechat.errors import LoginRefusedError, WeChatError

ROUTES: Routes = {
    "GET /health": None,
    "GET /openapi.json": None,
    "POST /session": None,
    "POST /collect": Scope.USER,
    "GET /me": Scope.USER,
    "PATCH /me": Scope.USER,
    "GET /me/next-ask": Scope.USER,
}


def mini_program_app(
    log_in: LogIn,
    collect_permits: CollectPermits,
    users: UserStore,
    access: Access,
    count: Count,
    next_ask: NextAsk,
) -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.get("/health", operation_id="read_health", summary="Whether the service is up")
    def health() -> HealthResponse:
        return HealthResponse(status="ok")

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response[str]:
        return Response(HTTPStatus.OK, "application/json", document())

    @app.post("/session", operation_id="log_in", summary="Log in with what wx.login gave")
    def post_session(body: SessionRequest) -> SessionResponse:
        openid = _logged_in(log_in, body.code)
        return SessionResponse(
            token=access.issue_session(openid), expires_in=access.session_seconds, openid=openid
        )

    @app.post("/collect", operation_id="collect_permits", summary="Hand over permits that the user gave")
    def post_collect(body: CollectRequest) -> CollectResponse:
        collected = collect_permits(caller_of(app).name, body.offers())
        count(of_permits(collected))
        return collect_answer(collected)

    @app.get("/me", operation_id="read_me", summary="The user's own settings")
    def get_me() -> MeResponse:
        openid = caller_of(app).name
        return _me(openid, users.read(openid).settings)

    @app.patch("/me", operation_id="change_me", summary="Change the user's own settings")
    def patch_me(body: MePatch) -> MeResponse:
        openid = caller_of(app).name
        changes = body.changes()
        return _me(openid, users.change(openid, changes) if changes else users.read(openid).settings)

    @app.get("/me/next-ask", operation_id="read_next_ask", summary="What to ask the user for at the next tap")
    def get_next_ask(sdk_version: SdkVersion = None) -> PromptResponse:
        return PromptResponse.of(next_ask(caller_of(app).name, sdk_version))

    return app


def collect_answer(collected: CollectResult) -> CollectResponse:
    rejected = [RejectedEntry(pointer=where, reason=refusal) for where, refusal in collected.rejected]
    return CollectResponse(stored=collected.stored, rejected=rejected)


def _logged_in(log_in: LogIn, code: str) -> str:
    try:
        return log_in(code)
    except LoginRefusedError as error:
        raise unauthorized(f"WeChat refused the code ({error.errcode}). Call wx.login again.") from None
    except WeChatError as error:
        raise _wechat_failed(error) from None


def _wechat_failed(error: WeChatError) -> ProblemError:
    detail = f"WeChat can't log anyone in right now ({error.errcode or type(error).__name__})."
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "2"})


def _me(openid: str, settings: Settings) -> MeResponse:
    quiet = settings.quiet_hours
    return MeResponse(
        openid=openid, opt_out=settings.opt_out, quiet_hours=QuietHoursBody.of(quiet) if quiet else None
    )
