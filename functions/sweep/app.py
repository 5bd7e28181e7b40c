"""Removes expired permits and measures the pool on a schedule; reconciles campaigns every minute."""

import logging
from typing import Any

from minipush.container import container

RESERVE_MS = 30_000

logger = logging.getLogger("minipush.sweep")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"only": "campaigns"}` reconciles campaigns and leaves the users alone."""
    container().name_request(context.aws_request_id)
    if event.get("only") == "campaigns":
        return {"campaigns": container().reconcile_campaigns()}
    campaigns = _reconcile_campaigns()
    sweep = container().sweep_expired(lambda: context.get_remaining_time_in_millis() > RESERVE_MS)
    if sweep.finished:
        container().finish_sweep(sweep)
    return {
        "finished": sweep.finished,
        "removed": sweep.removed,
        "permits": sweep.measure.permits,
        "reachable_users": sweep.measure.reachable_users,
        "campaigns": campaigns,
    }


def _reconcile_campaigns() -> int:
    """A failure doesn't stop the sweep: campaigns are reconciled again within a minute."""
    try:
        return container().reconcile_campaigns()
    except Exception:
        logger.exception("campaigns could not be reconciled")
        return 0
