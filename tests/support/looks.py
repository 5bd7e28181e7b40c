"""A page of the console in both languages, light and dark, from a phone to a desk."""

from typing import Literal

from playwright.sync_api import expect
from support.browser import screenshot_folder
from support.console import Console

# 640 pixels are what 1280 become at a zoom of 200 %.
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 640, 390, 320)


def look_at(console: Console, name: str) -> None:
    """In each language, scheme and width. axe doesn't depend on the width between two layouts."""
    for language in ("en", "zh-CN"):
        for scheme in SCHEMES:
            console.page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                console.page.set_viewport_size({"width": width, "height": 900})
                assert console.overflow() <= 0, (name, language, scheme, width)
                if width in (1280, 390):
                    take_picture(console, f"{name}-{language}-{scheme}-{width}")
                    assert console.violations() == [], (name, language, scheme, width)
        console.page.locator("[data-key=language]").click()
        expect(console.page.locator("html")).to_have_attribute("lang", "zh-CN" if language == "en" else "en")


def take_picture(console: Console, name: str) -> None:
    if folder := screenshot_folder():
        folder.mkdir(parents=True, exist_ok=True)
        console.page.screenshot(path=folder / f"{name}.png", full_page=True)
