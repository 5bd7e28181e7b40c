"""The templates of an account."""

import enum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from minipush.application.cursors import Cursors
from minipush.domain.accounts import AccountKind
from minipush.domain.templates import SyncedTemplates, Template
from minipush.domain.timestamps import iso
from minipush.http.schemas.base import Instant


class TemplateAccount(enum.StrEnum):
    """The accounts of a deployment, in queries."""

    MINI_PROGRAM = "mini_program"
    OFFICIAL = "official"

    @property
    def kind(self) -> AccountKind:
        return AccountKind.OFFICIAL_ACCOUNT if self is TemplateAccount.OFFICIAL else AccountKind.MINI_PROGRAM


class TemplateResponse(BaseModel):
    template_id: str
    title: str
    type: Annotated[
        Literal["once", "long", "follow"],
        Field(description="The kind of permit that an accept gives; follow for the official account."),
    ]
    keys: Annotated[list[str], Field(examples=[["thing1", "time2"]])]
    enums: Annotated[
        dict[str, list[str]], Field(description="The only values that WeChat accepts for these keys.")
    ]
    content: str
    example: str


class TemplateList(BaseModel):
    items: list[TemplateResponse]
    next_cursor: str | None
    synced_at: Annotated[Instant | None, Field(description="Null before the first sync.")]


def template_page(
    synced: SyncedTemplates | None, limit: int, cursor: str | None, account: AccountKind
) -> TemplateList:
    """The templates after the one that `cursor` names. Raises InvalidCursorError.

    A sync may have removed that one.
    """
    found = sorted(synced.templates if synced else (), key=lambda template: template.id)
    page, following = Cursors("templates", account).page(found, lambda one: one.id, limit, cursor)
    return TemplateList(
        items=[_template_response(template, account) for template in page],
        next_cursor=following,
        synced_at=iso(synced.synced_at) if synced else None,
    )


def _template_response(template: Template, account: AccountKind) -> TemplateResponse:
    return TemplateResponse(
        template_id=template.id,
        title=template.title,
        type=_permit_kind(template, account),
        keys=list(template.keys),
        enums={key: list(values) for key, values in template.enums.items()},
        content=template.content,
        example=template.example,
    )


def _permit_kind(template: Template, account: AccountKind) -> Literal["once", "long", "follow"]:
    if account is AccountKind.OFFICIAL_ACCOUNT:
        return "follow"
    return "long" if template.is_long_term else "once"
