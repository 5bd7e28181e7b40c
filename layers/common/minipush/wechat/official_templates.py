"""The official account's templates. Source: WeChat's page of getAllTemplate (get_all_private_template)."""

from typing import Any, Final

from minipush.wechat.answers import successful_fields
from minipush.wechat.templates import TIMEOUT, AccountTemplate, templates_in
from minipush.wechat.tokens import Token, TokenSource
from minipush.wechat.transport import Request, Transport

TEMPLATES_PATH: Final = "/cgi-bin/template/get_all_private_template"


class OfficialTemplates:
    def __init__(self, transport: Transport, tokens: TokenSource) -> None:
        self._transport = transport
        self._tokens = tokens

    def read(self) -> list[AccountTemplate]:
        """All templates: an account has 25 at most. Raises `WeChatError`."""
        return templates_in(self._tokens.call_with_token(self._ask), "template_list", "template_id")

    def _ask(self, token: Token) -> dict[str, Any]:
        request = Request("GET", TEMPLATES_PATH, {"access_token": token.value})
        return successful_fields(self._transport(request, TIMEOUT), token.value)
