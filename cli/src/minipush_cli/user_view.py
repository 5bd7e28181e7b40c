"""Users, as people read them."""

from collections.abc import Sequence
from typing import Any

from minipush_cli.advice import advice
from minipush_cli.output import Output
from minipush_cli.texts import instant, number

RECENT = 5

Json = dict[str, Any]


def show_user(output: Output, user: Json) -> None:
    if output.is_json:
        output.json(user)
        return
    output.pairs(_settings(user))
    if user["messages"]:
        output.blank()
        rows = [
            (instant(one["at"]), one["status"], one["permit_kind"], one["campaign_id"] or "direct")
            for one in user["messages"]
        ]
        output.table(["message at", "status", "permit", "campaign"], rows)


def show_timeline(output: Output, events: Sequence[Json]) -> None:
    columns = ("event", "permit_kind", "template_id", "permits", "reason", "errcode", "campaign", "by")
    output.table(
        ["at", *columns], [(instant(one["at"]), *(one.get(name) for name in columns)) for one in events]
    )


def show_recipient(output: Output, recipient: Json, refused_by: str | None = None) -> None:
    """`refused_by`: see `advice`."""
    if output.is_json:
        output.json(recipient)
        return
    names = ("openid", "status", "reason", "errcode", "errmsg", "rid", "msgid", "permit_kind")
    output.pairs(
        [
            *((name, recipient.get(name)) for name in names),
            ("at", instant(recipient.get("at"))),
            ("what to do", advice(recipient, refused_by)),
        ]
    )


def show_reachability(output: Output, user: Json, events: Sequence[Json]) -> None:
    if output.is_json:
        output.json({"user": user, "timeline": events})
        return
    output.pairs([("reachable", reachability(user)), *_settings(user)])
    if events:
        output.blank()
        show_timeline(output, events)


def reachability(user: Json) -> str:
    """In words: by which messages the user can be reached now."""
    if user["opt_out"]:
        return "no: the user opted out; only a direct message marked essential goes out"
    permits = user["permits"]
    ways = [f"subscribe {template} ({count})" for template, count in permits["once"].items()]
    ways += [f"subscribe {template} (long-term)" for template in permits["long"]]
    if permits["form"] + permits["pay"]:
        ways.append(
            f"template messages ({permits['form'] + permits['pay']}), which WeChat has switched off (46101)"
        )
    if user.get("follows"):
        ways.append("messages of the official account")
    if not ways:
        return "no: the user holds no permit; ask them when they want a message"
    return "by " + ", ".join(ways) + (", outside quiet hours" if user.get("quiet_hours") else "")


def _settings(user: Json) -> list[tuple[str, Any]]:
    permits, quiet = user["permits"], user.get("quiet_hours")
    return [
        ("openid", user["openid"]),
        ("formIds", number(permits["form"])),
        ("prepay_id uses", number(permits["pay"])),
        ("accepts", ", ".join(f"{template} {count}" for template, count in permits["once"].items())),
        ("long-term", permits["long"] or None),
        ("next expiry", instant(user["next_expiry"])),
        ("opted out", user["opt_out"]),
        ("quiet hours", f"{quiet['from']} to {quiet['to']} {quiet['timezone']}" if quiet else None),
        ("last seen", instant(user.get("last_seen"))),
        ("tags", user["tags"] or None),
        ("follows the official account", user.get("follows")),
    ]
