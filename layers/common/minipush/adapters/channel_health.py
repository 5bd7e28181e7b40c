"""The health of a kind of channel as JSON. What is encoded again has the same text, so that texts can be compared.

{"paused": false, "breakers": {"api.day.app": {"slots": {"180000000": [20, 11]}, "open_until": 0, "opened": 0,
"probe_until": 0}}}
"""

import json
from collections.abc import Mapping
from typing import Any

from minipush.domain.centre.breakers import Breaker, ChannelHealth, TryCounts


def encoded(health: ChannelHealth) -> str:
    breakers = {host: _breaker_value(breaker) for host, breaker in health.breakers.items()}
    return json.dumps({"paused": health.is_paused, "breakers": breakers}, separators=(",", ":"))


def decoded(text: str) -> ChannelHealth:
    value = json.loads(text)
    breakers = {host: _read_breaker(breaker) for host, breaker in value["breakers"].items()}
    return ChannelHealth(breakers, value["paused"])


def _breaker_value(breaker: Breaker) -> dict[str, Any]:
    return {
        "slots": {str(slot): [tally.tries, tally.bad] for slot, tally in breaker.slots.items()},
        "open_until": breaker.open_until,
        "opened": breaker.opened,
        "probe_until": breaker.probe_until,
    }


def _read_breaker(value: Mapping[str, Any]) -> Breaker:
    return Breaker(
        slots={int(slot): TryCounts(*tally) for slot, tally in value["slots"].items()},
        open_until=value["open_until"],
        opened=value["opened"],
        probe_until=value["probe_until"],
    )
