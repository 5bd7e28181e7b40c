"""Users, as operators see them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from minipush.domain import permit_kinds
from minipush.domain.deliveries import DeliveryId
from minipush.domain.permits import CLAIM_KEPT_MS, Permit
from minipush.domain.templates import SyncedTemplates
from minipush.domain.timestamps import iso
from minipush.domain.users import MAX_TAGS, User, normalized_tag
from minipush.http.schemas.base import LEFT_OUT_IF_NONE, Instant, RequestModel
from minipush.http.schemas.me import QuietHoursSchema
from minipush.http.schemas.names import PermitKindName
from minipush.http.schemas.patterns import Matches


def _normalized(given: Any) -> Any:
    return normalized_tag(given) if isinstance(given, str) else given


Tag = Annotated[
    str,
    Matches(r"[^\x00-\x1f\x7f]{1,64}", "1 to 64 characters, none of them a control character"),
    Field(
        description="Trimmed and normalized (NFC).",
        examples=["vip"],
    ),
    BeforeValidator(_normalized),
]


class UpdateUserRequest(RequestModel):
    """A missing field stays as it is; `"quiet_hours": null` removes the quiet hours."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tags": ["vip"], "opt_out": False}]})

    tags: Annotated[list[Tag] | None, Field(max_length=MAX_TAGS)] = None
    opt_out: bool | None = None
    quiet_hours: QuietHoursSchema | None = None

    def changes(self) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if self.tags is not None:
            changes["tags"] = tuple(sorted(set(self.tags)))
        if self.opt_out is not None:
            changes["opt_out"] = self.opt_out
        if "quiet_hours" in self.model_fields_set:
            changes["quiet_hours"] = self.quiet_hours and self.quiet_hours.hours()
        return changes


class PermitCounts(BaseModel):
    form: int
    pay: int
    once: dict[str, int]
    long: list[str]


class ReceivedMessage(BaseModel):
    campaign_id: Annotated[str | None, Field(description="Null for a message that was sent directly.")]
    at: Instant
    permit_kind: PermitKindName
    status: Annotated[
        Literal["sent", "unknown"],
        Field(description="`unknown`: WeChat's answer was lost, and no event has settled it since."),
    ]


class ListedUser(BaseModel):
    openid: str


class UserList(BaseModel):
    items: list[ListedUser]
    next_cursor: str | None


class UserResponse(BaseModel):
    openid: str
    permits: PermitCounts
    accept_ids: Annotated[
        dict[str, list[str]],
        Field(
            description="By template, the ids under which the accepts in `once` were reported. To report them again is harmless.",
            examples=[{"S1": ["1795420800000-1"]}],
        ),
    ]
    next_expiry: Annotated[Instant | None, Field(description="Null if no permit expires.")]
    opt_out: bool
    quiet_hours: QuietHoursSchema | None
    last_seen: Annotated[
        Instant | None, Field(description="The last log-in, to within ten minutes. Null if there was none.")
    ]
    tags: list[str]
    follows: Annotated[
        bool | None,
        Field(description="Whether the user follows the official account. Left out where that is not known."),
        LEFT_OUT_IF_NONE,
    ] = None
    messages: Annotated[list[ReceivedMessage], Field(description="From the last week, newest first.")]


def user_response(user: User, synced: SyncedTemplates | None, now: int) -> UserResponse:
    live, quiet = user.live(now), user.settings.quiet_hours
    expiries = [permit.expires_at for permit in live if permit.expires_at is not None]
    counted = [_as_synced(permit, synced) for permit in live]
    return UserResponse(
        openid=user.openid,
        permits=_counts(counted),
        accept_ids=_accept_ids(counted),
        next_expiry=iso(min(expiries)) if expiries else None,
        opt_out=user.settings.opt_out,
        quiet_hours=QuietHoursSchema.of(quiet) if quiet else None,
        last_seen=None if user.last_seen is None else iso(user.last_seen),
        tags=list(user.settings.tags),
        follows=user.follower.follows if user.follower else None,
        messages=_messages(user, now - CLAIM_KEPT_MS),
    )


def _messages(user: User, since: int) -> list[ReceivedMessage]:
    """The messages that permits were spent on, without those that WeChat refused or could not deliver."""
    claimed = [(permit.claim, permit.kind) for permit in user.permits if permit.claim]
    spent = [(claim, kind) for claim, kind in claimed if claim.may_have_delivered and claim.at > since]
    return [
        ReceivedMessage(
            campaign_id=DeliveryId.of_claim(claim).campaign_id,
            at=iso(claim.at),
            permit_kind=kind.name,
            status="unknown" if claim.is_in_doubt else "sent",
        )
        for claim, kind in sorted(spent, key=lambda entry: entry[0].at, reverse=True)
    ]


def _as_synced(permit: Permit, synced: SyncedTemplates | None) -> Permit:
    is_long_term = synced.is_long_term(permit.template_id) if synced and permit.template_id else None
    return permit_kinds.as_synced(permit, is_long_term)


def _accept_ids(live: list[Permit]) -> dict[str, list[str]]:
    """An accept that was reported as long-term has no id."""
    found: dict[str, list[str]] = {}
    for permit in live:
        if _is_once(permit) and permit.id:
            found.setdefault(str(permit.template_id), []).append(permit.id)
    return {template_id: sorted(ids) for template_id, ids in found.items()}


def _is_once(permit: Permit) -> bool:
    return permit.kind.name == permit_kinds.ONCE.name


def _counts(live: list[Permit]) -> PermitCounts:
    once = [str(permit.template_id) for permit in live if _is_once(permit)]
    return PermitCounts(
        form=sum(permit.kind is permit_kinds.FORM for permit in live),
        pay=sum(permit.kind is permit_kinds.PAY for permit in live),
        once={template_id: once.count(template_id) for template_id in once},
        long=sorted(
            {str(permit.template_id) for permit in live if permit.kind.name == permit_kinds.LONG.name}
        ),
    )
