"""The lists of the message centre that go on: of what waits for a decision, and of apps."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect
from support.console import WAIT_MS, Console
from support.message_centre import MessageCentre

pytestmark = pytest.mark.e2e


@pytest.fixture
def console(centre_console: Console) -> Console:
    return centre_console


def two_a_page(route: Route) -> None:
    route.continue_(url=re.sub(r"limit=\d+", "limit=2", route.request.url))


def load_all(console: Console, name: str) -> None:
    more = console.page.get_by_role("button", name=re.compile(f"Load more: {name}", re.IGNORECASE))
    while more.count():
        more.click()
        expect(more.and_(console.page.locator("[aria-disabled]"))).to_have_count(0)


def about(console: Console, appid: str) -> Locator:
    return console.page.locator(".campaign", has_text=appid)


def look_again(console: Console) -> None:
    """As a tab does that is shown again. Returns when what was asked for is there."""
    with console.page.expect_response("**/centre/complaints?**"):
        console.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    console.page.wait_for_load_state("networkidle")


def test_lists_go_on(console: Console, centre: MessageCentre) -> None:
    appids = sorted(centre.complained_about("annoying") for _ in range(3))
    for name in ("apps", "complaints"):
        console.page.route(f"**/centre/{name}?**", two_a_page)
    console.open("#/centre")
    for name in ("apps", "complaints"):
        load_all(console, name)
    for appid in appids:
        expect(about(console, appid)).to_have_count(1)
        expect(console.page.get_by_role("row", name=appid)).to_have_count(1)
    console.page.get_by_label("Open an app").fill(appids[0])
    console.page.get_by_role("button", name="Open", exact=True).click()
    expect(console.page.locator("dl").first).to_contain_text(appids[0], timeout=WAIT_MS)


@pytest.mark.parametrize("place", [0, 3])
def test_after_a_decision_the_list_stays_and_the_reader_is_where_the_case_was(
    console: Console, centre: MessageCentre, place: int
) -> None:
    """The newest are first; two are on the first page."""
    appids = [centre.complained_about("annoying") for _ in range(5)][::-1]
    console.page.route("**/centre/complaints?**", two_a_page)
    console.open("#/centre")
    load_all(console, "complaints")
    waiting = console.page.locator(".campaign").count()
    console.decide(f"Reject: {appids[place]}", "no reason")
    expect(about(console, appids[place])).to_have_count(0, timeout=WAIT_MS)
    console.page.wait_for_load_state("networkidle")
    expect(console.page.locator(".campaign")).to_have_count(waiting - 1)
    expect(console.page.get_by_role("link", name=appids[place + 1])).to_be_focused()
    expect(about(console, appids[place + 1])).to_be_in_viewport()


def test_a_list_that_was_loaded_further_is_whole_when_a_case_comes(
    console: Console, centre: MessageCentre
) -> None:
    """What comes moves one case from the first page to the next."""
    old = [centre.complained_about("annoying") for _ in range(4)]
    console.page.route("**/centre/complaints?**", two_a_page)
    console.open("#/centre")
    load_all(console, "complaints")
    new = centre.complained_about("annoying")
    look_again(console)
    for appid in (new, *old):
        expect(about(console, appid)).to_have_count(1, timeout=WAIT_MS)


def test_an_app_is_found_by_its_name_among_those_that_are_loaded(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    page = console.page
    centre.change(appid, {"name": f"Book shop {appid}"})
    page.route("**/centre/apps?**", two_a_page)
    console.open("#/centre")
    page.get_by_label("Name contains").fill(f"BOOK SHOP {appid}")
    expect(page.get_by_text("2 apps that are loaded, not among all")).to_be_visible()
    load_all(console, "apps")
    expect(page.get_by_text("Looks among all apps")).to_be_visible()
    rows = page.get_by_role("region", name="Apps").locator("tbody").get_by_role("row")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(appid)
    page.get_by_label("Name contains").fill("no app is called so")
    expect(page.get_by_text("None of them has such a name.")).to_be_visible()
