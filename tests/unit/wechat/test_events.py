"""One event, in each of the shapes that WeChat has given it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from minipush.wechat.events import ChangeEvent, Choice, DeliveryReport, PopupEvent, SentEvent, read_event
from minipush.wechat.push_bodies import parse

AT = 1610969440
EVENTS = {
    "SubscribeMsgPopupEvent": ("subscribe_msg_popup_event", PopupEvent),
    "SubscribeMsgChangeEvent": ("subscribe_msg_change_event", ChangeEvent),
    "SubscribeMsgSentEvent": ("subscribe_msg_sent_event", SentEvent),
}
type Shape = Callable[[str, list[dict[str, Any]]], bytes]


def common(wrapper: str, created: Any) -> dict[str, Any]:
    return {
        "ToUserName": "gh_x",
        "FromUserName": "anna",
        "CreateTime": created,
        "MsgType": "event",
        "Event": EVENTS[wrapper][0],
    }


def as_xml(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    def of(name: str, value: Any) -> str:
        return f"<{name}>{value if isinstance(value, int) else f'<![CDATA[{value}]]>'}</{name}>"

    lists = "".join(
        "<List>" + "".join(of(*field) for field in entry.items()) + "</List>" for entry in entries
    )
    head = "".join(of(*field) for field in common(wrapper, AT).items())
    return f"<xml>{head}<{wrapper}>{lists}</{wrapper}></xml>".encode()


def formatted_xml(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    return b"\xef\xbb\xbf" + as_xml(wrapper, entries).replace(b">", b">\n  ").replace(b"<", b"\n<")


def at_the_top(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    return json.dumps(common(wrapper, AT) | {"List": entries if len(entries) > 1 else entries[0]}).encode()


def an_array_always(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    return json.dumps(common(wrapper, str(AT)) | {"List": entries}).encode()


def nested(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    inner = {"List": entries if len(entries) > 1 else entries[0]}
    return json.dumps(common(wrapper, str(AT)) | {wrapper: inner}).encode()


def texts_for_numbers(wrapper: str, entries: list[dict[str, Any]]) -> bytes:
    texts = [{name: str(value) for name, value in entry.items()} for entry in entries]
    return at_the_top(wrapper, texts)


SHAPES = [as_xml, formatted_xml, at_the_top, an_array_always, nested, texts_for_numbers]
ACCEPT = {"TemplateId": "T1", "SubscribeStatusString": "accept", "PopupScene": 0}
REJECT = {"TemplateId": "T2", "SubscribeStatusString": "reject", "PopupScene": 0}
SENT = {"TemplateId": "T1", "MsgID": 1700827132819554304, "ErrorCode": 0, "ErrorStatus": "success"}
FAILED = {"TemplateId": "T2", "MsgID": 2, "ErrorCode": 5, "ErrorStatus": "failed"}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wrapper", ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"])
@pytest.mark.parametrize("entries", [[REJECT], [ACCEPT, REJECT]], ids=["one", "two"])
def test_choices_are_read_in_any_shape(shape: Shape, wrapper: str, entries: list[dict[str, Any]]) -> None:
    choices = tuple(Choice(entry["TemplateId"], entry["SubscribeStatusString"]) for entry in entries)
    assert read_event(parse(shape(wrapper, entries))) == EVENTS[wrapper][1]("anna", AT, choices)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("entries", [[SENT], [SENT, FAILED]], ids=["one", "two"])
def test_results_are_read_in_any_shape(shape: Shape, entries: list[dict[str, Any]]) -> None:
    results = tuple(DeliveryReport(e["TemplateId"], str(e["MsgID"]), e["ErrorCode"]) for e in entries)
    assert read_event(parse(shape("SubscribeMsgSentEvent", entries))) == SentEvent("anna", AT, results)


@pytest.mark.parametrize(
    ("entry", "errcode"),
    [({"ErrorStatus": "success"}, 0), ({"ErrorCode": "0"}, 0), ({"ErrorCode": "what"}, None), ({}, None)],
)
def test_a_result_that_names_no_number_is_none(entry: dict[str, str], errcode: int | None) -> None:
    event = read_event(parse(an_array_always("SubscribeMsgSentEvent", [entry])))
    assert event == SentEvent("anna", AT, (DeliveryReport("", "", errcode),))


@pytest.mark.parametrize(
    "changed",
    [{"Event": "debug_demo"}, {"MsgType": "text"}, {"FromUserName": ""}, {"FromUserName": None},
     {"CreateTime": "soon"}, {"CreateTime": True}, {"Event": ["subscribe_msg_popup_event"]}],
)  # fmt: skip
def test_anything_else_is_no_event_of_ours(changed: dict[str, Any]) -> None:
    assert read_event(common("SubscribeMsgPopupEvent", AT) | {"List": ACCEPT} | changed) is None


@pytest.mark.parametrize(
    "entries", [None, "text", [], ["text"], {}, [{"TemplateId": "T1"}], [{"TemplateId": {}}]]
)
def test_entries_that_say_nothing_are_left_out(entries: Any) -> None:
    event = read_event(common("SubscribeMsgPopupEvent", AT) | {"List": entries})
    assert event == PopupEvent("anna", AT, ())
