"""Campaigns and estimates, as people read them."""

from collections.abc import Iterable
from typing import Any

from minipush_cli.advice import advice
from minipush_cli.output import Output
from minipush_cli.texts import instant, number, one_line

STATUSES = ("scheduled", "running", "paused", "completed", "cancelled", "failed")
COUNTS = ("sent", "failed", "skipped", "unknown")

Json = dict[str, Any]


def list_campaigns(output: Output, campaigns: Iterable[Json]) -> None:
    rows = [
        (
            one["id"],
            one["name"],
            status(one),
            *(number(one["counts"][name]) for name in COUNTS),
            instant(one["created_at"]),
        )
        for one in campaigns
    ]
    output.table(["id", "name", "status", *(f"#{name}" for name in COUNTS), "created"], rows)


def show_campaign(output: Output, campaign: Json) -> None:
    if output.is_json:
        output.json(campaign)
        return
    message, schedule = campaign["message"], campaign.get("schedule")
    output.pairs(
        [
            ("id", campaign["id"]),
            ("name", campaign["name"]),
            ("status", status(campaign)),
            ("what to do", why(campaign)),
            ("message", f"{message['type']} {message['template_id']}".rstrip()),
            *((f"  {name}", value["value"]) for name, value in message["data"].items()),
            ("page", message.get("page") or message.get("miniprogram", {}).get("page")),
            ("mini-program", message.get("miniprogram", {}).get("appid")),
            ("url", message.get("url")),
            ("audience", audience(campaign["audience"])),
            ("schedule", instant(schedule["at"]) if schedule else None),
            ("at most per second", campaign.get("max_per_second")),
            ("created", instant(campaign["created_at"])),
            ("started", instant(campaign["started_at"])),
            ("finished", instant(campaign["finished_at"])),
            ("progress", progress_text(campaign)),
            ("counts", counts_text(campaign)),
            ("reasons", by_reason(campaign["counts"]["by_reason"])),
            ("warnings", campaign.get("warnings") or None),
        ]
    )


def show_estimate(output: Output, estimate: Json) -> None:
    if output.is_json:
        output.json(estimate)
        return
    about = "about " if estimate["estimated"] else ""
    output.pairs(
        [
            ("recipients", about + number(estimate["recipients"])),
            *((name, number(estimate[name])) for name in ("followers", "unmapped") if name in estimate),
            *([("quota of today", _left_of(estimate["quota"]))] if "quota" in estimate else []),
            ("left out", by_reason(estimate["left_out"])),
            ("reachable now", about + number(estimate["reachable_now"])),
            ("permits", about + number(estimate["permits"])),
            ("expire before", number(estimate["permits_gone"])),
            ("takes", f"{estimate['seconds']:,.0f} s"),
            ("costs", f"{estimate['cost_usd']:.2f} USD"),
            ("warnings", estimate.get("warnings") or None),
        ]
    )


def _left_of(quota: Json) -> str:
    return f"{number(quota['remain'])} of {number(quota['daily_limit'])} left"


def status(campaign: Json) -> str:
    return (
        f"{campaign['status']} ({campaign['reason']})" if campaign.get("reason") else str(campaign["status"])
    )


def why(campaign: Json) -> str:
    """What WeChat said when the campaign stopped by itself, and what to do."""
    if not campaign.get("reason"):
        return ""
    errcode = f"errcode {campaign['errcode']}" if campaign.get("errcode") else ""
    return ". ".join(part for part in (errcode, campaign.get("errmsg"), advice(campaign)) if part)


def audience(given: Json) -> str:
    """Such as `tag vip`."""
    kind = given["type"]
    if kind == "openids":
        return f"{number(given.get('count') or len(given['openids']))} openids"
    if kind == "tag":
        return f"tag {given['tag']}"
    if kind == "app":
        return f"all who have bound {given['appid']}"
    if kind == "expiring":
        return f"last permit expires within {given['within_hours']} hours"
    return "all permit holders"


def progress_text(campaign: Json) -> str:
    progress = campaign["progress"]
    if progress.get("expected") is None:
        return f"{progress['segments_done']} of {progress['segments']} parts"
    text = f"{number(progress['seen'])} of {'about ' if progress.get('estimated') else ''}{number(progress['expected'])}"
    if campaign["status"] == "running" and progress.get("per_second"):
        text += f", {number(progress['per_second'])} per second"
    return text + (f", until {instant(progress['eta'])}" if progress.get("eta") else "")


def counts_text(campaign: Json) -> str:
    return ", ".join(f"{name} {number(campaign['counts'][name])}" for name in COUNTS)


def by_reason(counts: dict[str, int]) -> str:
    return ", ".join(f"{one_line(reason)} {number(count)}" for reason, count in counts.items())
