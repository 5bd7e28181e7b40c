"""A session that ends while somebody types: what was typed is there after the next sign-in, and so is the place."""

import uuid

import pytest
from playwright.sync_api import Locator, expect
from support.console import WAIT_MS, Console
from support.message_centre import MessageCentre

pytestmark = pytest.mark.e2e


@pytest.fixture
def console(centre_console: Console) -> Console:
    return centre_console


def look_again(console: Console) -> None:
    """As a tab does that is shown again."""
    console.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def note(console: Console) -> Locator:
    return console.page.get_by_role("dialog").get_by_label("Why?")


def kept(console: Console) -> str:
    return str(console.page.evaluate("JSON.stringify(sessionStorage)"))


def test_a_registration_goes_on_after_a_new_sign_in(console: Console, centre: MessageCentre) -> None:
    appid, page = f"wx{uuid.uuid4().hex[:16]}", console.page
    console.open("#/centre")
    page.locator("summary").click()
    for label, text in {"AppID": appid, "Name": "某某书店", "Contact": "ops@books.example"}.items():
        page.get_by_label(label, exact=True).fill(text)
    console.end_session()
    page.get_by_role("button", name="Register an app").click()
    console.sign_in_again()
    expect(page.get_by_role("button", name="Register an app")).to_be_focused(timeout=WAIT_MS)
    expect(page.get_by_label("Name", exact=True)).to_have_value("某某书店")
    page.get_by_role("button", name="Register an app").click()
    expect(page.get_by_text(f"Secret of {appid}")).to_be_visible(timeout=WAIT_MS)
    assert centre.read(appid)["contact"] == "ops@books.example"
    assert "ops@books.example" not in kept(console)


def test_a_change_of_an_app_goes_on_and_changes_only_what_was_edited(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    page = console.page
    console.open(f"#/centre/{appid}")
    page.locator("summary").click()
    page.get_by_label("Broadcasts a day").fill("7")
    console.end_session()
    look_again(console)
    centre.change(appid, {"limits": {"per_second": 3}})
    console.sign_in_again()
    expect(page.get_by_label("Broadcasts a day")).to_have_value("7")
    expect(page.get_by_label("Broadcasts a day")).to_be_focused()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible(timeout=WAIT_MS)
    limits = centre.read(appid)["limits"]
    assert (limits["per_second"], limits["broadcasts_per_day"]) == (3, 7)


def test_the_note_of_a_decision_is_still_there_with_its_dialog(
    console: Console, centre: MessageCentre, appid: str
) -> None:
    console.open("#/centre")
    card = console.page.locator(".campaign", has_text=appid)
    card.get_by_label("Counts as").select_option("misleading")
    console.end_session()
    console.decide(f"Uphold: {appid}", "no such prize")
    console.sign_in_again()
    expect(note(console)).to_have_value("no such prize", timeout=WAIT_MS)
    expect(console.page.get_by_role("dialog")).to_contain_text("It counts as “Misleading”: 3 points")
    console.page.locator("#confirm").click()
    expect(card).to_have_count(0, timeout=WAIT_MS)
    [line] = [each for each in centre.record(appid) if each["act"] == "complaint_upheld"]
    assert (line["points"], line["note"]) == (3, "no such prize")
    assert "no such prize" not in kept(console)


def test_a_session_that_ends_behind_an_open_dialog_keeps_its_note(console: Console, appid: str) -> None:
    console.open("#/centre")
    console.page.get_by_role("button", name=f"Reject: {appid}").click()
    note(console).fill("half a rea")
    console.end_session()
    look_again(console)
    console.sign_in_again()
    expect(note(console)).to_have_value("half a rea", timeout=WAIT_MS)
    console.page.keyboard.press("Escape")
    expect(console.page.get_by_role("button", name=f"Reject: {appid}")).to_be_focused()


def test_a_note_that_did_not_arrive_is_offered_again(console: Console, appid: str) -> None:
    console.open("#/centre")
    console.page.route("**/decision", lambda route: route.abort())
    console.decide(f"Reject: {appid}", "no reason at all")
    expect(console.page.get_by_role("alert")).to_be_visible(timeout=WAIT_MS)
    console.page.get_by_role("button", name=f"Reject: {appid}").click()
    expect(note(console)).to_have_value("no reason at all")


def test_a_sanction_goes_on(console: Console, centre: MessageCentre, appid: str) -> None:
    page = console.page
    console.open(f"#/centre/{appid}")
    page.get_by_label("Sanction", exact=True).select_option("ban")
    page.get_by_label("Lasts").select_option("7")
    page.get_by_label("Rule").fill("flood")
    page.get_by_label("Why? It stays").fill("300 an hour")
    console.end_session()
    page.get_by_role("button", name="Sanction", exact=True).click()
    page.locator("#confirm").click()
    console.sign_in_again()
    expect(page.get_by_role("button", name="Sanction", exact=True)).to_be_focused(timeout=WAIT_MS)
    expect(page.get_by_label("Lasts")).to_have_value("7")
    page.get_by_role("button", name="Sanction", exact=True).click()
    page.locator("#confirm").click()
    expect(page.get_by_role("button", name="Lift: Ban")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_label("Rule")).to_have_value("")
    [line] = [each for each in centre.record(appid) if each["act"] == "sanction_imposed"]
    assert (line["kind"], line["rule"], line["note"]) == ("ban", "flood", "300 an hour")


def test_a_tag_goes_on(console: Console) -> None:
    page = console.page
    console.open("#/users/anna")
    page.get_by_label("New tag").fill("half a t")
    console.end_session()
    page.get_by_role("button", name="Add").click()
    console.sign_in_again()
    expect(page.get_by_label("New tag")).to_have_value("half a t", timeout=WAIT_MS)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("button", name="Remove the tag half a t")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_label("New tag")).to_have_value("")


def test_who_signs_out_leaves_nothing_that_was_typed(console: Console, appid: str) -> None:
    console.open(f"#/centre/{appid}")
    console.page.get_by_label("Rule").fill("flood")
    assert "flood" in kept(console)
    console.open("#/access")
    console.page.get_by_role("button", name="Sign out").click()
    expect(console.page.get_by_label("Operator key")).to_be_visible()
    assert kept(console) == "{}"
