"""The function that creates the campaign of an EventBridge rule, or starts a scheduled campaign."""

from typing import Any

from minipush.bootstrap import collaborators


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`{"occurrence": …, "campaign": {…}}` creates a campaign, `{"campaign_id": …}` starts one."""
    campaign = collaborators().fired(event)
    return {"campaign_id": campaign.id, "status": campaign.status} if campaign else {}
