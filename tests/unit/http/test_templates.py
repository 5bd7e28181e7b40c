"""Templates as they are synced and listed, and what a message's fields are held to."""

from typing import Any

import pytest
from support.http_app import NOW, HttpApp

from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.http.schemas.messages import MessageRequest
from minipush.wechat.errcodes import code_of
from minipush.wechat.errors import ConnectError, RefusedError
from minipush.wechat.templates import AccountTemplate

CLASS = AccountTemplate(
    "T1",
    "上课提醒",
    "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}",
    "课程:瑜伽\n时间:19:30",
    is_long_term=False,
    keys=("thing1", "time2"),
    enums={},
)
ALARM = AccountTemplate(
    "T2",
    "设备提醒",
    "位置:{{enum_string1.DATA}}",
    "位置:客厅",
    is_long_term=True,
    keys=("enum_string1",),
    enums={"enum_string1": ("客厅", "车库")},
)
MESSAGE = {
    "type": "subscribe",
    "template_id": "T1",
    "data": {"thing1": {"value": "瑜伽"}, "time2": {"value": "19:30"}},
}


@pytest.fixture
def synced(app: HttpApp) -> HttpApp:
    app.account.templates = [ALARM, CLASS]
    assert app.ask("POST /templates/sync").status == 200
    return app


def send(app: HttpApp, **changes: Any) -> Any:
    app.store.add("anna", [Permit(permit_kinds.ONCE, "a", template_id="T1")])
    return app.ask("POST /messages", MESSAGE | {"touser": "anna"} | changes)


def make(app: HttpApp, *, dry_run: bool = False, **changes: Any) -> Any:
    message = MESSAGE | changes
    body = {"name": "n", "message": message, "audience": {"type": "all"}, "dry_run": dry_run}
    return app.ask("POST /campaigns", body)


def data(**values: str) -> dict[str, Any]:
    return {key: {"value": value} for key, value in values.items()}


# ---- what is known


def test_before_the_first_sync_nothing_is_known(app: HttpApp) -> None:
    assert app.ask("GET /templates").json == {"items": [], "next_cursor": None, "synced_at": None}


def test_a_sync_tells_what_it_learnt_and_that_is_listed_from_then_on(app: HttpApp) -> None:
    app.account.templates = [ALARM, CLASS]
    told = app.ask("POST /templates/sync").json
    assert told["items"] == [
        {
            "template_id": "T1",
            "title": "上课提醒",
            "type": "once",
            "keys": ["thing1", "time2"],
            "enums": {},
            "content": "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}",
            "example": "课程:瑜伽\n时间:19:30",
        },
        {
            "template_id": "T2",
            "title": "设备提醒",
            "type": "long",
            "keys": ["enum_string1"],
            "enums": {"enum_string1": ["客厅", "车库"]},
            "content": "位置:{{enum_string1.DATA}}",
            "example": "位置:客厅",
        },
    ]
    assert told["synced_at"]
    app.now += 1000
    assert app.ask("GET /templates").json == told


def test_templates_page(synced: HttpApp) -> None:
    first = synced.ask("GET /templates", query={"limit": "1"}).json
    second = synced.ask("GET /templates", query={"limit": "1", "cursor": first["next_cursor"]}).json
    assert [item["template_id"] for item in first["items"] + second["items"]] == ["T1", "T2"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["", "T3", "T", "é"])
def test_a_cursor_that_was_none_is_422(synced: HttpApp, cursor: str) -> None:
    answer = synced.ask("GET /templates", query={"cursor": cursor})
    assert (answer.status, answer.pointers) == (422, ["/cursor"])


def test_what_wechat_no_longer_has_is_forgotten_by_the_next_sync(synced: HttpApp) -> None:
    synced.account.templates = [ALARM]
    synced.ask("POST /templates/sync")
    assert [item["template_id"] for item in synced.ask("GET /templates").json["items"]] == ["T2"]


@pytest.mark.parametrize(
    ("failure", "said", "passes"),
    [
        (RefusedError(code_of(45009)), "45009", False),
        (RefusedError(code_of(-1)), "-1", True),
        (ConnectError("no route"), "no connection", True),
    ],
)
def test_a_sync_that_wechat_refuses_is_503_and_changes_nothing(
    synced: HttpApp, failure: Any, said: str, passes: bool
) -> None:
    before = synced.ask("GET /templates").json
    synced.account.failure = failure
    answer = synced.ask("POST /templates/sync")
    assert answer.status == 503
    assert said in answer.json["detail"]
    assert ("retry-after" in answer.headers) is passes
    assert synced.ask("GET /templates").json == before


# ---- what messages are held to

WRONG = [
    ({"data": data(thing1="字" * 21, time2="19:30")}, ["/data/thing1/value"]),
    ({"data": data(thing1="瑜伽", time2="half past seven")}, ["/data/time2/value"]),
    ({"data": data(thing1="", time2="9")}, ["/data/thing1/value", "/data/time2/value"]),
    ({"data": {}}, ["/data"]),
    ({"data": None}, ["/data"]),
    ({"data": data(thing1="\u200b")}, ["/data/thing1/value"]),
    ({"data": None, "keywords": ["a", "b"]}, ["/keywords"]),
    ({"data": data(**{"a/b": " "})}, ["/data/a~1b", "/data/a~1b/value"]),
    ({"data": data(**{"thing1.DATA": "a"})}, ["/data/thing1.DATA"]),
    ({"data": data(**{"{{thing1.DATA}}": "a"})}, ["/data/{{thing1.DATA}}"]),
    ({"data": data(**{"": "a", "thing3\t": "b", "Thing1": "c", "thing": "d"})},
     ["/data/", "/data/thing3\t", "/data/Thing1", "/data/thing"]),
    ({"data": data(**{"thing1.DATA": "a"}), "fields": "unchecked"}, ["/data/thing1.DATA"]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "pointers"), WRONG)
def test_a_field_that_wechat_would_refuse_is_pointed_at_and_costs_no_permit(
    app: HttpApp, changes: dict[str, Any], pointers: list[str]
) -> None:
    answer = send(app, **changes)
    assert (answer.status, answer.pointers) == (422, pointers)
    assert answer.is_a_problem()
    assert app.store.read("anna").live(NOW)
    assert app.counted == []


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize(("changes", "pointers"), WRONG)
def test_a_campaign_is_pointed_into_alike_and_never_made(
    app: HttpApp, changes: dict[str, Any], pointers: list[str], dry_run: bool
) -> None:
    answer = make(app, dry_run=dry_run, **changes)
    assert (answer.status, answer.pointers) == (422, ["/message" + pointer for pointer in pointers])
    assert app.campaigns.campaigns == {}


def test_a_message_can_leave_its_values_to_wechat(synced: HttpApp) -> None:
    values = data(thing1="字" * 21, time2="half past seven")
    assert send(synced, data=values).status == 422
    sent = send(synced, data=values, fields="unchecked")
    assert sent.json["results"][0]["status"] == "sent"
    assert make(synced, data=values, fields="unchecked").status == 201
    elsewhere = data(enum_string1="花园")
    assert make(synced, template_id="T2", data=elsewhere, fields="unchecked").status == 201


def test_a_message_that_asks_for_no_less_is_the_body_it_was() -> None:
    """A key that was used before an update must still match the same body after it."""
    assert "fields" not in MessageRequest.model_validate(MESSAGE | {"touser": "anna"}).model_dump()


def test_a_message_that_leaves_its_values_to_wechat_still_has_all_its_fields(synced: HttpApp) -> None:
    answer = send(synced, data=data(thing1=" ", thing3="b"), fields="unchecked")
    assert answer.pointers == ["/data/thing1/value", "/data/thing3", "/data/time2"]


def test_nothing_is_cut_to_fit(app: HttpApp) -> None:
    answer = make(app, data=data(thing1="字" * 20))
    assert answer.json["message"]["data"] == data(thing1="字" * 20)


def test_a_template_that_is_not_known_is_held_to_its_prefixes_alone(synced: HttpApp) -> None:
    assert send(synced, template_id="T9", data=data(thing4="a")).status == 200
    assert send(synced, template_id="T9", data=data(number4="a")).pointers == ["/data/number4/value"]


def test_a_known_template_wants_all_its_fields_and_no_others(synced: HttpApp) -> None:
    assert send(synced).json["results"][0]["status"] == "sent"
    assert send(synced, data=data(thing1="a")).pointers == ["/data/time2"]
    assert send(synced, data=data(thing1="a", time2="19:30", thing3="b")).pointers == ["/data/thing3"]
    assert make(synced, data={}).pointers == ["/message/data/thing1", "/message/data/time2"]


def test_a_key_as_the_template_writes_it_is_answered_with_the_key_to_write(synced: HttpApp) -> None:
    answer = send(synced, data=data(**{"thing1.DATA": "a"}, time2="19:30"))
    assert answer.json["errors"] == [
        {
            "pointer": "/data/thing1.DATA",
            "detail": "write thing1: the .DATA belongs to the template's text, not to the key",
        },
        {"pointer": "/data/thing1", "detail": "thing1 is missing"},
    ]


def test_keywords_of_a_subscribe_message_are_refused_with_what_to_give(synced: HttpApp) -> None:
    answer = send(synced, data=None, keywords=["a"])
    assert answer.pointers == ["/keywords"]
    assert "give data" in answer.json["errors"][0]["detail"]


def test_a_known_enum_takes_its_values_alone(synced: HttpApp) -> None:
    assert make(synced, template_id="T2", data=data(enum_string1="客厅")).status == 201
    answer = make(synced, template_id="T2", data=data(enum_string1="花园"))
    assert answer.pointers == ["/message/data/enum_string1/value"]


def test_template_messages_have_free_text(synced: HttpApp) -> None:
    synced.store.add("anna", [Permit(permit_kinds.FORM, "f", NOW + 60_000)])
    answer = send(synced, type="template", data=data(thing1="字" * 21, number2="many"))
    assert answer.json["results"][0]["status"] == "sent"


def test_a_request_that_was_refused_may_be_corrected_under_its_own_key_or_a_new_one(
    app: HttpApp,
) -> None:
    body, headers = MESSAGE | {"touser": "anna"}, {"idempotency-key": "k"}
    wrong = body | {"data": data(time2="noon")}
    answers = [app.ask("POST /messages", wrong, headers=headers) for _ in range(2)]
    assert [answer.status for answer in answers] == [422, 422]
    first = app.ask("POST /messages", body, headers=headers)
    assert first.status == 200
    assert app.ask("POST /messages", body, headers=headers).json == first.json
    assert app.ask("POST /messages", wrong, headers=headers).status == 422
    assert app.ask("POST /messages", body, headers={"idempotency-key": "k2"}).status == 200


def test_a_repeat_is_answered_as_at_first_whatever_was_synced_meanwhile(app: HttpApp) -> None:
    body, headers = MESSAGE | {"touser": "anna", "data": data(thing1="a")}, {"idempotency-key": "k"}
    first = app.ask("POST /messages", body, headers=headers)
    app.account.templates = [CLASS]
    app.ask("POST /templates/sync")
    assert app.ask("POST /messages", body, headers=headers).json == first.json
    assert app.ask("POST /messages", body).status == 422
