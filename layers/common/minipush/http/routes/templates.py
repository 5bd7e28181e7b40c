"""The routes of an account's templates: the mini-program's, or the official account's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from minipush.application.messages.sync_templates import SyncTemplates
from minipush.application.ports.templates import TemplateStore
from minipush.domain.accounts import AccountKind
from minipush.errors import OfficialAccountOffError
from minipush.http.schemas.templates import TemplateAccount, TemplateList, template_page

PAGE = 100

Limit = Annotated[int, Query(ge=1, le=PAGE)]
Cursor = Annotated[str | None, Query(max_length=512, description="next_cursor of the previous page.")]
Whose = Annotated[TemplateAccount, Query(description="Whose templates: the mini-program's, by default.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTemplateServices:
    sync: SyncTemplates
    store: TemplateStore


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateServices:
    """`official` gives None if the deployment has no official account."""

    mini_program: AccountTemplateServices
    official: Callable[[], AccountTemplateServices | None]

    def of(self, account: TemplateAccount) -> AccountTemplateServices:
        """Raises OfficialAccountOffError."""
        if account.kind is AccountKind.MINI_PROGRAM:
            return self.mini_program
        if (services := self.official()) is None:
            raise OfficialAccountOffError
        return services


def add_templates(app: APIGatewayHttpResolver, services: TemplateServices) -> None:
    @app.get("/templates", operation_id="list_templates", summary="List the templates of the last sync")
    def get_templates(
        limit: Limit = PAGE, cursor: Cursor = None, account: Whose = TemplateAccount.MINI_PROGRAM
    ) -> TemplateList:
        return template_page(services.of(account).store.read(), limit, cursor, account.kind)

    @app.post("/templates/sync", operation_id="sync_templates", summary="Read the templates from WeChat now")
    def post_sync(account: Whose = TemplateAccount.MINI_PROGRAM) -> TemplateList:
        return template_page(services.of(account).sync(), PAGE, None, account.kind)
