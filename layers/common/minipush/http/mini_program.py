"""What mini-programs call: a user's session may touch nothing but that user."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.domain.users import Settings
from minipush.http.access import Access, Routes, Scope
from minipush.http.asks import NextAsk, NextAskAnswer, SdkVersion
from minipush.http.metrics import Count, of_permits
from minipush.http.models import HealthAnswer, SessionAnswer, SessionRequest
from minipush.http.openapi import document
from minipush.http.permit_models import CollectAnswer, CollectRequest, Rejected
from minipush.http.problems import ProblemError, unauthorized
from minipush.http.service import caller_of
from minipush.http.user_models import MeAnswer, MePatch, QuietHoursBody
from minipush.usecases.collect_permits import Collected, CollectPermits
from minipush.usecases.log_in import LogIn
from minipush.usecases.ports import UserStore
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
    def health() -> HealthAnswer:
        return HealthAnswer(status="ok")

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response[str]:
        return Response(HTTPStatus.OK, "application/json", document())

    @app.post("/session", operation_id="log_in", summary="Log in with what wx.login gave")
    def post_session(body: SessionRequest) -> SessionAnswer:
        openid = _logged_in(log_in, body.code)
        return SessionAnswer(
            token=access.issue_session(openid), expires_in=access.session_seconds, openid=openid
        )

    @app.post("/collect", operation_id="collect_permits", summary="Hand over permits that the user gave")
    def post_collect(body: CollectRequest) -> CollectAnswer:
        collected = collect_permits(caller_of(app).name, body.offers())
        count(of_permits(collected))
        return collect_answer(collected)

    @app.get("/me", operation_id="read_me", summary="The user's own settings")
    def get_me() -> MeAnswer:
        openid = caller_of(app).name
        return _me(openid, users.read(openid).settings)

    @app.patch("/me", operation_id="change_me", summary="Change the user's own settings")
    def patch_me(body: MePatch) -> MeAnswer:
        openid = caller_of(app).name
        changes = body.changes()
        return _me(openid, users.change(openid, changes) if changes else users.read(openid).settings)

    @app.get("/me/next-ask", operation_id="read_next_ask", summary="What to ask the user for at the next tap")
    def get_next_ask(sdk_version: SdkVersion = None) -> NextAskAnswer:
        return NextAskAnswer.of(next_ask(caller_of(app).name, sdk_version))

    return app


def collect_answer(collected: Collected) -> CollectAnswer:
    rejected = [Rejected(pointer=where, reason=refusal) for where, refusal in collected.rejected]
    return CollectAnswer(stored=collected.stored, rejected=rejected)


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


def _me(openid: str, settings: Settings) -> MeAnswer:
    quiet = settings.quiet_hours
    return MeAnswer(
        openid=openid, opt_out=settings.opt_out, quiet_hours=QuietHoursBody.of(quiet) if quiet else None
    )
