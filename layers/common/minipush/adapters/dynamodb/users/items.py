"""Items of the Users table. A user is one partition.

    sk                                     item
    !profile                               settings, settings_log, tags, last login, refused#<template_id>, counters,
                                           official (the user in the official account: appid, openid, follows,
                                           version);
                                           sorts first
    P#<kind>#<template_id>#<use>#<id>      a permit: see minipush.domain.permit_kinds
    D#<delivery>                           the marker of a delivery through a reusable permit, with `permit_kind`, and
                                           with `permit_id` where the permit is no item itself

A permit keeps the kind that was reported. If a sync of the templates calls it the other kind of subscription, the
permit counts as that one: a claimed item of a reusable kind is a one-time accept that was reported as long-term.

The template_id is empty for kinds that are not bound to a template. The id comes last: it may hold `#`. The key
has no timestamp, so that a permit cannot be stored twice with different expiries.

    attribute          of a permit or a marker
    expires_at         when the permit expires, if it does
    added_at           when the permit was handed over
    uploaded_on        the day on which a user uploaded it, if it was counted: see counts.py
    claim              the holder of the claim, with claimed_at
    invalidated_by     the errcode with which the provider refused the permit
    withdrawn          the user withdrew the permit while it was claimed: it is invalidated when it is given back
    reported_unknown   the outcome is reported as unknown: the claim at that time
    confirmed          WeChat says that the message arrived: the claim at that time, msgid
    delivery_failure   WeChat could not deliver the message: the claim at that time, msgid, errcode, at

A permit that is withdrawn while it is unclaimed is claimed and invalidated at once. Timestamps are in ms. `ttl`,
for DynamoDB, is in seconds: two hours after the permit's expiry, or seven days after a claim.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from minipush.adapters.dynamodb.ttl import ttl_seconds
from minipush.domain.follower import Follower
from minipush.domain.permit_kinds import ONCE_STORED_AS_LONG, find_permit_kind
from minipush.domain.permits import CLAIM_KEPT_MS, Claim, Permit, delivery_of
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.users import QuietHours, UserSettings

PROFILE = "!profile"
# So that an hourly sweep can count an expired permit before TTL deletes it.
EXPIRED_KEPT_MS = 2 * 60 * 60 * 1000
REFUSED = "refused#"
WITHDRAWN = "withdrawn"
ADDED_AT = "added_at"
UPLOADED_ON = "uploaded_on"
REPORTED_UNKNOWN = "reported_unknown"
OFFICIAL = "official"
# WeChat's errcode for "not subscribed, or every accept used up". It is kept with a withdrawn permit.
WITHDRAWAL_ERRCODE = 43101

type Item = Mapping[str, Mapping[str, Any]]
"""An item in DynamoDB's JSON: `{"sk": {"S": "…"}}`."""


def key(openid: str, sk: str) -> dict[str, dict[str, str]]:
    return {"openid": {"S": openid}, "sk": {"S": sk}}


def sort_key(permit: Permit) -> str:
    if permit.claim and permit.kind.is_reusable:
        return marker(permit.claim.delivery)
    return f"P#{permit.kind.stored_name}#{permit.template_id or ''}#{permit.use}#{permit.id}"


def marker(delivery: str) -> str:
    return f"D#{delivery}"


def permit_item(
    openid: str, permit: Permit, day: int | None = None, at: int | None = None
) -> dict[str, dict[str, Any]]:
    """`day`: see minipush.adapters.dynamodb.users.counts. `at`: when the permit was handed over."""
    item: dict[str, dict[str, Any]] = key(openid, sort_key(permit))
    if permit.expires_at is not None:
        item["expires_at"] = {"N": str(permit.expires_at)}
        item["ttl"] = permit_ttl(permit.expires_at)
    if day is not None:
        item[UPLOADED_ON] = {"N": str(day)}
    if at is not None:
        item[ADDED_AT] = {"N": str(at)}
    return item


def marker_item(openid: str, permit: Permit, holder: str, now: int) -> dict[str, dict[str, Any]]:
    item: dict[str, dict[str, Any]] = {
        **key(openid, marker(delivery_of(holder))),
        "permit_kind": {"S": permit.kind.name},
        "claim": {"S": holder},
        "claimed_at": {"N": str(now)},
        "ttl": claim_ttl(now),
    }
    if not permit.kind.is_collected:
        item["permit_id"] = {"S": permit.id}
    return item


def permit_ttl(expires_at: int) -> dict[str, str]:
    return {"N": str(ttl_seconds(expires_at + EXPIRED_KEPT_MS))}


def claim_ttl(claimed_at: int) -> dict[str, str]:
    return {"N": str(ttl_seconds(claimed_at + CLAIM_KEPT_MS))}


def read_permit(item: Item) -> Permit | None:
    """None for an item that is no permit, or of a kind that this version doesn't know."""
    match str(item["sk"]["S"]).split("#", 4):
        case ["P", name, template_id, use, id_]:
            kind = find_permit_kind(name)
            expires_at = int(item["expires_at"]["N"]) if "expires_at" in item else None
            bound_to, claim = template_id or None, read_claim(item) if "claim" in item else None
            if claim and kind and kind.is_reusable:
                # Only a message of a template that the sync calls one-time claims the permit itself.
                kind = ONCE_STORED_AS_LONG
            return Permit(kind, id_, expires_at, bound_to, int(use), claim) if kind else None
        case ["D", _]:
            return _read_marker(item)
        case _:
            return None


def _read_marker(item: Item) -> Permit | None:
    kind, claim = find_permit_kind(item.get("permit_kind", {}).get("S", "")), read_claim(item)
    return Permit(kind, item.get("permit_id", {}).get("S", ""), claim=claim) if kind and claim else None


def read_claim(item: Item) -> Claim | None:
    if "claim" not in item:
        return None
    invalidated_by = int(item["invalidated_by"]["N"]) if "invalidated_by" in item else None
    failed_msgid = _msgid_of(item, "delivery_failure")
    return Claim(
        item["claim"]["S"],
        int(item["claimed_at"]["N"]),
        invalidated_by,
        failed_msgid=failed_msgid,
        failed_at=int(item["delivery_failure"]["M"]["at"]["N"]) if failed_msgid else None,
        confirmed_msgid=_msgid_of(item, "confirmed"),
        is_reported_unknown=item.get(REPORTED_UNKNOWN) == item["claim"],
    )


def _msgid_of(item: Item, name: str) -> str | None:
    """The msgid that WeChat reported later. One of an earlier claim, which was given back, doesn't concern this one."""
    late = item.get(name, {}).get("M", {})
    return late["msgid"]["S"] if late.get("claim") == item["claim"] else None


def late_report_value(holder: str, msgid: str, **numbers: int | None) -> dict[str, Any]:
    """`numbers`: errcode and at, of a failure. None is left out."""
    value: dict[str, Any] = {"claim": {"S": holder}, "msgid": {"S": msgid}}
    return {"M": value | {name: {"N": str(number)} for name, number in numbers.items() if number is not None}}


def read_settings(item: Item) -> UserSettings:
    quiet = item.get("quiet_hours", {}).get("M")
    return UserSettings(
        opt_out=item.get("opt_out", {}).get("BOOL", False),
        quiet_hours=_read_quiet_hours(quiet) if quiet else None,
        tags=tuple(sorted(item.get("tags", {}).get("SS", ()))),
    )


def read_follower(item: Item, appid: str) -> Follower | None:
    """None, too, if the profile tells of another official account than `appid`."""
    there = item.get(OFFICIAL, {}).get("M", {})
    if there.get("appid") != {"S": appid}:
        return None
    return Follower(there["openid"]["S"], there["follows"]["BOOL"])


def read_last_seen(item: Item) -> int | None:
    return int(item["last_seen"]["N"]) if "last_seen" in item else None


def template_refusal_value(refusal: TemplateRefusal) -> dict[str, Any]:
    numbers = {"at": {"N": str(refusal.at)}, "times": {"N": str(refusal.times)}}
    reports = {"L": [{"S": report} for report in refusal.reports]}
    return {"M": {**numbers, "is_ban": {"BOOL": refusal.is_ban}, "reports": reports}}


def read_template_refusals(item: Item) -> tuple[TemplateRefusal, ...]:
    names = [name for name in item if name.startswith(REFUSED)]
    return tuple(_read_template_refusal(name.removeprefix(REFUSED), item[name]["M"]) for name in names)


def _read_template_refusal(template_id: str, value: Item) -> TemplateRefusal:
    at, times = (int(value[name]["N"]) for name in ("at", "times"))
    reports = tuple(report["S"] for report in value["reports"]["L"]) if "reports" in value else ()
    return TemplateRefusal(template_id, at, times, is_ban=value["is_ban"]["BOOL"], reports=reports)


def _read_quiet_hours(value: Item) -> QuietHours:
    start, end = (time.fromisoformat(value[name]["S"]) for name in ("from", "to"))
    return QuietHours(start, end, value["timezone"]["S"])


def settings_value(value: Any) -> dict[str, Any] | None:
    """One field of UserSettings as an attribute. None removes the attribute."""
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
