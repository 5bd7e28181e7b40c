"""What HTTP calls to providers come to."""

import json
from typing import Any

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import rejected, unknown
from minipush.curl import FORBIDDEN_ADDRESS, CurlAnswer


def without_answer(answer: CurlAnswer, host: str) -> ReminderResult | None:
    """What a failed call means. None if there is an answer."""
    if not answer.code:
        return None
    detail = f"{host}: {answer.error}"
    if answer.code == FORBIDDEN_ADDRESS:
        return rejected(Concerns.ADDRESS, detail)
    return unknown(detail) if answer.was_sent else rejected(Concerns.PROVIDER, detail)


def json_object(body: bytes) -> dict[str, Any]:
    """Empty for anything else."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def without_json(status: int) -> ReminderResult:
    """What an answer means that isn't the provider's own: a proxy's, or another server's.

    Proxies write 503, too, when the server behind them is lost after it has taken the message.
    """
    detail = f"HTTP {status}"
    if status == 429:
        return rejected(Concerns.PROVIDER, detail)
    return rejected(Concerns.ACCOUNT, detail) if 300 <= status < 500 and status != 408 else unknown(detail)
