"""The routes of a user's own settings and of the next prompt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from minipush.application.permits.change_settings import ChangeSettings
from minipush.application.ports.users import UserStore
from minipush.http.edge.resolver import caller_of
from minipush.http.schemas.me import MeResponse, PromptResponse, SdkVersion, UpdateMeRequest

if TYPE_CHECKING:
    from minipush.domain.prompts import Prompt

type PromptChooser = Callable[[str, str | None], "Prompt"]
"""Takes the openid and the base library's version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeServices:
    users: UserStore
    change_settings: ChangeSettings
    choose_prompt: PromptChooser


def add_me(app: APIGatewayHttpResolver, services: MeServices) -> None:
    users = services.users

    @app.get("/me", operation_id="read_me", summary="Read the user's own settings")
    def get_me() -> MeResponse:
        openid = caller_of(app).name
        return MeResponse.of(openid, users.read_settings(openid).settings)

    @app.patch("/me", operation_id="update_me", summary="Change the user's own settings")
    def patch_me(body: UpdateMeRequest) -> MeResponse:
        openid = caller_of(app).name
        return MeResponse.of(openid, services.change_settings(openid, body.changes()))

    @app.put("/me", operation_id="put_me", summary="Change the user's own settings, for wx.request")
    def put_me(body: UpdateMeRequest) -> MeResponse:
        """wx.request has no PATCH."""
        return patch_me(body)

    @app.get("/me/next-ask", operation_id="read_next_prompt", summary="What to ask the user for next")
    def get_next_ask(sdk_version: SdkVersion = None) -> PromptResponse:
        return PromptResponse.of(services.choose_prompt(caller_of(app).name, sdk_version))
