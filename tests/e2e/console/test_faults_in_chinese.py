"""What the server says of a value, in English, is told in the language of the page, and at its field."""

import pytest
from playwright.sync_api import expect
from support.console import WAIT_MS, Console
from support.message_centre import MessageCentre

from minipush.domain.fields import fault_in
from minipush.http.edge.mistakes import text_of

pytestmark = pytest.mark.e2e

# Not seen, and no blank for the browser.
UNSEEN = "\u200b"
KINDS = (
    "thing", "number", "letter", "symbol", "character_string", "time", "date", "amount", "phone_number", "car_number",
    "name", "phrase", "const",
)  # fmt: skip
MISTAKES = {
    "missing": {}, "extra_forbidden": {}, "string_too_short": {"min_length": 1}, "string_too_long": {"max_length": 64},
    "int_type": {}, "int_parsing_size": {}, "greater_than_equal": {"ge": 1}, "less_than_equal": {"le": 100},
    "too_long": {"max_length": 50}, "none_required": {}, "another": {},
}  # fmt: skip


@pytest.fixture
def console(centre_console: Console) -> Console:
    centre_console.page.locator("[data-key=language]").click()
    expect(centre_console.page.locator("html")).to_have_attribute("lang", "zh-CN")
    return centre_console


def expect_fault(console: Console, label: str, words: str) -> None:
    box = console.page.get_by_label(label, exact=True)
    expect(box).to_have_attribute("aria-invalid", "true", timeout=WAIT_MS)
    expect(box).to_have_accessible_description(words)


def test_a_registration(console: Console) -> None:
    console.open("#/centre")
    console.page.locator("summary").click()
    for label, text in {"AppID": "wx 1", "名称": "书\u202e店", "图标": "http://a.example/i.png"}.items():
        console.page.get_by_label(label, exact=True).fill(text)
    console.page.get_by_role("button", name="登记应用").click()
    expect_fault(
        console, "AppID", "对方小程序的 AppID，可在微信公众平台查看。 请填写 1 至 40 个字母、数字、_ 或 -。"
    )
    for words in ("只能有一行", "须是以 https 开头的地址。"):
        expect(console.page.get_by_text(words)).to_be_visible()


def test_limits(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    console.page.locator("summary").click()
    # The browser would refuse it in its own language.
    console.page.locator("details form").evaluate("(form) => { form.noValidate = true }")
    console.page.get_by_label("每秒请求数").fill("101")
    console.page.get_by_label("每天的群推次数").fill("1.5")
    console.page.get_by_role("button", name="保存").click()
    expect_fault(console, "每秒请求数", "不能大于 100。")
    expect_fault(console, "每天的群推次数", "请填写整数。")


def test_a_sanction(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    console.page.get_by_label("规则").fill(UNSEEN)
    console.page.get_by_label("理由（会写入应用的记录）").fill("x")
    console.page.get_by_role("button", name="处罚", exact=True).click()
    console.page.locator("#confirm").click()
    expect_fault(console, "规则", "规则的名称，如 flood。应用可以看到。 不能为空，也不能只有空白。")


def test_a_decision(console: Console, appid: str) -> None:
    console.open("#/centre")
    console.decide(f"驳回: {appid}", UNSEEN)
    expect(console.page.get_by_role("alert")).to_contain_text("不能为空，也不能只有空白。", timeout=WAIT_MS)


def test_a_tag(console: Console, centre: MessageCentre) -> None:
    centre.tag("anna-of-50-tags", [f"tag {number}" for number in range(50)])
    console.open("#/users/anna-of-50-tags")
    console.page.get_by_label("新标签").fill("第五十一")
    console.page.get_by_role("button", name="添加").click()
    expect_fault(console, "新标签", "最多 50 项。")


def test_an_openid_in_an_address(console: Console) -> None:
    console.open("#/users/anna%20b")
    expect(console.page.get_by_text("请填写 1 至 64 个字母、数字、_ 或 -。").first).to_be_visible()
    expect(console.page.locator("main")).not_to_contain_text("expected")


def test_the_form_of_a_campaign(console: Console) -> None:
    console.open("#/new")
    console.page.get_by_label("任务名称").fill(UNSEEN)
    console.page.get_by_role("button", name="试运行").click()
    expect(console.page.locator("#name-help")).to_contain_text("不能为空", timeout=WAIT_MS)


def test_there_are_chinese_words_for_what_the_server_says_of_values(console: Console) -> None:
    said = [
        text_of({"loc": ("body", "x"), "type": kind, "ctx": numbers}) for kind, numbers in MISTAKES.items()
    ]
    said += [str(fault_in(f"{kind}1", "\n1?x一" * 20)) for kind in KINDS] + ["2月30日 does not exist"]
    fault = "async (said) => { const { fault } = await import('/console/faults.zh-CN.js'); return said.map(fault) }"
    told = console.page.evaluate(fault, said)
    assert [words for words in told if not words.endswith("。")] == []
