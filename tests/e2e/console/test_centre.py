"""The console's pages of the message centre, on a stack that has it."""

import uuid

import pytest
from playwright.sync_api import Route, expect
from support.console import FACES, REVERSED, UNBROKEN, WAIT_MS, Console
from support.looks import look_at
from support.message_centre import MessageCentre

pytestmark = pytest.mark.e2e


@pytest.fixture
def console(centre_console: Console) -> Console:
    return centre_console


def test_the_pages_are_accessible_and_fit(console: Console, centre: MessageCentre) -> None:
    texts = {"title": UNBROKEN, "body": REVERSED + FACES, "markdown": UNBROKEN * 9, "copy": UNBROKEN * 4}
    appid = centre.complained_about("advert", name=UNBROKEN, **texts)
    console.open("#/centre")
    console.page.locator("summary").click()
    look_at(console, "centre")
    console.open(f"#/centre/{appid}")
    console.page.locator("summary").click()
    look_at(console, "centre-app")
    assert console.said == []


def fill_registration(console: Console, appid: str, **fields: str) -> None:
    console.open("#/centre")
    page = console.page
    page.locator("summary", has_text="Register an app").click()
    for label, text in {"AppID": appid, "Name": "某某书店", **fields}.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Register an app").click()


def test_an_app_is_registered_and_its_secret_is_shown_once(console: Console, centre: MessageCentre) -> None:
    appid = f"wx{uuid.uuid4().hex[:16]}"
    fill_registration(console, appid, Contact="ops@books.example")
    box = console.page.locator(".alert", has_text=f"Secret of {appid}")
    secret = box.locator("code").inner_text()
    expect(box.get_by_role("button", name="Copy")).to_be_focused(timeout=WAIT_MS)
    look_at(console, "centre-secret")
    assert centre.app(secret).call("GET", "/centre/app")["appid"] == appid
    box.get_by_role("button", name="I have kept it").click()
    expect(console.page.get_by_role("row", name=appid)).to_contain_text("Active")
    assert secret not in console.page.content()
    assert secret not in console.page.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert console.said == []


def test_an_app_that_lost_its_secret_gets_another_one(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open(f"#/centre/{appid}")
    console.page.get_by_role("button", name="New secret").click()
    console.page.locator("#confirm").click()
    secret = console.page.locator(".alert", has_text=f"Secret of {appid}").locator("code").inner_text()
    assert centre.app(secret).call("GET", "/centre/app")["appid"] == appid
    console.open("#/centre")
    assert secret not in console.page.content()


def test_what_is_wrong_with_a_registration_is_told_at_its_field(console: Console, appid: str) -> None:
    fill_registration(console, appid)
    expect(console.page.get_by_label("AppID")).to_have_attribute("aria-invalid", "true", timeout=WAIT_MS)
    expect(console.page.get_by_text("This app is registered already.")).to_be_visible()
    console.page.get_by_label("AppID").fill("wx 1")
    console.page.get_by_role("button", name="Register an app").click()
    expect(console.page.get_by_text("letters, digits, _ and -")).to_be_visible(timeout=WAIT_MS)
    expect(console.page.get_by_label("Name", exact=True)).to_have_value("某某书店")


def test_what_is_registered_is_changed(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    console.page.locator("summary", has_text="Change").click()
    console.page.get_by_label("Name", exact=True).fill("<b>新</b>名")
    console.page.get_by_label("What it sends").fill("订单")
    console.page.get_by_label("Broadcasts a day").fill("2")
    console.page.get_by_role("button", name="Save").click()
    expect(console.page.get_by_role("heading", level=1)).to_have_text("<b>新</b>名", timeout=WAIT_MS)
    expect(console.page.get_by_text("Saved.")).to_be_in_viewport()
    console.open(f"#/centre/{appid}")
    expect(console.page.locator("dl")).to_contain_text("订单")
    expect(console.page.locator("dl")).to_contain_text("Messages a day to one user: 200")
    expect(console.page.locator("dl")).to_contain_text("Broadcasts a day: 2")


def test_an_old_page_changes_only_what_was_edited(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open(f"#/centre/{appid}")
    centre.change(appid, {"limits": {"per_second": 3}, "contact": "new@shop.example"})
    console.page.locator("summary", has_text="Change").click()
    console.page.get_by_label("What it sends").fill("订单")
    console.page.get_by_label("Broadcasts a day").fill("2")
    console.page.get_by_role("button", name="Save").click()
    expect(console.page.get_by_text("Saved.")).to_be_visible(timeout=WAIT_MS)
    now = centre.read(appid)
    assert (now["limits"]["per_second"], now["limits"]["broadcasts_per_day"]) == (3, 2)
    assert (now["contact"], now["summary"]) == ("new@shop.example", "订单")


def test_an_upheld_complaint_is_decided_once_and_in_the_record(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open("#/centre")
    card = console.page.locator(".campaign", has_text=appid)
    expect(card).to_contain_text("恭喜中奖")
    expect(card).to_contain_text("每天都是广告")
    card.get_by_label("Counts as").select_option("misleading")
    console.decide(f"Uphold: {appid}", "no such prize")
    expect(card).to_have_count(0)
    [line] = [each for each in centre.record(appid) if each["act"] == "complaint_upheld"]
    assert (line["points"], line["note"]) == (3, "no such prize")
    console.open(f"#/centre/{appid}")
    expect(console.page.get_by_role("list", name="Record")).to_contain_text("complaint upheld")
    expect(console.page.locator("dl")).to_contain_text("3; the oldest expire", timeout=WAIT_MS)


def test_a_complaint_that_moves_up_counts_as_what_is_shown(console: Console, centre: MessageCentre) -> None:
    """The cards are the newest first: the older one takes the place of the newer one, whose select was touched."""
    older, newer = centre.complained_about("fraud"), centre.complained_about("advert")
    console.open("#/centre")
    first, second = (console.page.locator(".campaign", has_text=appid) for appid in (newer, older))
    for category in ("fraud", "annoying"):
        first.get_by_label("Counts as").select_option(category)
    console.decide(f"Reject: {newer}", "no reason")
    expect(first).to_have_count(0)
    expect(second.get_by_label("Counts as")).to_have_value("fraud")
    second.get_by_label("Counts as").select_option("annoying")
    console.page.get_by_role("button", name=f"Uphold: {older}").click()
    expect(console.page.get_by_role("dialog")).to_contain_text("It counts as “Annoying”: 1 point")
    console.page.locator("#typed").fill("too often")
    console.page.locator("#confirm").click()
    expect(second).to_have_count(0)
    [line] = [each for each in centre.record(older) if each["act"] == "complaint_upheld"]
    assert line["points"] == 1


def test_all_texts_of_the_message_are_shown_to_who_decides(console: Console, centre: MessageCentre) -> None:
    appid = centre.complained_about(
        "fraud", markdown="**奖品**", copy="口令 88", url="https://prize.example/1"
    )
    console.open("#/centre")
    card = console.page.locator(".campaign", has_text=appid)
    for text in ("恭喜中奖", "点击领取", "**奖品**", "口令 88", "https://prize.example/1"):
        expect(card).to_contain_text(text)
    console.page.set_viewport_size({"width": 390, "height": 900})
    assert console.overflow() <= 0


def test_a_sanction_is_imposed_and_lifted_by_hand(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open(f"#/centre/{appid}")
    console.page.get_by_label("Sanction", exact=True).select_option("strong_off")
    console.page.get_by_label("Rule").fill("flood")
    console.page.get_by_label("Why? It stays").fill("300 an hour")
    console.page.get_by_role("button", name="Sanction", exact=True).click()
    console.page.locator("#confirm").click()
    expect(console.page.locator("dl")).to_contain_text("Sanctions in force", timeout=WAIT_MS)
    console.decide("Lift: No reminders", "mended")
    expect(console.page.get_by_role("list", name="Record")).to_contain_text("sanction lifted")
    expect(console.page.get_by_role("button", name="Lift: No reminders")).to_have_count(0)
    assert {line["act"] for line in centre.record(appid)} >= {"sanction_imposed", "sanction_lifted"}
    expect(console.page.get_by_text("Sanctions in force")).to_have_count(0, timeout=WAIT_MS)


def test_a_notice_has_an_end(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    lasts, kind = console.page.get_by_label("Lasts"), console.page.get_by_label("Sanction", exact=True)
    expect(lasts).to_contain_text("180 days")
    expect(lasts).not_to_contain_text("For good")
    kind.select_option("ban")
    expect(lasts).to_contain_text("For good")


def lose(route: Route) -> None:
    """The request is done; its answer is lost."""
    route.fetch()
    route.abort()


def test_a_lost_answer_says_what_to_look_at_before_a_repeat(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    console.page.set_viewport_size({"width": 390, "height": 700})
    console.page.route("**/sanctions", lose)
    console.page.get_by_label("Rule").fill("flood")
    console.page.get_by_label("Why? It stays").fill("300 an hour")
    console.page.get_by_role("button", name="Sanction", exact=True).click()
    console.page.locator("#confirm").click()
    alert = console.page.get_by_role("alert")
    expect(alert).to_contain_text("The sanction may be in force", timeout=WAIT_MS)
    expect(alert).to_be_in_viewport(ratio=1)
    expect(console.page.get_by_role("list", name="Record")).to_contain_text("sanction imposed")
    console.page.route("**/secret", lose)
    console.page.get_by_role("button", name="New secret").click()
    console.page.locator("#confirm").click()
    expect(alert).to_contain_text("There may be a new secret already", timeout=WAIT_MS)
    look_at(console, "centre-record")


def test_a_refusal_is_told_in_the_language_of_the_page(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open("#/centre")
    console.page.locator("[data-key=language]").click()
    [complaint] = [each for each in centre.complaints() if each["appid"] == appid]
    console.page.get_by_role("button", name=f"驳回: {appid}").click()
    centre.decide(complaint["id"], "rejected")
    console.page.locator("#typed").fill("无理由")
    console.page.locator("#confirm").click()
    expect(console.page.get_by_role("alert")).to_have_text(
        "这一项已经处理过，可能由其他人处理。", timeout=WAIT_MS
    )
    expect(console.page.get_by_role("alert")).to_be_in_viewport(ratio=1)


def test_a_channel_is_paused_and_resumed(console: Console) -> None:
    console.open("#/centre")
    row = console.page.get_by_role("row", name="E-mail")
    console.page.get_by_role("button", name="Pause: E-mail").click()
    expect(row).to_contain_text("Paused")
    console.page.get_by_role("button", name="Resume: E-mail").click()
    expect(row).to_contain_text("Closed")


def test_a_page_that_is_opened_while_the_language_changes_has_its_words(console: Console) -> None:
    held: list[Route] = []
    console.page.route("**/words.zh-CN.js", lambda route: held.append(route))  # noqa: PLW0108  # playwright marks it
    console.page.locator("[data-key=language]").click()
    with console.page.expect_response("**/centre_words.*.js"):
        console.page.goto(f"{console.url}#/centre")
    held.pop().continue_()
    expect(console.page.locator("summary")).to_have_text("登记应用", timeout=WAIT_MS)
