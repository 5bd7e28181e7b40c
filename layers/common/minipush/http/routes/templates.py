"""The routes of templates."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BaseModel, Field

from minipush.application.cursors import read_cursor, write_cursor
from minipush.application.messages.sync_templates import SyncedTemplates, SyncTemplates, TemplateStore
from minipush.application.prompts.set_subscription_targets import SetSubscriptionTargets
from minipush.domain.templates import Template
from minipush.domain.timestamps import iso
from minipush.http.edge.access import Routes, Scope
from minipush.http.edge.problems import ProblemError, invalid
from minipush.http.schemas.base import Instant
from minipush.wechat.errcodes import Reaction
from minipush.wechat.errors import WeChatError

ROUTES: Routes = {"GET /templates": Scope.READ, "POST /templates/sync": Scope.ADMIN}
PAGE = 100


class TemplateBody(BaseModel):
    template_id: str
    title: str
    type: Annotated[Literal["once", "long"], Field(description="What an accept of it is worth.")]
    keys: Annotated[list[str], Field(examples=[["thing1", "time2"]])]
    enums: Annotated[dict[str, list[str]], Field(description="All that these keys may hold.")]
    content: str
    example: str


class TemplateList(BaseModel):
    items: list[TemplateBody]
    next_cursor: str | None
    synced_at: Annotated[Instant | None, Field(description="Null before the first sync.")]


@dataclass(frozen=True, slots=True)
class TemplateServices:
    sync: SyncTemplates
    store: TemplateStore
    set_subscription_targets: SetSubscriptionTargets


def add_templates(app: APIGatewayHttpResolver, templates: TemplateServices) -> None:
    @app.get("/templates", operation_id="list_templates", summary="Subscription templates, as last synced")
    def get_templates(
        limit: Annotated[int, Query(ge=1, le=PAGE)] = PAGE,
        cursor: Annotated[str | None, Query(max_length=512, description="What next_cursor was.")] = None,
    ) -> TemplateList:
        return _page(templates.store.read(), limit, cursor)

    @app.post("/templates/sync", operation_id="sync_templates", summary="Read the templates from WeChat now")
    def post_sync() -> TemplateList:
        try:
            return _page(templates.sync(), PAGE, None)
        except WeChatError as error:
            raise _untold(error) from None


def _page(known: SyncedTemplates | None, limit: int, cursor: str | None) -> TemplateList:
    found = sorted(known.templates if known else (), key=lambda template: template.id)
    rest = found if cursor is None else found[_place_after(cursor, found) :]
    page = rest[:limit]
    return TemplateList(
        items=[_told(template) for template in page],
        next_cursor=write_cursor(page[-1].id) if len(rest) > limit else None,
        synced_at=iso(known.synced_at) if known else None,
    )


def _place_after(cursor: str, found: list[Template]) -> int:
    """Of the template that it names; a sync may have taken it away, and then the list begins again."""
    try:
        ids = [template.id for template in found]
        return ids.index(read_cursor(cursor, r".+")[0]) + 1
    except ValueError:
        raise invalid([("/cursor", "not what next_cursor was (query)")]) from None


def _told(template: Template) -> TemplateBody:
    return TemplateBody(
        template_id=template.id,
        title=template.title,
        type="long" if template.is_long_term else "once",
        keys=list(template.keys),
        enums={key: list(values) for key, values in template.enums.items()},
        content=template.content,
        example=template.example,
    )


def _untold(error: WeChatError) -> ProblemError:
    detail = f"WeChat doesn't tell its templates right now ({error.errcode or type(error).__name__})."
    passes = error.reaction is Reaction.BACK_OFF
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "2"} if passes else None
    )
