"""The routes of the account's subscription templates."""

from dataclasses import dataclass
from typing import Annotated

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query

from minipush.application.messages.sync_templates import SyncTemplates
from minipush.application.ports.templates import TemplateStore
from minipush.http.schemas.templates import TemplateList, template_page

PAGE = 100

Limit = Annotated[int, Query(ge=1, le=PAGE)]
Cursor = Annotated[str | None, Query(max_length=512, description="next_cursor of the previous page.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateServices:
    sync: SyncTemplates
    store: TemplateStore


def add_templates(app: APIGatewayHttpResolver, services: TemplateServices) -> None:
    @app.get("/templates", operation_id="list_templates", summary="List the templates of the last sync")
    def get_templates(limit: Limit = PAGE, cursor: Cursor = None) -> TemplateList:
        return template_page(services.store.read(), limit, cursor)

    @app.post("/templates/sync", operation_id="sync_templates", summary="Read the templates from WeChat now")
    def post_sync() -> TemplateList:
        return template_page(services.sync(), PAGE, None)
