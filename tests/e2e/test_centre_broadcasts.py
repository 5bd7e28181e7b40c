"""A broadcast on a running stack: from the app's request to the inboxes of who has bound it."""

import uuid

import pytest
from support.campaign_client import CampaignClient
from support.command_line import CommandLine
from support.message_centre import MessageCentre
from support.running import MakeRun

pytestmark = pytest.mark.e2e


def test_an_app_reaches_who_has_bound_it(centre_stack: MakeRun) -> None:
    centre, appid = MessageCentre(centre_stack), f"wx{uuid.uuid4().hex[:16]}"
    shop = centre.register(appid, "某某商城")
    users = [centre.user(f"{name}-{appid}") for name in ("anna", "bo")]
    stranger = centre.user(f"cy-{appid}")
    for user in users:
        user.bind(appid)
    message = {"title": "周一休息", "body": "周二见"}
    assert shop.call("POST", "/centre/broadcasts", message | {"dry_run": True}) == {"recipients": 2}
    made = shop.call("POST", "/centre/broadcasts", message)
    with centre_stack.control() as wechat:
        campaign = CampaignClient(centre_stack, wechat).until(made["id"], "completed")
    assert campaign["counts"]["sent"] == 2
    assert campaign["audience"] == {"type": "app", "appid": appid}
    assert "周一休息" not in str(campaign)
    assert [[item["from"]["appid"] for item in user.inbox()] for user in users] == [[appid], [appid]]
    assert stranger.inbox() == []


def test_operators_see_the_dead_letters_of_every_queue(centre_stack: MakeRun) -> None:
    minipush = CommandLine({"MINIPUSH_URL": centre_stack.api_url, "MINIPUSH_KEY": centre_stack.operator_key})
    status = minipush("-o", "json", "status").json
    campaigns, reminders = (
        {"segments", "unstarted_campaigns", "schedules"},
        {"bark", "email", "sms", "wechat"},
    )
    assert status["dead_letters"].keys() == {*campaigns, *reminders, "official"}
    assert "channel" in minipush("doctor").out
