"""The scheduled tidy-up and the measure of the pool; every minute a look at the campaigns."""

import logging
from typing import Any

from minipush.application.ports.sweeps import Sweep
from minipush.bootstrap import collaborators

RESERVE_MS = 30_000

logger = logging.getLogger("minipush.sweep")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"only": "campaigns"}` leaves the users alone."""
    if event.get("only") == "campaigns":
        return {"campaigns": collaborators().reconcile_campaigns()}
    campaigns = _tend_campaigns()
    sweep = collaborators().sweep_expired(lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
    _tell(sweep)
    return {
        "finished": sweep.finished,
        "removed": sweep.removed,
        "permits": sweep.measure.permits,
        "reachable_users": sweep.measure.reachable_users,
        "campaigns": campaigns,
    }


def _tend_campaigns() -> int:
    """The tidy-up goes on, whatever is the matter with campaigns: they are looked at again in a minute."""
    try:
        return collaborators().reconcile_campaigns()
    except Exception:
        logger.exception("campaigns could not be tended")
        return 0


def _tell(sweep: Sweep) -> None:
    if sweep.finished:
        collaborators().count(
            {
                "PermitsRemoved": sweep.removed,
                "LivePermits": sweep.measure.permits,
                "ReachableUsers": sweep.measure.reachable_users,
            }
        )
