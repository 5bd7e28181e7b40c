"""Permits as they are handed over."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from minipush.application.permits.collect_permits import Offer
from minipush.domain.permit_kinds import form_permits, pay_permits, subscription_permits
from minipush.errors import PermitRejection
from minipush.http.schemas.base import WHOLE, Body

MAX_ENTRIES = 100


class FormIdEntry(Body):
    form_id: Annotated[str, Field(examples=["c0ffee01d15ea5e1"])]
    expires_at: Annotated[
        int | None,
        WHOLE,
        Field(
            description="Milliseconds since the epoch; seven days from receipt at most.",
            examples=[1795420800000],
        ),
    ] = None


class PrepayIdEntry(Body):
    prepay_id: Annotated[str, Field(examples=["prepay_id=wx201410272009395522657a690389285100"])]


class SubscriptionEntry(Body):
    id: Annotated[
        str, Field(description="Made by the client, unique to this answer.", examples=["1795420800000-1"])
    ]
    template_id: str
    result: Annotated[
        str,
        Field(description="What wx.requestSubscribeMessage gave for the template.", examples=["accept"]),
    ]
    long_term: bool = False


class CollectRequest(Body):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"form_ids": [{"form_id": "c0ffee01d15ea5e1", "expires_at": 1795766400000}]},
                {
                    "prepay_ids": [{"prepay_id": "prepay_id=wx201410272009395522657a690389285100"}],
                    "subscriptions": [{"id": "1795161600000-1", "template_id": "T1", "result": "accept"}],
                },
            ]
        }
    )

    form_ids: Annotated[list[FormIdEntry], Field(default_factory=list)]
    prepay_ids: Annotated[list[PrepayIdEntry], Field(default_factory=list)]
    subscriptions: Annotated[list[SubscriptionEntry], Field(default_factory=list)]

    @model_validator(mode="after")
    def _not_too_many(self) -> Self:
        if len(self.form_ids) + len(self.prepay_ids) + len(self.subscriptions) > MAX_ENTRIES:
            raise ValueError(f"{MAX_ENTRIES} entries in all at most")
        return self

    def offers(self) -> list[Offer]:
        return [
            *((f"/form_ids/{n}", _form(entry)) for n, entry in enumerate(self.form_ids)),
            *((f"/prepay_ids/{n}", _prepay(entry)) for n, entry in enumerate(self.prepay_ids)),
            *((f"/subscriptions/{n}", _subscription(entry)) for n, entry in enumerate(self.subscriptions)),
        ]


def _form(entry: FormIdEntry) -> Any:
    return lambda now: form_permits(entry.form_id, entry.expires_at, now)


def _prepay(entry: PrepayIdEntry) -> Any:
    return lambda now: pay_permits(entry.prepay_id, now)


def _subscription(entry: SubscriptionEntry) -> Any:
    return lambda _: subscription_permits(
        entry.id, entry.template_id, entry.result, long_term=entry.long_term
    )


class RejectedEntry(BaseModel):
    pointer: Annotated[str, Field(description="Of the entry, as RFC 6901 has it.", examples=["/form_ids/1"])]
    reason: PermitRejection


class CollectResponse(BaseModel):
    stored: Annotated[int, Field(description="Entries that are new.")]
    rejected: list[RejectedEntry]
