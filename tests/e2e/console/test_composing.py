"""Writing a campaign: try it, then send exactly that, once."""

from typing import Any

import pytest
from playwright.sync_api import Route, expect
from support.campaign_client import CampaignClient, unique_id
from support.console import TEMPLATE, WAIT_MS, Console, Shown, create

pytestmark = pytest.mark.e2e


@pytest.fixture
def name(shown: Shown) -> str:
    return f"from the console {unique_id()}"


def write(console: Console, name: str, openids: list[str]) -> None:
    page = console.page
    console.open("#/new")
    page.get_by_label("Name of the campaign").fill(name)
    page.get_by_label("Template", exact=True).select_option(TEMPLATE)
    for label, value in (("课程", "晚间瑜伽"), ("时间", "19:30"), ("教练", "王老师")):
        page.get_by_label(label).fill(value)
    page.get_by_label("Named users").check()
    page.get_by_label("openids").fill("\n".join(openids))


def try_out(console: Console) -> None:
    console.page.get_by_role("button", name="Dry run").click()
    expect(console.page.get_by_text("Would get the message")).to_be_visible(timeout=WAIT_MS)


def confirm(console: Console) -> None:
    console.page.get_by_role("button", name="Send now").first.click()
    console.page.get_by_role("dialog").get_by_role("button", name="Send now").dblclick()


def made(client: CampaignClient, name: str) -> list[dict[str, Any]]:
    items = client.call("GET", "/campaigns?limit=100").json()["items"]
    return [campaign for campaign in items if campaign["name"] == name]


def test_what_was_tried_is_sent_once_however_often_one_clicks(
    console: Console, client: CampaignClient, shown: Shown, name: str
) -> None:
    write(console, name, shown.openids[40:42])
    try_out(console)
    confirm(console)
    expect(console.page.get_by_role("heading", name=name)).to_be_visible(timeout=WAIT_MS)
    [campaign] = made(client, name)
    assert campaign["message"]["data"]["thing1"] == {"value": "晚间瑜伽"}
    assert campaign["audience"]["openids"] == shown.openids[40:42]
    assert console.said == []


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Name of the campaign", "x"),
        ("课程", "早课"),
        ("openids", "someone"),
        ("Page", "pages/a"),
        ("Rate limit (per second)", "9"),
    ],
)
def test_any_change_after_the_dry_run_revokes_it(
    console: Console, shown: Shown, name: str, label: str, value: str
) -> None:
    write(console, name, shown.openids[:1])
    send = console.page.get_by_role("button", name="Send now")
    expect(send).to_be_disabled()
    try_out(console)
    expect(send).to_be_enabled()
    console.page.get_by_label(label).fill(value)
    expect(send).to_be_disabled()
    expect(console.page.get_by_text("You changed something")).to_be_visible()


def test_a_reload_keeps_what_was_typed(console: Console, name: str) -> None:
    write(console, name, ["a", "b"])
    console.page.reload()
    expect(console.page.get_by_label("Name of the campaign")).to_have_value(name, timeout=WAIT_MS)
    expect(console.page.get_by_label("课程")).to_have_value("晚间瑜伽")
    expect(console.page.get_by_label("openids")).to_have_value("a\nb")


def test_a_lost_answer_and_a_reload_make_one_campaign(
    console: Console, client: CampaignClient, shown: Shown, name: str
) -> None:
    write(console, name, shown.openids[43:45])
    try_out(console)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    console.page.route("**/campaigns", lose)
    confirm(console)
    expect(console.page.get_by_text("The last attempt got no answer")).to_be_visible(timeout=WAIT_MS)
    console.page.unroute("**/campaigns")
    console.page.reload()
    try_out(console)
    confirm(console)
    expect(console.page.get_by_role("heading", name=name)).to_be_visible(timeout=WAIT_MS)
    assert len(made(client, name)) == 1


def test_more_than_ten_thousand_must_be_typed(console: Console, shown: Shown, name: str) -> None:
    """The answer to the dry run is made up: a deployment of that size takes too long to fill."""
    write(console, name, shown.openids[:1])
    many = {
        "recipients": 12_345_678,
        "permits": 12_345_678,
        "left_out": {},
        "seconds": 5000,
        "cost_usd": 30.5,
        "estimated": False,
    }
    console.page.route("**/campaigns", lambda route: route.fulfill(json=many))
    try_out(console)
    expect(console.page.get_by_text("12,345,678").first).to_be_visible()
    console.page.get_by_role("button", name="Send now").click()
    button = console.page.get_by_role("dialog").get_by_role("button", name="Send now")
    expect(button).to_be_disabled()
    box = console.page.get_by_label("Type 12,345,678 to confirm")
    box.fill("12345")
    expect(button).to_be_disabled()
    box.fill("12,345,678")
    expect(button).to_be_enabled()


def test_a_value_against_the_rules_is_told_at_its_field(console: Console, name: str) -> None:
    write(console, name, ["a"])
    console.page.get_by_label("时间").fill("half past")
    console.page.get_by_role("button", name="Dry run").click()
    expect(console.page.get_by_label("时间")).to_have_attribute("aria-invalid", "true", timeout=WAIT_MS)
    expect(console.page.get_by_text("Against WeChat’s rules")).to_be_visible()
    console.page.get_by_label("课程").fill("很" * 23)
    expect(console.page.get_by_text("3 too many")).to_be_visible()


def test_a_scheduled_campaign_is_changed_after_a_dry_run(
    console: Console, client: CampaignClient, shown: Shown, name: str
) -> None:
    audience = {"type": "openids", "openids": shown.openids[:2]}
    id_ = create(client, "before", audience, schedule={"at": "2027-06-01T12:00:00Z"})
    console.open(f"#/campaigns/{id_}/edit")
    console.page.get_by_label("Name of the campaign").fill(name)
    try_out(console)
    console.page.get_by_role("button", name="Save changes").click()
    console.page.get_by_role("dialog").get_by_role("button", name="Save changes").click()
    expect(console.page.get_by_role("heading", name=name)).to_be_visible(timeout=WAIT_MS)
    campaign = client.read(id_)
    assert (campaign["name"], campaign["status"]) == (name, "scheduled")
    assert campaign["audience"] == audience
    client.call("POST", f"/campaigns/{id_}/cancel")


def test_a_copy_starts_with_the_message_of_the_first(console: Console, shown: Shown) -> None:
    console.open(f"#/new?copy={shown.completed}")
    expect(console.page.get_by_label("Name of the campaign")).to_have_value("周末公开课")
    expect(console.page.get_by_label("教练")).to_have_value("王老师")
    expect(console.page.get_by_role("button", name="Send now")).to_be_disabled()
