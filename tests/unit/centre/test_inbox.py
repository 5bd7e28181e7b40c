"""A user's inbox, over HTTP."""

from dataclasses import replace
from typing import Any

import pytest
from support.centre_inbox import DAY, SHOP, inbox_message
from support.http_app import HttpApp

from minipush.domain.centre.inbox import Content, InboxMessage, Sender, SenderKind, TextCheck
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus
from minipush.domain.timestamps import iso
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import RefusedError

BANK = Sender(SenderKind.APP, "wx-bank", "Bank")
KEY = Sender(SenderKind.KEY, "abcdefghijkl", "my server")


def store(app: HttpApp, number: int = 1, **changes: Any) -> list[InboxMessage]:
    """Messages for anna, one a second, the newest now; returned newest first."""
    now = app.now
    sender = changes.get("sender", SHOP)
    made = [
        inbox_message(f"{sender.id} {n}", now - 1000 * (n + 1), openid="anna", until=now + DAY, **changes)
        for n in range(number)
    ]
    for message in made:
        assert app.inbox.put(message)
    return made


def page(app: HttpApp, **query: Any) -> dict[str, Any]:
    texts = {name: str(value) for name, value in query.items() if value is not None}
    answer = app.ask("GET /me/inbox", token=app.user, query=texts)
    assert answer.status == 200, answer.json
    return dict(answer.json)


def listed(app: HttpApp, **query: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = page(app, **query)["items"]
    return items


def unread(app: HttpApp) -> int:
    return int(app.ask("GET /me/centre", token=app.user).json["unread"])


def post(app: HttpApp, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = app.ask(f"POST /me/inbox/{what}", body, token=app.user)
    assert answer.status == 200, answer.json
    return dict(answer.json)


def test_a_message_is_listed_with_its_sender_and_its_texts(app: HttpApp) -> None:
    [message] = store(app, content=Content(title="T", body="B", url="https://x.example", copy="42"))
    assert listed(app) == [
        {
            "id": message.id,
            "from": {"kind": "app", "appid": "wx-shop", "name": "Shop"},
            "title": "T",
            "body": "B",
            "url": "https://x.example",
            "copy": "42",
            "at": iso(message.at),
            "read": False,
            "checked": True,
        }
    ]


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        (KEY, {"kind": "key", "name": "my server"}),
        (Sender(SenderKind.CENTRE, "", ""), {"kind": "centre", "name": ""}),
    ],
)
def test_keys_and_the_centre_are_senders_too(app: HttpApp, sender: Sender, shown: dict[str, str]) -> None:
    store(app, sender=sender)
    assert [item["from"] for item in listed(app)] == [shown]


def test_the_outcome_of_the_reminder_is_told(app: HttpApp) -> None:
    state = ReminderState(
        status=ReminderStatus.FAILED, until=0, channel=ChannelKind.BARK, reason=ReminderReason.CHANNEL_DEAD
    )
    store(app, reminder=state)
    assert [item["reminder"] for item in listed(app)] == [
        {"status": "failed", "channel": "bark", "reason": "channel_dead"}
    ]


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        (TextCheck.PENDING, {"checked": False}),
        (TextCheck.BLOCKED, {"checked": True, "content_blocked": True}),
    ],
)
def test_unchecked_and_risky_messages_are_listed_without_their_texts(
    app: HttpApp, check: TextCheck, shown: dict[str, bool]
) -> None:
    app.text_check.failure = RefusedError(code_of(-1))
    store(app, text_check=check, content=Content(title="T", body="B", url="https://x.example", page="p"))
    [item] = listed(app)
    assert {name: value for name, value in item.items() if name not in {"id", "from", "at", "read"}} == shown


def test_pages_lead_through_all_messages_newest_first(app: HttpApp) -> None:
    messages = store(app, 7)
    found, cursor = list[str](), None
    for _ in range(3):
        answer = page(app, limit=3, cursor=cursor)
        found += [item["id"] for item in answer["items"]]
        cursor = answer["next_cursor"]
    assert (found, cursor) == ([message.id for message in messages], None)


def test_a_page_that_is_full_with_the_last_message_has_no_next_one(app: HttpApp) -> None:
    store(app, 3)
    assert page(app, limit=4)["next_cursor"] is None


def test_one_apps_messages_are_found_among_those_of_others(app: HttpApp) -> None:
    store(app, 30, sender=BANK)
    [mine] = store(app, 1)
    assert [item["id"] for item in listed(app, appid="wx-shop", limit=5)] == [mine.id]


def test_a_search_stops_after_some_reads_and_says_where_to_go_on(app: HttpApp) -> None:
    store(app, 30, sender=BANK)
    old = inbox_message("old", app.now - DAY, openid="anna", until=app.now + DAY)
    app.inbox.put(old)
    first = page(app, appid="wx-shop", limit=2)
    assert first["items"] == []
    second = page(app, appid="wx-shop", limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in second["items"]] == [old.id]


def test_a_cursor_of_another_list_is_refused(app: HttpApp) -> None:
    answer = app.ask("GET /me/inbox", token=app.user, query={"cursor": "eHh4"})
    assert (answer.status, answer.json["type"].partition("#")[2]) == (422, "invalid-cursor")


def test_messages_of_others_and_expired_ones_are_not_listed(app: HttpApp) -> None:
    [mine] = store(app)
    app.inbox.put(replace(mine, openid="bo"))
    app.inbox.put(inbox_message("old", app.now - 5, openid="anna", until=app.now))
    assert [item["id"] for item in listed(app)] == [mine.id]


# ---- reading


def test_messages_are_marked_as_read_by_their_ids(app: HttpApp) -> None:
    messages = store(app, 3)
    assert unread(app) == 3
    assert post(app, "read", {"ids": [messages[1].id]}) == {"unread": 2}
    assert [item["read"] for item in listed(app)] == [False, True, False]
    assert [item["id"] for item in listed(app, unread="true")] == [messages[0].id, messages[2].id]


def test_reading_all_is_one_write_for_any_number(app: HttpApp) -> None:
    store(app, 150)
    app.inbox.writes = 0
    assert post(app, "read", {"before": iso(app.now)}) == {"unread": 0}
    assert app.inbox.writes == 1
    assert {item["read"] for item in listed(app, limit=100)} == {True}


def test_what_was_stored_at_the_instant_or_later_stays_unread(app: HttpApp) -> None:
    messages = store(app, 3)
    assert post(app, "read", {"before": iso(messages[1].at)}) == {"unread": 2}


def test_one_apps_messages_are_read_together(app: HttpApp) -> None:
    store(app, 3)
    store(app, 2, sender=BANK)
    assert post(app, "read", {"before": iso(app.now), "appid": "wx-shop"}) == {"unread": 2}
    assert {item["from"]["appid"] for item in listed(app, unread="true")} == {"wx-bank"}


def test_an_instant_in_the_future_reads_nothing_that_comes_later(app: HttpApp) -> None:
    post(app, "read", {"before": iso(app.now + DAY)})
    app.now += 5000
    store(app)
    assert unread(app) == 1


def test_more_than_99_unread_messages_are_99(app: HttpApp) -> None:
    store(app, 120)
    assert unread(app) == 99


def test_a_message_that_has_expired_is_not_unread(app: HttpApp) -> None:
    store(app)
    app.inbox.put(inbox_message("old", app.now - 5, openid="anna", until=app.now))
    assert unread(app) == 1


def test_ids_of_nobody_and_of_other_users_change_nothing(app: HttpApp) -> None:
    [mine] = store(app)
    theirs = inbox_message("theirs", app.now - 1, openid="bo")
    app.inbox.put(theirs)
    post(app, "delete", {"ids": [theirs.id, "0" * 32, "z" * 32]})
    assert app.inbox.find("bo", theirs.id) == theirs
    assert [item["id"] for item in listed(app)] == [mine.id]


# ---- deleting


def test_messages_are_deleted_by_their_ids_with_their_contents(app: HttpApp) -> None:
    messages = store(app, 3)
    assert post(app, "delete", {"ids": [messages[1].id]}) == {"unread": 2}
    assert [item["id"] for item in listed(app)] == [messages[0].id, messages[2].id]
    gone = app.inbox.find("anna", messages[1].id)
    assert gone
    assert gone.content == Content()


@pytest.mark.parametrize("appid", [None, "wx-shop"])
def test_all_messages_before_an_instant_are_deleted_with_their_contents(
    app: HttpApp, appid: str | None
) -> None:
    shops, banks = store(app, 3), store(app, 2, sender=BANK)
    body = {"before": iso(shops[0].at)} | ({"appid": appid} if appid else {})
    post(app, "delete", body)
    left = {item["id"] for item in listed(app)}
    assert left == {shops[0].id, banks[0].id} | ({banks[1].id} if appid else set())
    emptied = [message for message in app.inbox.messages["anna"].values() if message.content == Content()]
    assert {message.id for message in emptied} == {m.id for m in [*shops, *banks]} - left


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ids": []},
        {"ids": ["short"]},
        {"ids": ["0" * 32], "before": "2026-11-30T08:00:00Z"},
        {"ids": ["0" * 32], "appid": "wx-shop"},
        {"before": "yesterday"},
        {"ids": ["0" * 32] * 101},
    ],
)
def test_a_change_names_ids_or_an_instant(app: HttpApp, body: dict[str, Any]) -> None:
    answer = app.ask("POST /me/inbox/read", body, token=app.user)
    assert (answer.status, answer.json["type"].partition("#")[2]) == (422, "invalid-request")


@pytest.mark.parametrize("route", ["GET /me/inbox", "POST /me/inbox/read", "POST /me/inbox/delete"])
def test_an_operator_key_opens_no_inbox(app: HttpApp, route: str) -> None:
    assert app.ask(route, {} if route.startswith("POST") else None).status == 403
