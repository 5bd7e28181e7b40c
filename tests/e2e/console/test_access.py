"""Signing in and out, and what a page of the console can't do."""

import json
import re

import pytest
from playwright.sync_api import Route, expect
from support.console import MARKUP, WAIT_MS, Console, Shown

pytestmark = pytest.mark.e2e

FIRST_LOAD = 25_000


def test_one_signs_in_and_out_by_keyboard_alone(stranger: Console) -> None:
    page = stranger.page
    page.goto(stranger.url)
    page.get_by_label("Operator key").focus()
    page.keyboard.insert_text(stranger.key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible(timeout=WAIT_MS)
    stranger.open("#/access")
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Operator key")).to_be_visible()
    assert page.context.cookies() == []


def test_a_wrong_key_is_told_and_leaves_nothing_behind(stranger: Console) -> None:
    stranger.page.goto(stranger.url)
    stranger.page.get_by_label("Operator key").fill("mp_wrong")
    stranger.page.get_by_role("button", name="Sign in").click()
    expect(stranger.page.get_by_role("alert")).to_contain_text("unknown")
    assert stranger.page.context.cookies() == []
    assert "mp_wrong" not in stranger.page.evaluate(
        "JSON.stringify([localStorage, sessionStorage, location.href])"
    )


def test_no_script_can_read_the_session(console: Console) -> None:
    [cookie] = console.page.context.cookies()
    assert cookie["name"] == "__Host-minipush"
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (
        True,
        True,
        "Strict",
        "/",
    )
    reachable = console.page.evaluate(
        "JSON.stringify([document.cookie, localStorage, sessionStorage, location.href])"
    )
    assert cookie["value"] not in reachable
    assert console.key not in reachable


def test_what_comes_from_the_api_is_shown_as_text(console: Console, shown: Shown) -> None:
    for place in ("#/campaigns", f"#/campaigns/{shown.scheduled}"):
        console.open(place)
        expect(console.page.get_by_text(MARKUP).first).to_be_visible()
        assert console.page.locator("img[src=x]").count() == 0
    assert console.said == []


def test_injected_scripts_and_foreign_addresses_are_refused(console: Console) -> None:
    script = "() => { const s = document.createElement('script'); try { s.text = 'window.run = 1'; document.body.append(s) } catch (e) { return String(e) } }"
    assert "TrustedScript" in console.page.evaluate(script)
    assert console.page.evaluate("window.run") is None
    image = """() => new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), { once: true })
        new Image().src = 'https://example.com/leak.png'
    })"""
    assert console.page.evaluate(image) == "img-src"


def test_a_start_is_small_and_asks_no_other_origin(stranger: Console) -> None:
    sizes: dict[str, int] = {}
    stranger.page.on(
        "response", lambda answer: sizes.update({answer.url: int(answer.headers.get("content-length", 0))})
    )
    stranger.sign_in()
    stranger.wait()
    files = {url: size for url, size in sizes.items() if "/console/" in url and not url.endswith("/session")}
    assert all(url.startswith(stranger.url.removesuffix("console/")) for url in sizes)
    assert sum(files.values()) <= FIRST_LOAD, files
    assert stranger.said == []


def test_a_session_that_ended_is_told_and_nothing_typed_is_lost(console: Console) -> None:
    console.open("#/new")
    console.page.get_by_label("Name of the campaign").fill("half written")
    problem = {"type": "x#unauthorized", "title": "x", "status": 401, "detail": "x"}

    def end(route: Route) -> None:
        route.fulfill(status=401, content_type="application/problem+json", body=json.dumps(problem))

    console.page.route("**/campaigns", end)
    console.page.get_by_role("button", name="Dry run").click()
    expect(console.page.get_by_text("Your session has ended")).to_be_visible()
    console.page.unroute("**/campaigns")
    console.page.get_by_label("Operator key").fill(console.key)
    console.page.get_by_role("button", name="Sign in").click()
    expect(console.page.get_by_label("Name of the campaign")).to_have_value("half written", timeout=WAIT_MS)


def test_who_may_only_read_sees_no_button_that_acts(stranger: Console, shown: Shown) -> None:
    """The answer to who it is says so; what the server refuses is tested there."""
    told = {"name": "reader", "scopes": ["read"], "session_until": "2099-01-01T00:00:00.000Z"}
    stranger.page.route("**/operator", lambda route: route.fulfill(json=told))
    stranger.sign_in("#/access")
    acting = re.compile(
        "Pause|Resume|Cancel|New campaign|Copy|Edit|Sync|Save|Opt|Stop sending|Remove the tag|^Add$"
    )
    for place in (
        "#/campaigns",
        f"#/campaigns/{shown.running}",
        "#/templates",
        f"#/users/{shown.openids[0]}",
        "#/new",
    ):
        stranger.open(place)
        assert stranger.page.get_by_role("button", name=acting).count() == 0, place
        assert stranger.page.get_by_role("link", name=acting).count() == 0, place
