"""What fires: a rule that describes a campaign, or the time of one that was planned."""

from typing import Any

from minipush.bootstrap import collaborators


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """`{"occurrence": …, "campaign": {…}}` makes a campaign, `{"campaign_id": …}` starts one."""
    campaign = collaborators().fired(event)
    return {"campaign_id": campaign.id, "status": campaign.status} if campaign else {}
