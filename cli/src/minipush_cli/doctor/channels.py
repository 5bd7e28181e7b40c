"""The ways to remind users of the message centre, as GET /centre/channels shows them."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from minipush_cli.api import Api, refused
from minipush_cli.doctor.check import Check, failed, passed, warned
from minipush_cli.texts import ago, listed, number, plain, seconds_since

Json = dict[str, Any]
DAY = 86_400


def check_channels(api: Api) -> Iterator[Check]:
    """Nothing where the message centre is off."""
    answer = api.ask("GET", "/centre/channels")
    if answer.status == HTTPStatus.NOT_FOUND:
        return
    if answer.status >= HTTPStatus.BAD_REQUEST:
        yield failed(
            "channels",
            f"cannot be read: {refused(answer)}",
            "minipush doctor, again in a minute; then the log",
        )
        return
    ill = [check for one in answer.body["items"] for check in _channel(one)]
    yield from ill or [passed("channels", "none is paused, refused or without its provider")]


def _channel(one: Json) -> Iterator[Check]:
    kind, name = one["kind"], f"channel {one['kind']}"
    if one["paused"]:
        yield warned(name, f"paused; {_waiting(one)}", f"minipush channels resume {kind}, when it is safe")
    elif one["breaker"] == "open":
        yield failed(
            name,
            f"{listed(one['open_hosts'])} does not answer; {_waiting(one)}",
            "look at the provider's status; the breaker closes by itself: docs/runbook.md, ReminderChannelAlarm",
        )
    elif _is_new(one.get("last_refusal")):
        last = one["last_refusal"]
        yield warned(
            name,
            f"the provider refused the account {ago(seconds_since(last['at']))} ago: {plain(last['detail'])}",
            "mend it with the provider, unless that is done: docs/runbook.md, ReminderAccountAlarm",
        )


def _is_new(last: Json | None) -> bool:
    return last is not None and seconds_since(last["at"]) < DAY


def _waiting(one: Json) -> str:
    return f"{number(one['queued'] + one['delayed'])} reminders wait"
