"""JSON and XML come out alike, and nothing that comes in breaks the reader."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minipush.wechat.errors import MalformedPushError
from minipush.wechat.events import read_event
from minipush.wechat.push_bodies import parse

LAUGHS = """<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><xml><Event>&b;</Event></xml>"""
FILE = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><xml><Event>&a;</Event></xml>"""
REMOTE = """<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><xml><Event>a</Event></xml>"""


def test_an_element_that_comes_again_is_a_list() -> None:
    xml = "<xml><A><![CDATA[a&b]]></A><L><T>1</T></L><L><T>2</T></L><E/></xml>"
    assert parse(xml.encode()) == {"A": "a&b", "L": [{"T": "1"}, {"T": "2"}], "E": ""}


def test_blanks_around_a_text_of_xml_are_left_out() -> None:
    xml = "<xml>\n  <A>\n    <![CDATA[ a b ]]>\n  </A>\n  <B> 1\t</B>\n  <E>\n  </E>\n</xml>\n"
    assert parse(xml.encode()) == {"A": "a b", "B": "1", "E": ""}


@pytest.mark.parametrize("body", ["<xml><A>1</A></xml>", '{"A": "1"}', ' {"A": "1"}'])
def test_a_byte_order_mark_is_left_out(body: str) -> None:
    assert parse(body.encode("utf-8-sig")) == {"A": "1"}


@pytest.mark.parametrize("raw", ["\n", "\t", "\b"])
def test_json_may_have_raw_control_characters_in_its_texts(raw: str) -> None:
    assert parse(f'{{"Event":"a{raw}b"}}'.encode()) == {"Event": f"a{raw}b"}


@pytest.mark.parametrize(
    "xml", [LAUGHS, FILE, REMOTE, "<!DOCTYPE xml><xml><A>1</A></xml>", "<xml><A>&x;</A></xml>"]
)
def test_a_dtd_and_entities_are_refused(xml: str) -> None:
    with pytest.raises(MalformedPushError):
        parse(xml.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "cp932", "no-such"])
def test_another_encoding_is_read_or_refused(encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?><xml><A>1</A></xml>'
    try:
        fields = parse(xml.encode("utf-16" if encoding == "utf-16" else "ascii"))
    except MalformedPushError:
        return
    assert fields == {"A": "1"}


@pytest.mark.parametrize("depth", [17, 1000, 100_000])
def test_what_is_too_deep_is_refused(depth: int) -> None:
    with pytest.raises(MalformedPushError):
        parse(b"<a>" * depth + b"</a>" * depth + b"")


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.just("subscribe_msg_popup_event"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
fields = st.dictionaries(
    st.sampled_from(["FromUserName", "CreateTime", "List", "SubscribeMsgPopupEvent", "SubscribeMsgSentEvent"]),
    values | st.lists(st.dictionaries(st.sampled_from(["TemplateId", "MsgID", "ErrorCode", "SubscribeStatusString"]), values)),
)  # fmt: skip
kinds = st.sampled_from(
    ["subscribe_msg_popup_event", "subscribe_msg_change_event", "subscribe_msg_sent_event"]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    body=st.binary()
    | st.text().map(str.encode)
    | st.text("<>/xml&;![]CDATA?\"' ").map(lambda t: f"<{t}".encode())
)
def test_any_bytes_are_read_or_malformed(body: bytes) -> None:
    try:
        found = parse(body)
    except MalformedPushError:
        return
    assert isinstance(found, dict)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(kind=kinds, given_fields=fields)
def test_any_fields_are_an_event_or_none(kind: str, given_fields: dict[str, object]) -> None:
    pushed = given_fields | {"MsgType": "event", "Event": kind}
    event = read_event(parse(json.dumps(pushed).encode()))
    assert event is None or event.openid
