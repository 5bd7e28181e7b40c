"""What the functions logged lately."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from minipush.wechat.token_calls import ADDRESS_REFUSED, address_in
from minipush_cli.doctor.check import Check, failed, passed, warned
from minipush_cli.errors import CommandError
from minipush_cli.texts import number
from operate.doctor.examined import Examined

HOUR, DAY = 3600.0, 86_400.0
CALLERS = (
    "Push",
    "CampaignWorker",
    "Collect",
    "CampaignSchedule",
    "Centre",
    "OfficialWorker",
    "WeChatReminder",
)
"""Functions that call WeChat."""
NOT_ALLOWED = f'"{ADDRESS_REFUSED}"'
REFUSED = '"a push was refused"'
# WeChat tries each push three times. A stranger's request without its parameters is no push.
TRIES = 3
NO_PUSH = "the timestamp is not a number"
COMPARE = (
    "compare the token and the EncodingAESKey with WeChat's console: docs/operations.md, WeChat's callback"
)
CALLBACKS = ("WeChatCallback", "OfficialCallback")


def check_address(on: Examined) -> Iterator[Check]:
    """40164: WeChat names the address that it does not know."""
    addresses = Counter[str]()
    for function in CALLERS:
        for line in _lines(on, function, NOT_ALLOWED, HOUR):
            addresses[address_in(str(_fields(line).get("errmsg", line))) or ""] += 1
    if not addresses:
        yield passed("address", "WeChat refused none in the last hour")
    for address, count in addresses.items():
        named = f"the address {address}" if address else "the functions' address"
        yield failed(
            "address",
            f"WeChat does not allow calls from {named} ({ADDRESS_REFUSED}), {number(count)} times in the last hour",
            f"add {named} to the IP allow-list (IP 白名单) in WeChat's console",
        )


def check_refused_pushes(on: Examined) -> Iterator[Check]:
    """Strangers can send anything. If WeChat's own pushes are refused, none is accepted beside them."""
    checks = [check for function in CALLBACKS for check in _refusals(on, function)]
    yield from checks or [passed("pushes", "none was refused in a day")]


def _refusals(on: Examined, function: str) -> Iterator[Check]:
    reasons = Counter(_reason(line) for line in _lines(on, function, REFUSED, DAY))
    del reasons[NO_PUSH]
    count = reasons.total()
    if not count:
        return
    found = f"{function} refused {number(count)} pushes in a day: {reasons.most_common(1)[0][0]}"
    accepted = sum(
        1 for line in _lines(on, function, '"answered"', DAY) if _fields(line).get("status") == 200
    )
    if accepted or count < TRIES:
        look = f"make logs FUNCTION={function} SINCE=1d"
        yield warned("pushes", f"{found}; it accepted {number(accepted)}", look)
    else:
        yield failed("pushes", f"{found}, and accepted none", COMPARE)


def _lines(on: Examined, function: str, pattern: str, seconds: float) -> Iterator[str]:
    """None of a function that this stack does not have."""
    try:
        yield from on.logged(function, pattern, seconds)
    except CommandError:
        return


def _fields(line: str) -> dict[str, Any]:
    try:
        fields = json.loads(line)
    except ValueError:
        return {}
    return fields if isinstance(fields, dict) else {}


def _reason(line: str) -> str:
    message = str(_fields(line).get("message", line))
    return message.partition("a push was refused: ")[2] or message
