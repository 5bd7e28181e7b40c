"""Apps push over HTTP."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from support.centre_inbox import REF
from support.http_app import HttpApp
from support.sample_apps import APPID, SECRET, SHOP

from minipush.domain.centre.inbox import Content, InboxMessage, Level, Sender, SenderKind
from minipush.domain.centre.pushes import USUAL_LIMITS, Addressee, PushReason
from minipush.domain.centre.reminders import ChannelKind
from minipush.errors import StoreError

ANNA = Addressee(
    openid="anna",
    key_ref=REF,
    sender=Sender(SenderKind.APP, APPID, SHOP.name),
    level=Level.STRONG,
    channels=(ChannelKind.BARK,),
)

PER_HOUR = USUAL_LIMITS.to_user_per_hour
BO = replace(ANNA, openid="bo", key_ref="bobobobobobo")
TO_ANNA, TO_BO = {"key": "bAnna"}, {"openid": "oBo"}
PUSH: dict[str, Any] = {"to": TO_ANNA, "title": "Parcel", "body": "It is here."}


@pytest.fixture
def app(app: HttpApp) -> HttpApp:
    app.apps.add(SHOP, SECRET)
    app.addressees.bindings[APPID, "bAnna"] = ANNA
    app.addressees.openids[APPID, "oBo"] = BO
    app.addressees.openids[APPID, "oCy"] = PushReason.UNCONFIRMED
    return app


def push(app: HttpApp, given: dict[str, Any] = PUSH, key: str | None = None, **changes: Any) -> Any:
    headers = {"idempotency-key": key} if key else {}
    return app.ask("POST /centre/messages", given | changes, token=SECRET, headers=headers)


@dataclass
class DiesAfterwards:
    """The first recipient is found, and the second one fails."""

    app: HttpApp
    asked: int = 0

    def __call__(self, *_: object) -> Addressee:
        self.asked += 1
        if self.asked > 1:
            raise StoreError("the table is out of reach")
        return ANNA


def messages(app: HttpApp, openid: str = "anna") -> list[InboxMessage]:
    return [*app.inbox.messages.get(openid, {}).values()]


def problem(answer: Any) -> tuple[int, str]:
    return answer.status, answer.json["type"].rpartition("#")[2]


def test_each_recipient_is_counted_once_however_often_the_app_repeats_itself(app: HttpApp) -> None:
    for _ in range(2):
        push(app, to=[TO_ANNA, {"openid": "oCy"}], key="order-7")
    assert app.counted == [{"PushesStored": 1, "PushesSkipped": 1}]


def test_a_push_is_in_the_inbox_under_the_apps_registered_name(app: HttpApp) -> None:
    answer = push(app)
    [message] = messages(app)
    assert (answer.status, answer.json) == (
        200,
        {"results": [{"to": TO_ANNA, "status": "stored", "message_id": message.id}]},
    )
    [shown] = app.ask("GET /me/inbox", token=app.user).json["items"]
    assert (shown["id"], shown["title"], shown["body"]) == (message.id, "Parcel", "It is here.")
    assert shown["from"] == {"kind": "app", "appid": APPID, "name": SHOP.name}
    assert shown["reminder"] == {"status": "queued"}


def test_several_recipients_have_a_result_each(app: HttpApp) -> None:
    answer = push(app, to=[TO_ANNA, TO_BO, {"key": "bOther"}, {"openid": "oCy"}])
    found = [(result["to"], result["status"], result.get("reason")) for result in answer.json["results"]]
    assert found == [
        (TO_ANNA, "stored", None),
        (TO_BO, "stored", None),
        ({"key": "bOther"}, "skipped", "unbound"),
        ({"openid": "oCy"}, "skipped", "unconfirmed"),
    ]


def test_all_texts_are_kept(app: HttpApp) -> None:
    fields = {"title": "T", "body": "B", "markdown": "**B**", "page": "/pages/order?id=7", "copy": "42"}
    push(app, {"to": TO_ANNA, **fields})
    assert [message.content for message in messages(app)] == [
        Content(title="T", body="B", markdown="**B**", page="pages/order?id=7", copy="42")
    ]


def test_a_push_may_be_weak_and_remind_for_a_time(app: HttpApp) -> None:
    push(app, level="weak")
    push(app, ttl=60)
    weak, strong = sorted(messages(app), key=lambda message: message.reminder is not None)
    assert weak.reminder is None
    assert strong.reminder
    assert strong.reminder.until - strong.at == 60_000


def test_the_same_key_pushes_once_and_answers_the_same(app: HttpApp) -> None:
    first = push(app, key="order-7")
    app.now += 5_000
    assert push(app, key="order-7").json == first.json
    assert len(messages(app)) == 1
    assert problem(push(app, key="order-7", body="other")) == (422, "idempotency-key-reused")


def test_a_push_that_died_goes_on_under_its_key(app: HttpApp) -> None:
    both = PUSH | {"to": [TO_BO, TO_ANNA]}
    app.reminder_queue.fails = True
    assert problem(push(app, both, key="k")) == (503, "store-unavailable")
    assert messages(app) + messages(app, "bo") == []
    app.reminder_queue.fails = False
    app.now += 5_000
    assert [result["status"] for result in push(app, both, key="k").json["results"]] == ["stored"] * 2
    assert (len(messages(app)), len(messages(app, "bo"))) == (1, 1)


def test_a_message_replaces_the_earlier_one_of_its_id(app: HttpApp) -> None:
    first = push(app, id="order-7").json["results"][0]
    app.now += 1
    second = push(app, id="order-7", title="Late").json["results"][0]
    assert first == second
    assert [message.content.title for message in messages(app)] == ["Late"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"title": "x" * 101}, "/title"),
        ({"body": "包" * 1_366}, "/body"),
        ({"url": "http://x.example"}, "/url"),
        ({"url": "https://"}, "/url"),
        ({"url": "https://user@x.example"}, "/url"),
        ({"page": "https://x.example"}, "/page"),
        ({"url": "https://x.example", "page": "pages/a"}, ""),
        ({"title": " ", "body": ""}, ""),
        ({"title": "\u200b", "body": "\u3000"}, ""),
        ({"level": "loud"}, "/level"),
        ({"level": "none"}, "/level"),
        ({"ttl": 59}, "/ttl"),
        ({"id": ""}, "/id"),
        ({"to": []}, "/to"),
        ({"to": [TO_ANNA] * 101}, "/to"),
        ({"to": {"key": "b", "openid": "o"}}, "/to/0"),
        ({"to": {}}, "/to/0"),
        ({"sound": "bell"}, "/sound"),
    ],
)
def test_what_breaks_the_contract_is_refused_where_it_does(
    app: HttpApp, changes: dict[str, Any], pointer: str
) -> None:
    answer = push(app, **changes)
    assert problem(answer) == (422, "invalid-request")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert messages(app) == []


def test_texts_at_the_limit_pass(app: HttpApp) -> None:
    assert push(app, title="包" * 100, body="包" * 1_365).status == 200


# ---- limits


def test_an_app_may_make_ten_requests_a_second(app: HttpApp) -> None:
    answers = [push(app, to={"key": "bOther"}) for _ in range(11)]
    assert [answer.status for answer in answers] == [200] * 10 + [429]
    assert problem(answers[-1]) == (429, "too-many-pushes")
    limits = answers[-1].headers
    assert limits["retry-after"] == "1"
    assert (limits["ratelimit-limit"], limits["ratelimit-remaining"], limits["ratelimit-reset"]) == (
        "10",
        "0",
        "1",
    )
    app.now += 1_000
    assert push(app).status == 200


def test_answers_tell_what_remains(app: HttpApp) -> None:
    headers = push(app).headers
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("10", "9")


def test_a_user_gets_sixty_messages_of_an_app_an_hour(app: HttpApp) -> None:
    for n in range(PER_HOUR):
        app.now += 200
        assert push(app, key=f"k{n}").status == 200
    app.now += 1_000
    answer = push(app, key="one more")
    assert problem(answer) == (429, "too-many-pushes")
    assert 3_500 < int(answer.headers["retry-after"]) <= 3_600
    assert [result.get("reason") for result in push(app, to=[TO_ANNA, TO_BO]).json["results"]] == [
        "rate_limited",
        None,
    ]
    app.now += 60 * 60 * 1_000
    assert push(app, key="one more").status == 200


def test_an_update_whose_answer_was_lost_is_not_stored_again_under_its_key(
    app: HttpApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the answer is kept, the function dies. By then the user has had as many as the limit allows."""
    for n in range(PER_HOUR - 1):
        app.now += 200
        assert push(app, id="order-7", key=f"k{n}").status == 200
    app.now += 1_000
    with monkeypatch.context() as dying:
        dying.setattr(app.addressees, "of_binding", DiesAfterwards(app))
        assert push(app, {**PUSH, "to": [TO_ANNA, TO_ANNA]}, id="order-7", key="last").status == 503
    places = [*app.inbox.messages["anna"]]
    app.now += 5_000
    answer = push(app, {**PUSH, "to": [TO_ANNA, TO_ANNA]}, id="order-7", key="last")
    assert [result["status"] for result in answer.json["results"]] == ["stored", "stored"]
    assert [*app.inbox.messages["anna"]] == places


# ---- receipts and recall


def sent(app: HttpApp) -> dict[str, str]:
    return {"message_id": str(push(app).json["results"][0]["message_id"])}


def test_an_app_reads_what_became_of_its_message(app: HttpApp) -> None:
    path = sent(app)
    answer = app.ask("GET /centre/messages/{message_id}", token=SECRET, path=path)
    assert list(answer.json) == ["stored_at", "checked"]
    app.preferences.change("anna", {"receipts": True})
    answer = app.ask("GET /centre/messages/{message_id}", token=SECRET, path=path)
    assert (answer.json["read"], answer.json["reminder"]) == (False, {"status": "queued"})


def test_an_app_takes_its_message_back(app: HttpApp) -> None:
    path = sent(app)
    assert app.ask("DELETE /centre/messages/{message_id}", token=SECRET, path=path).status == 204
    assert app.ask("GET /me/inbox", token=app.user).json["items"] == []
    answer = app.ask("GET /centre/messages/{message_id}", token=SECRET, path=path)
    assert problem(answer) == (404, "unknown-message")


def test_another_apps_message_is_not_found(app: HttpApp) -> None:
    path = sent(app)
    app.apps.add(replace(SHOP, appid="wx-bank"), "mpa_" + "b" * 40)
    answer = app.ask("DELETE /centre/messages/{message_id}", token="mpa_" + "b" * 40, path=path)
    assert problem(answer) == (404, "unknown-message")
    assert not messages(app)[0].is_deleted


# ---- access


@pytest.mark.parametrize("token", ["bAnna", "kAnna", "mpa_" + "x" * 40, None])
def test_a_key_is_an_address_and_no_credential(app: HttpApp, token: str | None) -> None:
    assert app.ask("POST /centre/messages", PUSH, token=token).status == 401
    assert messages(app) == []


def test_users_and_operators_push_nothing(app: HttpApp) -> None:
    assert app.ask("POST /centre/messages", PUSH).status == 403
    assert app.ask("POST /centre/messages", PUSH, token=app.user).status == 403


def test_a_banned_app_pushes_nothing(app: HttpApp) -> None:
    app.apps.change(APPID, {"banned_until": app.now + 1_000})
    assert problem(push(app)) == (403, "app-banned")
    assert messages(app) == []
