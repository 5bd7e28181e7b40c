"""Creates the campaign that a rule describes, or starts a scheduled one; repeats the sync of the templates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from minipush.container import container

if TYPE_CHECKING:
    from minipush.domain.campaigns import Campaign


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"occurrence": …, "campaign": {…}}` creates a campaign, `{"campaign_id": …, "at": …}` starts one.

    `{"only": "templates"}` repeats the sync of the templates.

    Raises ValueError for any other event, so that Lambda hands it to the failure queue.
    """
    container().name_request(context.aws_request_id)
    if event.get("only") == "templates":
        return _refresh_templates()
    if "campaign_id" in event:
        campaign = container().campaign_lifecycle.start(str(event["campaign_id"]), event.get("at"))
    else:
        campaign = _create(event)
    return {"campaign_id": campaign.id, "status": campaign.status} if campaign else {}


def _refresh_templates() -> dict[str, Any]:
    official = container().refresh_official_templates
    refreshed = {"templates": container().refresh_templates()}
    return refreshed | ({"official_templates": official()} if official else {})


def _create(event: Mapping[str, Any]) -> "Campaign":
    # Starting a campaign needs no pydantic.
    from minipush.domain.deliveries import campaign_id_of_occurrence  # noqa: PLC0415
    from minipush.http.schemas.campaign_requests import parse_fired  # noqa: PLC0415

    fired = parse_fired(event)
    return container().create_campaign(
        fired.plan, campaign_id_of_occurrence(fired.occurrence), fired.text_check
    )
