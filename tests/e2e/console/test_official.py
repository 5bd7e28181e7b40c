"""Campaigns of the official account in the console."""

import pytest
from playwright.sync_api import expect
from support.campaign_client import CampaignClient, unique_id
from support.console import WAIT_MS, Console
from support.looks import look_at
from support.running import MakeRun

pytestmark = pytest.mark.e2e

TEMPLATE = "O-class"


@pytest.fixture(scope="module")
def centre_client(centre_stack: MakeRun) -> CampaignClient:
    client = CampaignClient(centre_stack, centre_stack.control())
    content = "课程：{{thing1.DATA}}\n时间：{{time2.DATA}}"
    client.wechat.register_template(TEMPLATE, content, title="课程提醒", kind="official")
    return client


@pytest.fixture
def console(centre_console: Console) -> Console:
    return centre_console


def write(console: Console, name: str) -> None:
    console.open("#/new")
    page = console.page
    page.get_by_label("Name of the campaign").fill(name)
    page.get_by_label("Template", exact=True).select_option("official")
    page.get_by_role("button", name="Sync with WeChat").click()
    page.get_by_label("Template of the official account").select_option(TEMPLATE)
    for label, text in {"课程": "晚间瑜伽", "时间": "19:30", "Page": "pages/class?id=7"}.items():
        page.get_by_label(label, exact=label == "Page").fill(text)
    page.get_by_label("Named users").check()
    page.get_by_label("openids").fill("anna\nbo")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("row", name="Followers of the official account")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("row", name="Official account’s quota of today")).to_contain_text(" left")


def test_a_campaign_of_the_official_account_is_tried_and_sent(
    console: Console, centre_client: CampaignClient
) -> None:
    name = f"from the console {unique_id()}"
    write(console, name)
    look_at(console, "new-official")
    console.page.get_by_role("button", name="Send now").first.click()
    console.page.get_by_role("dialog").get_by_role("button", name="Send now").click()
    expect(console.page.get_by_role("heading", name=name)).to_be_visible(timeout=WAIT_MS)
    expect(console.page.get_by_role("group", name="As WeChat shows it")).to_contain_text("课程提醒")
    made = centre_client.read(console.page.url.rpartition("/")[2])["message"]
    assert (made["type"], made["template_id"]) == ("official", TEMPLATE)
    assert made["miniprogram"] == {"page": "pages/class?id=7"}
    assert made["data"] == {"thing1": {"value": "晚间瑜伽"}, "time2": {"value": "19:30"}}


def test_a_copy_keeps_where_a_tap_leads(console: Console, centre_client: CampaignClient) -> None:
    message = {
        "type": "official", "template_id": TEMPLATE, "url": "https://a.example/7",
        "miniprogram": {"page": "pages/class", "appid": "wx5e1f0000c0ffee09"},
        "data": {"thing1": {"value": "瑜伽"}, "time2": {"value": "19:30"}},
    }  # fmt: skip
    body = {"name": "original", "message": message, "audience": {"type": "openids", "openids": ["anna"]}}
    assert centre_client.call("POST", "/templates/sync?account=official").ok
    original = centre_client.post("/campaigns", body).json()["id"]
    console.open(f"#/new?copy={original}")
    for label, text in {"Page": "pages/class", "AppID of the mini-program": "wx5e1f0000c0ffee09"}.items():
        expect(console.page.get_by_label(label, exact=True)).to_have_value(text)
    expect(console.page.get_by_label("Web address")).to_have_value("https://a.example/7")
    expect(console.page.get_by_label("课程")).to_have_value("瑜伽")
    assert console.said == []
