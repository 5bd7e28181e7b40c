"""What mini-programs call: a user's session may touch nothing but that user."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from minipush.domain.users import Settings
from minipush.http.access import Access, Scope
from minipush.http.models import (
    CollectAnswer,
    CollectRequest,
    HealthAnswer,
    MeAnswer,
    MePatch,
    QuietHoursBody,
    Rejected,
    SessionAnswer,
    SessionRequest,
)
from minipush.http.openapi import allowed_methods, document
from minipush.http.problems import ProblemError, unauthorized
from minipush.http.service import Routes, caller_of
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
    "$default": None,
}


def mini_program_app(
    log_in: LogIn, collect_permits: CollectPermits, users: UserStore, access: Access
) -> APIGatewayHttpResolver:
    app = APIGatewayHttpResolver(enable_validation=True)

    @app.get("/health", summary="Whether the service is up")
    def health() -> HealthAnswer:
        return HealthAnswer(status="ok")

    @app.get("/openapi.json", summary="This description", include_in_schema=False)
    def openapi() -> Response[str]:
        return Response(HTTPStatus.OK, "application/json", document())

    @app.post("/session", summary="Log in with what wx.login gave")
    def post_session(body: SessionRequest) -> SessionAnswer:
        openid = _logged_in(log_in, body.code)
        return SessionAnswer(
            token=access.issue_session(openid), expires_in=access.session_seconds, openid=openid
        )

    @app.post("/collect", summary="Hand over permits that the user gave")
    def post_collect(body: CollectRequest) -> CollectAnswer:
        return collect_answer(collect_permits(caller_of(app).name, body.offers()))

    @app.get("/me", summary="The user's own settings")
    def get_me() -> MeAnswer:
        openid = caller_of(app).name
        return _me(openid, users.read(openid).settings)

    @app.patch("/me", summary="Change the user's own settings")
    def patch_me(body: MePatch) -> MeAnswer:
        openid = caller_of(app).name
        changes = body.changes()
        return _me(openid, users.change(openid, changes) if changes else users.read(openid).settings)

    @app.not_found
    def otherwise(_: Exception) -> Response[str]:
        path = app.current_event.path
        methods = allowed_methods(path)
        if methods:
            allow = ", ".join(methods)
            return ProblemError(
                HTTPStatus.METHOD_NOT_ALLOWED, f"{path} takes {allow}.", headers={"Allow": allow}
            ).response()
        return ProblemError(HTTPStatus.NOT_FOUND, "There is nothing at this path.").response()

    return app


def collect_answer(collected: Collected) -> CollectAnswer:
    rejected = [Rejected(pointer=where, reason=refusal.value) for where, refusal in collected.rejected]
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
