"""The deployment, as GET /status shows it."""

from collections.abc import Callable, Iterator
from typing import Any

from minipush_cli.advice import ERRCODES, advice
from minipush_cli.api import Api
from minipush_cli.doctor.check import Check, failed, passed, warned
from minipush_cli.texts import ago, instant, number, seconds_since

Json = dict[str, Any]

SWEEP_SECONDS = 3 * 3600.0
SYNC_SECONDS = 3 * 3600.0
RECENT_SECONDS = 7 * 86_400.0
SHOWN = 5
# Campaigns that pause for one of these go on by themselves.
REMINDERS = frozenset({"bark", "email", "sms", "wechat"})
GO_ON = frozenset({"quota", "sending_off"})


def check_deployment(api: Api) -> Iterator[Check]:
    status = api.get("/status")
    unavailable = status["unavailable"]
    for part, check in CHECKS.items():
        if part in unavailable:
            yield failed(
                NAMES[part],
                f"cannot be read: {unavailable[part]}",
                "minipush doctor, again in a minute; then the log",
            )
        else:
            yield from check(status[part])
    yield from _failed_campaigns(api.get("/campaigns", {"status": "failed", "limit": SHOWN})["items"])


def status_rows(status: Json) -> list[tuple[str, Any]]:
    token, sending, sweep = status["token"] or {}, status["sending"], status["sweep"]
    return [
        ("version", status["version"]),
        ("sending", _sending_text(sending) if sending else None),
        ("last sweep", instant(sweep["at"]) if sweep else "never"),
        ("access_token", token.get("kind")),
        ("WeChat's error", (token.get("last_error") or {}).get("what")),
        ("callback", instant(status["callback_at"]) or "never"),
        ("templates synced", instant(status["templates_synced_at"]) or "never"),
        ("dead letters", number(sum((status["dead_letters"] or {}).values()))),
        ("paused by itself", [one["id"] for one in status["paused_campaigns"] or []] or None),
        ("cannot be read", [*status["unavailable"]] or None),
    ]


def _sending_text(sending: Json) -> str:
    return "on" if sending["enabled"] else f"off: {sending.get('reason') or 'no reason given'}"


def _sending(sending: Json | None) -> Iterator[Check]:
    if sending is None or sending["enabled"]:
        yield passed("sending", "on")
    else:
        yield failed("sending", _sending_text(sending), "minipush go, when it is safe")


def _token(token: Json | None) -> Iterator[Check]:
    error = (token or {}).get("last_error")
    if not error:
        yield passed("WeChat", "gives an access_token")
        return
    advised = ERRCODES.get(
        error["errcode"] or 0, "look up the errcode in docs/wechat-errors.md; is the AppSecret stored?"
    )
    if error.get("address"):
        advised = f"add {error['address']} to the IP allow-list (IP 白名单) in WeChat's console"
    yield failed("WeChat", error["what"], advised)


def _sweep(sweep: Json | None) -> Iterator[Check]:
    seconds = seconds_since(sweep["at"]) if sweep else None
    if seconds is None:
        yield failed("sweep", "never ran", "read its errors: make logs FUNCTION=Sweep SINCE=1d LEVEL=ERROR")
    elif seconds > SWEEP_SECONDS:
        yield failed("sweep", f"last ran {ago(seconds)} ago", "the alarm and the log of SweepFunction")
    else:
        yield passed("sweep", f"{ago(seconds)} ago")


def _callback(at: str | None) -> Iterator[Check]:
    if at:
        yield passed("callback", f"last called {ago(seconds_since(at))} ago")
    else:
        yield warned(
            "callback",
            "silent: WeChat has never called",
            "set up the message push: docs/operations.md, WeChat's callback",
        )


def _templates(at: str | None) -> Iterator[Check]:
    if at and seconds_since(at) <= SYNC_SECONDS:
        yield passed("templates", f"synced {ago(seconds_since(at))} ago")
    else:
        yield warned(
            "templates",
            f"synced {ago(seconds_since(at))} ago" if at else "never synced",
            "minipush templates sync",
        )


def _dead_letters(queues: dict[str, int] | None) -> Iterator[Check]:
    full = {name: count for name, count in (queues or {}).items() if count}
    if full:
        found = ", ".join(f"{name} {number(count)}" for name, count in full.items())
        of_reminders = ", Dead letters of reminders" if REMINDERS.intersection(full) else ""
        yield failed(
            "dead letters",
            found,
            f"docs/operations.md, Dead letters{of_reminders}: read them, then redrive them",
        )
    else:
        yield passed("dead letters", "none")


def _paused(campaigns: list[Json] | None) -> Iterator[Check]:
    for one in (campaigns or [])[:SHOWN]:
        advised = advice({"status": "paused", **one})
        if one.get("reason") not in GO_ON:
            advised += f" Then: minipush campaigns resume {one['id']}"
        yield failed("campaigns", _stopped(one, "paused"), advised)
    if not campaigns:
        yield passed("campaigns", "none paused by itself")


def _failed_campaigns(campaigns: list[Json]) -> Iterator[Check]:
    """46101, for example, fails a campaign for good."""
    for one in campaigns:
        if one.get("errcode") and seconds_since(one["finished_at"] or one["created_at"]) < RECENT_SECONDS:
            yield failed("campaigns", _stopped(one, "failed"), advice({"status": "failed", **one}))


def _stopped(campaign: Json, how: str) -> str:
    errcode = f" ({campaign['errcode']})" if campaign.get("errcode") else ""
    return f"{campaign['name']} {how}: {campaign['reason']}{errcode}"


# By the names of GET /status.
CHECKS: dict[str, Callable[[Any], Iterator[Check]]] = {
    "sending": _sending,
    "token": _token,
    "sweep": _sweep,
    "callback_at": _callback,
    "templates_synced_at": _templates,
    "dead_letters": _dead_letters,
    "paused_campaigns": _paused,
}
NAMES = {
    "sending": "sending",
    "token": "WeChat",
    "sweep": "sweep",
    "callback_at": "callback",
    "templates_synced_at": "templates",
    "dead_letters": "dead letters",
    "paused_campaigns": "campaigns",
}
