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
PAUSED_SHOWN = 5


def check_deployment(api: Api) -> Iterator[Check]:
    status = api.get("/status")
    for check in CHECKS:
        yield check(status)
    yield from _paused(status)


def status_rows(status: Json) -> list[tuple[str, Any]]:
    token, sending = status["token"], status["sending"]
    return [
        ("version", status["version"]),
        ("sending", "on" if sending["enabled"] else f"off: {sending.get('reason') or 'no reason given'}"),
        ("last sweep", instant(status["last_sweep"]) or "never"),
        ("access_token", token.get("kind") or "none yet"),
        ("WeChat's last error", _error(token)),
        ("callback", instant(status["callback_last_heard"]) or "never"),
        ("templates synced", instant(status["templates_synced_at"]) or "never"),
        ("dead letters", number(status["dead_letters"])),
        ("paused by itself", [one["id"] for one in status["paused_campaigns"]] or None),
    ]


def _sending(status: Json) -> Check:
    sending = status["sending"]
    if sending["enabled"]:
        return passed("sending", "on")
    return failed(
        "sending", f"off: {sending.get('reason') or 'no reason given'}", "minipush go, when it is safe"
    )


def _token(status: Json) -> Check:
    token = status["token"]
    error = token.get("error")
    if not error:
        return passed("WeChat", f"access_token: {token.get('kind') or 'none was needed yet'}")
    errcode = error.get("errcode")
    if errcode == 40164:
        address = error.get("address") or "the address in the message"
        return failed(
            "WeChat", _error(token), f"add {address} to the IP allow-list (IP 白名单) in WeChat's console"
        )
    return failed(
        "WeChat", _error(token), ERRCODES.get(errcode or 0, "look up the errcode in docs/wechat-errors.md")
    )


def _error(token: Json) -> str:
    error = token.get("error") or {}
    return " ".join(str(error[name]) for name in ("errcode", "errmsg") if error.get(name))


def _sweep(status: Json) -> Check:
    at = status["last_sweep"]
    if not at:
        return failed(
            "sweep", "never ran", "make invoke FUNCTION=SweepFunction; look at its alarm and its log"
        )
    if seconds_since(at) > SWEEP_SECONDS:
        return failed(
            "sweep",
            f"last ran {ago(seconds_since(at))} ago",
            "look at the alarm and the log of SweepFunction",
        )
    return passed("sweep", f"{ago(seconds_since(at))} ago")


def _callback(status: Json) -> Check:
    at = status["callback_last_heard"]
    if at:
        return passed("callback", f"last event {ago(seconds_since(at))} ago")
    return warned(
        "callback",
        "WeChat has not called yet",
        "set up the message push: docs/operations.md, WeChat's callback",
    )


def _templates(status: Json) -> Check:
    at = status["templates_synced_at"]
    if not at:
        return warned("templates", "never synced", "minipush templates sync")
    if seconds_since(at) > SYNC_SECONDS:
        return warned("templates", f"synced {ago(seconds_since(at))} ago", "minipush templates sync")
    return passed("templates", f"synced {ago(seconds_since(at))} ago")


def _dead_letters(status: Json) -> Check:
    count = status["dead_letters"]
    if not count:
        return passed("dead letters", "none")
    return failed(
        "dead letters",
        f"{number(count)} messages",
        "docs/operations.md, Dead letters: read them, then redrive them",
    )


def _paused(status: Json) -> Iterator[Check]:
    campaigns = status["paused_campaigns"]
    if not campaigns:
        yield passed("campaigns", "none paused by itself")
    for one in campaigns[:PAUSED_SHOWN]:
        found = (
            f"{one.get('name') or one['id']} paused: {one.get('reason')} {one.get('errcode') or ''}".strip()
        )
        yield failed(
            "campaigns",
            found,
            f"{advice({'status': 'paused', **one})} Then: minipush campaigns resume {one['id']}",
        )


CHECKS: tuple[Callable[[Json], Check], ...] = (_sending, _token, _sweep, _callback, _templates, _dead_letters)
