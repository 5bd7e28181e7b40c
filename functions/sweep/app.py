"""The scheduled tidy-up, and the measure of the pool."""

from typing import Any

from minipush.bootstrap import collaborators
from minipush.usecases.ports import Sweep

RESERVE_MS = 30_000


def handler(_event: dict[str, Any], context: Any) -> dict[str, Any]:
    collaborators().tend_campaigns()
    sweep = collaborators().sweep_expired(lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
    _tell(sweep)
    return {
        "finished": sweep.finished,
        "removed": sweep.removed,
        "permits": sweep.measure.permits,
        "reachable_users": sweep.measure.reachable_users,
    }


def _tell(sweep: Sweep) -> None:
    if sweep.finished:
        collaborators().count(
            {
                "PermitsRemoved": sweep.removed,
                "LivePermits": sweep.measure.permits,
                "ReachableUsers": sweep.measure.reachable_users,
            }
        )
