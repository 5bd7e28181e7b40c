"""How permits and settings lie in the Users table, one partition a user.

    sk                          what
    !profile                    settings, tags, last login, refused#<template_id>; sorts first
    T#form#<formId>             a formId
    T#pay#<prepay_id>#<1..3>    one of the three sends of a prepay_id
    S#<template_id>#<id>        a one-time subscription accept
    L#<template_id>             a long-term subscription
    D#<delivery>                the claim of a delivery through a long-term subscription

The key bears no time, so that the same permit can't be stored twice, whatever expiry it comes with.
A claimed permit keeps `claim` (its holder) and `claimed_at`, a dead one `dead` (WeChat's errcode) besides. An accept that
the user withdrew is claimed and dead; one that a message had claimed by then is marked `withdrawn`, and dies when it is given back.
`undelivered` says that WeChat could not deliver what was sent on it: `claim`, as it was then, `msgid`, `errcode`.
Instants are in ms; `ttl`, for DynamoDB, is in seconds: a permit's expiry, and a claim's seven days.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from minipush.domain.permits import CLAIM_KEPT_MS, Claim, Permit, PermitKind, delivery_of
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.users import QuietHours, Settings

PROFILE = "!profile"
REJECTED = "refused#"
WITHDRAWN = "withdrawn"

type Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's own JSON: `{"sk": {"S": "…"}}`."""


def key(openid: str, sk: str) -> dict[str, dict[str, str]]:
    return {"openid": {"S": openid}, "sk": {"S": sk}}


def sort_key(permit: Permit) -> str:
    match permit.kind:
        case PermitKind.FORM:
            return f"T#form#{permit.id}"
        case PermitKind.PAY:
            return f"T#pay#{permit.id}#{permit.use}"
        case PermitKind.ONCE:
            return f"S#{permit.template_id}#{permit.id}"
        case PermitKind.LONG if permit.claim:
            return marker(permit.claim.delivery)
        case PermitKind.LONG:
            return f"L#{permit.template_id}"


def ttl_seconds(expires_at: int) -> int:
    """Rounded up: DynamoDB must not delete what is still live."""
    return -(-expires_at // 1000)


def marker(delivery: str) -> str:
    return f"D#{delivery}"


def permit_item(openid: str, permit: Permit) -> dict[str, dict[str, Any]]:
    item: dict[str, dict[str, Any]] = key(openid, sort_key(permit))
    if permit.expires_at is not None:
        item["expires_at"] = {"N": str(permit.expires_at)}
        item["ttl"] = {"N": str(ttl_seconds(permit.expires_at))}
    return item


def marker_item(openid: str, holder: str, now: int) -> dict[str, dict[str, Any]]:
    claim = {"claim": {"S": holder}, "claimed_at": {"N": str(now)}, "ttl": claim_ttl(now)}
    return {**key(openid, marker(delivery_of(holder))), **claim}


def claim_ttl(claimed_at: int) -> dict[str, str]:
    return {"N": str(ttl_seconds(claimed_at + CLAIM_KEPT_MS))}


def read_permit(item: Item) -> Permit | None:
    """None for an item that is no permit."""
    claim = _read_claim(item)
    expires_at = int(item["expires_at"]["N"]) if "expires_at" in item else None
    match str(item["sk"]["S"]).split("#", 2):
        case ["T", "form", id_]:
            return Permit(PermitKind.FORM, id_, expires_at, claim=claim)
        case ["T", "pay", numbered]:
            id_, _, use = numbered.rpartition("#")
            return Permit(PermitKind.PAY, id_, expires_at, use=int(use), claim=claim)
        case ["L", template_id]:
            return Permit(PermitKind.LONG, "", template_id=template_id)
        case ["S", template_id, id_]:
            return Permit(PermitKind.ONCE, id_, template_id=template_id, claim=claim)
        case ["D", _]:
            return Permit(PermitKind.LONG, "", claim=claim) if claim else None
        case _:
            return None


def _read_claim(item: Item) -> Claim | None:
    if "claim" not in item:
        return None
    invalidated_by = int(item["invalidated_by"]["N"]) if "invalidated_by" in item else None
    late = item.get("delivery_failure", {}).get("M", {})
    # Of an earlier claim that was given back, it says nothing about this one.
    failed_msgid = late["msgid"]["S"] if late.get("claim") == item["claim"] else None
    return Claim(item["claim"]["S"], int(item["claimed_at"]["N"]), invalidated_by, failed_msgid)


def delivery_failure_value(holder: str, msgid: str, errcode: int | None) -> dict[str, Any]:
    value: dict[str, Any] = {"claim": {"S": holder}, "msgid": {"S": msgid}}
    return {"M": value | ({} if errcode is None else {"errcode": {"N": str(errcode)}})}


def read_settings(item: Item) -> Settings:
    quiet = item.get("quiet_hours", {}).get("M")
    return Settings(
        opt_out=item.get("opt_out", {}).get("BOOL", False),
        quiet_hours=_read_quiet_hours(quiet) if quiet else None,
        tags=tuple(sorted(item.get("tags", {}).get("SS", ()))),
    )


def template_refusal_value(rejection: TemplateRefusal) -> dict[str, Any]:
    numbers = {"at": {"N": str(rejection.at)}, "times": {"N": str(rejection.times)}}
    reports = {"L": [{"S": report} for report in rejection.reports]}
    return {"M": {**numbers, "is_ban": {"BOOL": rejection.is_ban}, "reports": reports}}


def read_template_refusals(item: Item) -> tuple[TemplateRefusal, ...]:
    names = [name for name in item if name.startswith(REJECTED)]
    return tuple(_read_template_refusal(name.removeprefix(REJECTED), item[name]["M"]) for name in names)


def _read_template_refusal(template_id: str, value: Item) -> TemplateRefusal:
    at, times = (int(value[name]["N"]) for name in ("at", "times"))
    reports = tuple(report["S"] for report in value["reports"]["L"]) if "reports" in value else ()
    return TemplateRefusal(template_id, at, times, is_ban=value["is_ban"]["BOOL"], reports=reports)


def _read_quiet_hours(value: Item) -> QuietHours:
    start, end = (time.fromisoformat(value[name]["S"]) for name in ("from", "to"))
    return QuietHours(start, end, value["timezone"]["S"])


def settings_value(value: Any) -> dict[str, Any] | None:
    """One field of Settings as an attribute; None where the attribute goes away."""
    match value:
        case bool():
            return {"BOOL": value}
        case QuietHours(start, end, timezone):
            hours = {"from": f"{start:%H:%M}", "to": f"{end:%H:%M}", "timezone": timezone}
            return {"M": {name: {"S": text} for name, text in hours.items()}}
        case (_, *_):
            return {"SS": list(value)}
        case _:
            return None
