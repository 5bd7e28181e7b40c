"""Watching and steering campaigns, against the real stack."""

import csv
import re
from collections import Counter

import pytest
from playwright.sync_api import Request, expect
from support.campaign_client import CampaignClient
from support.console import WAIT_MS, Console, Shown, create

pytestmark = pytest.mark.e2e


@pytest.fixture
def slow(client: CampaignClient, shown: Shown) -> str:
    """The id of a campaign that runs for a while."""
    return create(client, "slow one", {"type": "openids", "openids": shown.openids}, max_per_second=1)


def act(console: Console, step: str) -> None:
    """Press the button, and then the same one in the dialog: by keyboard alone."""
    button = console.page.locator("main").get_by_role("button", name=re.compile(f"^{step}"))
    button.focus()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("dialog").get_by_role("button", name="Go back")).to_be_focused()
    console.page.keyboard.press("Tab")
    console.page.keyboard.press("Enter")


def test_a_campaign_is_paused_resumed_and_cancelled(
    console: Console, client: CampaignClient, slow: str
) -> None:
    console.open(f"#/campaigns/{slow}")
    for step, state, word in (
        ("Pause", "paused", "Paused"),
        ("Resume", "running", "Running"),
        ("Cancel", "cancelled", "Cancelled"),
    ):
        act(console, step)
        expect(console.page.locator("main .state").first).to_contain_text(word, timeout=WAIT_MS)
        assert client.read(slow)["status"] == state
    focused = console.page.evaluate("document.activeElement !== document.body")
    assert focused
    assert console.said == []


def test_the_list_names_the_campaign_in_its_dialog(console: Console, slow: str) -> None:
    console.open("#/campaigns")
    row = console.page.locator(".campaign", has=console.page.locator(f"[data-key='pause:{slow}']"))
    row.get_by_role("button", name="Pause: slow one").click()
    expect(console.page.get_by_role("dialog")).to_contain_text("Pause “slow one”?")
    console.page.get_by_role("button", name="Go back").click()
    expect(console.page.locator(f"[data-key='pause:{slow}']")).to_be_focused()


def test_the_numbers_are_the_apis(console: Console, client: CampaignClient, shown: Shown) -> None:
    counts = client.read(shown.completed)["counts"]
    console.open(f"#/campaigns/{shown.completed}")
    table = console.page.get_by_role("region", name="Results")
    for name in ("sent", "failed", "skipped", "unknown"):
        row = table.get_by_role("row", name=re.compile(f"^{name}", re.IGNORECASE))
        expect(row.get_by_role("cell")).to_have_text(str(counts[name]))
    expect(table.get_by_role("row", name="Sum").get_by_role("cell")).to_have_text("21")
    expect(
        console.page.get_by_role("region", name="Reasons").get_by_role("row", name=re.compile("no_permit"))
    ).to_contain_text("1")


def test_the_report_is_exported_whole(console: Console, client: CampaignClient, shown: Shown) -> None:
    console.open(f"#/campaigns/{shown.completed}")
    with console.page.expect_download() as started:
        console.page.get_by_role("button", name="Export CSV").click()
    rows = list(csv.DictReader(started.value.path().read_text("utf-8-sig").splitlines()))
    assert sorted(row["openid"] for row in rows) == sorted([*shown.openids[:20], "nobody"])
    counts = client.read(shown.completed)["counts"]
    assert Counter(row["status"] for row in rows) == Counter(
        {name: counts[name] for name in ("sent", "failed", "skipped", "unknown")}
    )


def test_the_course_of_a_campaign_is_shown_with_its_numbers(console: Console, shown: Shown) -> None:
    console.open(f"#/campaigns/{shown.completed}")
    course = console.page.locator("figure", has=console.page.get_by_role("heading", name="Course"))
    expect(course.get_by_role("img", name="Course")).to_be_visible()
    course.locator("summary").click()
    rows = [row.split("\t") for row in course.get_by_role("row").all_inner_texts()[1:]]
    assert sum(int(number) for _, *numbers in rows for number in numbers) == 21


def test_progress_never_goes_back_and_is_not_full_while_it_runs(console: Console, slow: str) -> None:
    console.open(f"#/campaigns/{slow}")
    bar = console.page.get_by_role("progressbar")
    seen = []
    for _ in range(6):
        seen.append(float(bar.evaluate("(bar) => bar.value")))
        console.page.wait_for_timeout(700)
    assert seen == sorted(seen)
    assert all(value < 1 for value in seen)


def test_a_user_who_did_not_get_it_is_explained(console: Console, shown: Shown) -> None:
    console.open(f"#/users/{shown.openids[0]}")
    console.page.get_by_label("Campaign").select_option(shown.completed)
    console.page.get_by_role("button", name="Explain").click()
    expect(console.page.get_by_role("status").filter(has_text=shown.openids[0])).to_contain_text("Sent")


def test_tags_are_added_and_removed(console: Console, client: CampaignClient, shown: Shown) -> None:
    openid = shown.openids[7]
    console.open(f"#/users/{openid}")
    console.page.get_by_label("New tag").fill("试用 <b>")
    console.page.get_by_role("button", name="Add").click()
    expect(console.page.get_by_role("button", name="Remove the tag 试用 <b>")).to_be_visible()
    assert client.call("GET", f"/users/{openid}").json()["tags"] == ["试用 <b>"]
    console.page.get_by_role("button", name="Remove the tag 试用 <b>").click()
    expect(console.page.locator(".chip")).to_have_count(0)
    assert client.call("GET", f"/users/{openid}").json()["tags"] == []


def test_targets_are_saved(console: Console, client: CampaignClient) -> None:
    console.open("#/templates")
    console.page.get_by_label("Wanted per user").first.fill("3")
    console.page.get_by_role("button", name="Save targets").click()
    expect(console.page.get_by_text("Saved.")).to_be_visible()
    targets = client.call("GET", "/templates/stock").json()["templates"]
    assert [target["wanted"] for target in targets] == [3]
    console.page.get_by_label("Wanted per user").first.fill("")
    console.page.get_by_role("button", name="Save targets").click()
    expect(console.page.get_by_role("button", name="Save targets")).to_be_enabled()


# ---- when it asks, and when not


def asked(console: Console) -> list[str]:
    """The paths that the page asks for from now on."""
    paths: list[str] = []

    def note(request: Request) -> None:
        paths.append(request.url)

    console.page.on("request", note)
    return paths


def test_it_looks_again_only_while_something_runs(console: Console, shown: Shown, slow: str) -> None:
    console.open(f"#/campaigns/{slow}")
    paths = asked(console)
    console.page.wait_for_timeout(5000)
    assert any(slow in path for path in paths)
    console.open(f"#/campaigns/{shown.completed}")
    paths.clear()
    console.page.wait_for_timeout(4500)
    assert paths == []


def test_it_does_not_ask_from_a_hidden_tab(console: Console, slow: str) -> None:
    console.open(f"#/campaigns/{slow}")
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')) }"
    console.page.evaluate(hide, True)
    console.page.wait_for_timeout(2500)
    paths = asked(console)
    console.page.wait_for_timeout(4500)
    assert paths == []
    console.page.evaluate(hide, False)
    console.page.wait_for_timeout(1500)
    assert paths


def test_a_lost_connection_is_told_and_recovers_by_itself(console: Console, slow: str) -> None:
    console.open(f"#/campaigns/{slow}")
    console.page.context.set_offline(True)
    expect(console.page.locator(".lost")).to_contain_text("Connection lost", timeout=WAIT_MS)
    expect(console.page.locator("h1")).to_have_text("slow one")
    console.page.context.set_offline(False)
    expect(console.page.locator(".lost")).to_be_empty(timeout=WAIT_MS)


def test_a_part_that_fails_leaves_the_rest_of_the_page(console: Console, shown: Shown) -> None:
    problem = {"type": "x#internal-error", "title": "x", "status": 500, "detail": "x"}
    console.page.route("**/events", lambda route: route.fulfill(status=500, json=problem))
    console.open(f"#/campaigns/{shown.completed}")
    expect(console.page.get_by_text("The server failed")).to_be_visible()
    expect(console.page.get_by_role("region", name="Results")).to_be_visible()


def test_the_red_switch_is_on_every_page_and_says_why(
    console: Console, client: CampaignClient, shown: Shown
) -> None:
    page = console.page
    console.open("#/templates")
    page.get_by_role("button", name="Stop sending").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
    expect(dialog.get_by_role("button", name="Stop sending")).to_be_disabled()
    dialog.get_by_label("Why?").fill("wrong <b>template</b>")
    dialog.get_by_role("button", name="Stop sending").click()
    try:
        off = page.get_by_role("region", name="All sending is stopped")
        expect(off).to_contain_text("wrong <b>template</b>", timeout=WAIT_MS)
        assert client.call("GET", "/sending").json()["enabled"] is False
        console.open(f"#/campaigns/{shown.completed}")
        expect(off).to_be_visible()
        assert console.violations() == []
        page.get_by_role("button", name="Resume sending").click()
        dialog.get_by_role("button", name="Resume sending").click()
        expect(off).to_have_count(0, timeout=WAIT_MS)
        assert client.call("GET", "/sending").json()["enabled"] is True
    finally:
        client.call("PUT", "/sending", {"enabled": True})
