"""How every page looks: for everybody, in both languages, light and dark, from a phone to a desk."""

import pytest
from playwright.sync_api import expect
from support.console import MARKUP, Console, Shown
from support.looks import SCHEMES, look_at, take_picture

pytestmark = pytest.mark.e2e

PLACES = {
    "overview": "#/overview", "campaigns": "#/campaigns", "campaign": "#/campaigns/{shown.completed}", "running": "#/campaigns/{shown.running}",
    "new": "#/new", "edit": "#/campaigns/{shown.scheduled}/edit", "users": "#/users?tag=vip", "user": "#/users/{shown.openids[0]}",
    "templates": "#/templates", "access": "#/access",
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_page_is_accessible_and_fits(console: Console, shown: Shown, name: str) -> None:
    console.open(PLACES[name].format(shown=shown))
    look_at(console, name)
    assert console.said == []


def test_the_page_to_sign_in_is_accessible_and_fits(stranger: Console) -> None:
    stranger.page.goto(stranger.url)
    expect(stranger.page.get_by_label("Operator key")).to_be_visible()
    look_at(stranger, "sign-in")
    assert stranger.said == []


@pytest.mark.parametrize("width", [1280, 390])
def test_the_dialog_is_accessible_and_its_harmless_button_has_the_focus(
    console: Console, shown: Shown, width: int
) -> None:
    console.open(f"#/campaigns/{shown.scheduled}")
    console.page.set_viewport_size({"width": width, "height": 900})
    console.page.get_by_role("button", name="Cancel").click()
    dialog = console.page.get_by_role("dialog")
    expect(dialog).to_contain_text(MARKUP)
    expect(dialog.get_by_role("button", name="Go back")).to_be_focused()
    for scheme in SCHEMES:
        console.page.emulate_media(color_scheme=scheme)
        take_picture(console, f"dialog-{scheme}-{width}")
        assert console.violations() == []
    console.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(console.page.get_by_role("button", name="Cancel")).to_be_focused()


@pytest.mark.parametrize(("language", "stop"), [("en", "Stop sending"), ("zh-CN", "停止发送")])
def test_the_dialog_of_the_red_switch_is_accessible(console: Console, language: str, stop: str) -> None:
    console.open("#/overview")
    if language != "en":
        console.page.locator("[data-key=language]").click()
    console.page.get_by_role("button", name=stop).click()
    for scheme in SCHEMES:
        console.page.emulate_media(color_scheme=scheme)
        for width in (1280, 390):
            console.page.set_viewport_size({"width": width, "height": 900})
            take_picture(console, f"red-switch-{language}-{scheme}-{width}")
            assert console.overflow() <= 0
            assert console.violations() == [], (scheme, width)


def test_both_languages_have_words_for_the_same_keys(console: Console) -> None:
    keys = """async (language) => {
        const flat = (words, path = '') => Object.entries(words).flatMap(([key, value]) =>
            typeof value === 'object' && !Array.isArray(value) ? flat(value, `${path}${key}.`) : [`${path}${key} ${Array.isArray(value) ? value.length : typeof value}`])
        const files = await Promise.all(['words', 'more', 'centre_words'].map((name) => import(`/console/${name}.${language}.js`)))
        return files.flatMap((file) => flat(file.default)).sort()
    }"""
    english, chinese = (console.page.evaluate(keys, language) for language in ("en", "zh-CN"))
    assert english == chinese
    assert len(english) > 200
    assert len(set(english)) == len(english)
