"""The console in a browser, and a deployment that has something to show."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from support.campaign_client import CampaignClient, Json

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
TEMPLATE = "class-reminder"
CONTENT = "课程：{{thing1.DATA}}\n时间：{{time2.DATA}}\n教练：{{name3.DATA}}"
MESSAGE: Json = {
    "type": "subscribe",
    "template_id": TEMPLATE,
    "page": "pages/class?id=7",
    "data": {"thing1": {"value": "晚间瑜伽"}, "time2": {"value": "19:30"}, "name3": {"value": "王老师"}},
}
MARKUP = "<img src=x onerror=alert(1)><b>bold</b>"
UNBROKEN, FACES, REVERSED = "W" * 64, "🧘" * 32, "\u202eתזכורת"
HOSTILE_TAGS = [UNBROKEN, "标" * 64, FACES, REVERSED, MARKUP]
# Their contents and titles. WeChat may answer without either.
HOSTILE_TEMPLATES = {
    "nothing": ("", ""),
    "blank": ("{{thing1.DATA}}", " "),
    "w" * 64: (UNBROKEN * 5 + "{{thing1.DATA}}", UNBROKEN * 2),
    "faces": (FACES * 3 + "{{thing1.DATA}}\n" + REVERSED + "：{{phrase2.DATA}}", FACES + REVERSED),
}
ACCEPTS = 8
CALLERS = 8
WAIT_MS = 20_000


@dataclass(frozen=True, slots=True)
class Shown:
    """The ids of campaigns in several states, and some users."""

    completed: str
    running: str
    scheduled: str
    openids: list[str]


def prepare(client: CampaignClient) -> Shown:
    client.wechat.register_template(TEMPLATE, CONTENT, title="上课提醒")
    for template_id, (content, title) in HOSTILE_TEMPLATES.items():
        client.wechat.register_template(template_id, content, title=title, example=content)
    assert client.call("POST", "/templates/sync").ok
    openids = client.subscribers(60, TEMPLATE)
    accept_more(client, openids)
    client.tag(openids[:5], "vip")
    client.change(openids[0], tags=["vip", *HOSTILE_TAGS])
    completed = create(client, "周末公开课", {"type": "openids", "openids": [*openids[:20], "nobody"]})
    client.until(completed, "completed")
    scheduled = create(client, MARKUP, {"type": "tag", "tag": "vip"}, schedule={"at": "2027-06-01T12:00:00Z"})
    running = create(client, "周日晨跑", {"type": "openids", "openids": openids[20:]}, max_per_second=1)
    assert client.stack.invoke("FUNCTION=SweepFunction").returncode == 0
    return Shown(completed, running, scheduled, openids)


def accept_more(client: CampaignClient, openids: list[str]) -> None:
    """So many times that no test uses up what another one needs."""
    client.wechat.accept(openids, TEMPLATE, ACCEPTS)
    accept = {"template_id": TEMPLATE, "result": "accept"}

    def report(openid: str) -> None:
        accepts = [accept | {"id": f"{openid}-{number}"} for number in range(ACCEPTS)]
        assert client.post(f"/users/{openid}/permits", {"subscriptions": accepts}).json()["stored"] == ACCEPTS

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(report, openids))


def create(client: CampaignClient, name: str, audience: Json, **options: Any) -> str:
    made = client.post("/campaigns", {"name": name, "message": MESSAGE, "audience": audience, **options})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


@dataclass
class Console:
    """`said`: what the page wrote to the browser's console, and its uncaught errors."""

    page: Page
    url: str
    key: str
    said: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def opened(cls, browser: Browser, api_url: str, key: str, **options: Any) -> Iterator[Self]:
        context = browser.new_context(
            **{"locale": "en-US", "viewport": {"width": 1280, "height": 900}} | options
        )
        context.set_default_timeout(WAIT_MS)
        made = cls(context.new_page(), f"{api_url}/console/", key)
        made.page.on("console", made.note)
        made.page.on("pageerror", lambda error: made.said.append(str(error)))
        try:
            yield made
        finally:
            context.close()

    def note(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def sign_in(self, place: str = "") -> None:
        self.page.goto(self.url + place)
        self.page.get_by_label("Operator key").fill(self.key)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("navigation")).to_be_visible(timeout=WAIT_MS)

    def open(self, place: str) -> None:
        """Go to a place such as `#/campaigns`, and wait until it is loaded."""
        self.page.goto(self.url + place)
        expect(self.page.locator(f'main[data-place="{place}"]')).to_be_attached(timeout=WAIT_MS)
        self.wait()

    def decide(self, button: str, note: str) -> None:
        """Press a button that asks why, and say it."""
        self.page.get_by_role("button", name=button).click()
        self.page.locator("#typed").fill(note)
        self.page.locator("#confirm").click()

    def end_session(self) -> None:
        """It is over: the server refuses the next request. Nothing in the page knows yet."""
        self.page.context.clear_cookies()

    def sign_in_again(self) -> None:
        expect(self.page.get_by_text("Your session has ended")).to_be_visible(timeout=WAIT_MS)
        self.page.get_by_label("Operator key").fill(self.key)
        self.page.get_by_role("button", name="Sign in").click()
        self.wait()

    def wait(self) -> None:
        expect(self.page.locator("main h1")).to_be_visible(timeout=WAIT_MS)
        expect(self.page.get_by_text("Loading…")).to_have_count(0, timeout=WAIT_MS)
        expect(self.page.get_by_text("正在加载…")).to_have_count(0, timeout=WAIT_MS)

    def violations(self) -> list[str]:
        """What axe finds in the page as it is."""
        found = Axe().run(self.page, options={"runOnly": {"type": "tag", "values": [*RULES]}})
        return [
            f"{one['id']}: {node['html'][:200]}"
            for one in found.response["violations"]
            for node in one["nodes"]
        ]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))
