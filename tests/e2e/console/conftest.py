import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from support.browser import NO_BROWSER, find_browser
from support.campaign_client import CampaignClient
from support.console import Console, Shown, prepare
from support.message_centre import MessageCentre
from support.running import MakeRun

# The unpacked browser has no graphics libraries beside it.
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Playwright runs an event loop until the end: tests after these want their own."""
    program = find_browser()
    if program is None:
        pytest.skip(NO_BROWSER)
    with sync_playwright() as playwright:
        # Root and containers allow no sandbox. Web security stays on.
        browser = playwright.chromium.launch(
            executable_path=program.path, args=ARGUMENTS, env={**os.environ, **program.environment}
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def client(stack: MakeRun) -> CampaignClient:
    return CampaignClient(stack, stack.control())


@pytest.fixture(scope="session")
def shown(client: CampaignClient) -> Shown:
    """What the deployment has: templates, users, and campaigns in several states."""
    return prepare(client)


@pytest.fixture
def console(browser: Browser, stack: MakeRun, shown: Shown) -> Iterator[Console]:
    """Signed in as an operator who may do everything."""
    with Console.opened(browser, stack.api_url, stack.operator_key) as opened:
        opened.sign_in("#/access")
        yield opened


@pytest.fixture
def stranger(browser: Browser, stack: MakeRun) -> Iterator[Console]:
    """A browser in which nobody has signed in."""
    with Console.opened(browser, stack.api_url, stack.operator_key) as opened:
        yield opened


@pytest.fixture(scope="session")
def centre(centre_stack: MakeRun) -> MessageCentre:
    return MessageCentre(centre_stack)


@pytest.fixture
def centre_console(browser: Browser, centre_stack: MakeRun) -> Iterator[Console]:
    """Signed in as an operator who may do everything, where there is a message centre."""
    with Console.opened(browser, centre_stack.api_url, centre_stack.operator_key) as opened:
        opened.sign_in("#/access")
        yield opened


@pytest.fixture
def appid(centre: MessageCentre) -> str:
    """An app about which a user has complained."""
    return centre.complained_about("advert")
