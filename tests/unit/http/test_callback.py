"""The callback over HTTP, on stores in memory: what WeChat reads."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.http_app import Answer, Context, request
from support.memory import MemoryProcessedEvents, MemoryStore, MemoryUsedNonces
from support.statistics import MemoryStatistics

from minipush.adapters.wechat.events import subscription_event
from minipush.application.events.handle_wechat_event import EventResult, HandleWeChatEvent
from minipush.application.permits.collect_permits import CollectResult
from minipush.application.record_statistics import RecordStatistics
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.statistics import Activity
from minipush.errors import StoreError
from minipush.http.routes import callback
from minipush.http.routes.callback import CHECK, PUSH, WeChatCallback
from minipush.wechat.callback import TRIAL_SENDER, Callback, PushCredentials, sign
from minipush.wechat.encryption import Encryption
from minipush.wechat.events import Event, read_event

NOW = 1_800_000_000_000
TOKEN, KEY, APPID = "a-token", "A" * 43, "wx5e1f0000c0ffee01"
REJECT = {
    "ToUserName": "gh_x",
    "FromUserName": "anna",
    "CreateTime": NOW // 1000,
    "MsgType": "event",
    "Event": "subscribe_msg_change_event",
    "List": {"TemplateId": "T1", "SubscribeStatusString": "reject"},
}
FAILED = REJECT | {
    "Event": "subscribe_msg_sent_event",
    "List": {"TemplateId": "T1", "MsgID": "7", "ErrorCode": "5"},
}


@dataclass
class Door:
    """`token`, `key` and `accepts_plain` are what the secret holds."""

    token: str = TOKEN
    key: str = KEY
    replaced: list[PushCredentials] = field(default_factory=list)
    accepts_plain: bool = True
    store: MemoryStore = field(default_factory=MemoryStore)
    counted: list[Any] = field(default_factory=list)
    pushes_noted: list[str] = field(default_factory=list)
    statistics: MemoryStatistics = field(default_factory=MemoryStatistics)
    fails: Exception | None = None
    patience_seconds: float = callback.PATIENCE_SECONDS

    def __post_init__(self) -> None:
        self.store.add("anna", [Permit(permit_kinds.ONCE, "1", template_id="T1")])
        self._handle = HandleWeChatEvent(
            self.store, MemoryProcessedEvents(), None, lambda *_: None, lambda *_: False, lambda: NOW
        )
        nonces = MemoryUsedNonces()
        self.service = WeChatCallback[Event](
            self.read,
            lambda nonce, body: nonces.take(nonce, body, NOW),
            read_event,
            self.handle,
            self.counted.append,
            lambda _: None,
            RecordStatistics(lambda: self.statistics, lambda: NOW),
            self.pushes_noted.append,
            self.patience_seconds,
        )

    def read(self) -> Callback:
        return Callback(
            APPID,
            self.token,
            self.key,
            lambda: NOW,
            accepts_plain=self.accepts_plain,
            replaced=self.replaced,
        )

    def handle(self, event: Event) -> EventResult:
        if self.fails:
            raise self.fails
        return self._handle(subscription_event(event))

    def ask(self, route: str, query: dict[str, str] | None, body: Any = None, **fields: Any) -> Answer:
        return Answer(self.service(request(route, body, token=None, query=query, **fields), Context()))

    @property
    def permits(self) -> int:
        return len(self.store.read("anna").live(NOW))


@pytest.fixture
def door() -> Door:
    return Door()


def signed(*parts: str, name: str = "signature", at: int = NOW // 1000) -> dict[str, str]:
    return {"timestamp": str(at), "nonce": "n", name: sign(TOKEN, str(at), "n", *parts)}


def secure(message: Any, appid: str = APPID) -> tuple[dict[str, str], dict[str, str]]:
    encrypted = Encryption(KEY, appid).encrypt(json.dumps(message).encode())
    return signed(encrypted, name="msg_signature") | {"encrypt_type": "aes"}, {"Encrypt": encrypted}


def is_success(answer: Answer) -> bool:
    return (answer.status, answer.raw["body"], answer.headers["content-type"]) == (
        200,
        "success",
        "text/plain; charset=utf-8",
    )


def test_the_url_check_is_answered_with_the_bare_echostr(door: Door) -> None:
    answer = door.ask(CHECK, signed() | {"echostr": "4375120948345356249"})
    assert (answer.status, answer.raw["body"]) == (200, "4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-request-id"] == "of-the-request"


@pytest.mark.parametrize("query", [None, {}, {"echostr": "e"}, signed("more") | {"echostr": "e"}])
def test_a_url_check_that_wechat_did_not_sign_is_403(door: Door, query: dict[str, str] | None) -> None:
    answer = door.ask(CHECK, query)
    assert answer.status == 403
    assert answer.is_a_problem()


def test_a_plain_push_takes_effect(door: Door) -> None:
    assert is_success(door.ask(PUSH, signed(), REJECT))
    assert door.permits == 0
    assert door.counted == [{"PermitsWithdrawn": 1}]


def test_an_encrypted_push_takes_effect(door: Door) -> None:
    assert is_success(door.ask(PUSH, *secure(REJECT)))
    assert door.permits == 0


def test_a_push_of_the_rotation_itself_is_no_sign_of_wechat(door: Door) -> None:
    door.ask(PUSH, *secure(REJECT | {"FromUserName": TRIAL_SENDER, "Event": TRIAL_SENDER}))
    assert door.pushes_noted == []
    door.ask(PUSH, *secure(REJECT))
    assert door.pushes_noted == [""]


def test_a_push_with_new_credentials_is_noted_with_their_mark_while_older_ones_count(door: Door) -> None:
    old = PushCredentials("an-old-token", "B" * 43)
    door.replaced = [old]
    door.ask(PUSH, *secure(REJECT))
    assert door.pushes_noted == [PushCredentials(TOKEN, KEY).mark]
    assert old.mark != PushCredentials(TOKEN, KEY).mark


def test_a_compatible_push_takes_effect(door: Door) -> None:
    query, body = secure(REJECT)
    assert is_success(door.ask(PUSH, query, REJECT | body))
    assert door.permits == 0


@pytest.mark.parametrize("is_base64", [False, True])
def test_xml_takes_effect_as_text_and_as_base64(door: Door, *, is_base64: bool) -> None:
    xml = (
        f"<xml><FromUserName>anna</FromUserName><CreateTime>{NOW // 1000}</CreateTime><MsgType>event</MsgType>"
        "<Event>subscribe_msg_change_event</Event><SubscribeMsgChangeEvent><List><TemplateId>T1</TemplateId>"
        "<SubscribeStatusString>reject</SubscribeStatusString></List></SubscribeMsgChangeEvent></xml>"
    )
    body = base64.b64encode(xml.encode()).decode() if is_base64 else xml
    answer = door.ask(PUSH, signed(), body, isBase64Encoded=is_base64, headers={"content-type": "text/xml"})
    assert is_success(answer)
    assert door.permits == 0


def test_a_repeated_push_changes_and_counts_nothing(door: Door) -> None:
    door.ask(PUSH, signed(), REJECT)
    assert is_success(door.ask(PUSH, signed(), REJECT))
    assert door.counted == [{"PermitsWithdrawn": 1}]


def test_what_an_event_changes_is_added_to_the_statistics(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    corrected = Activity(sent=-1, failed=1, by_reason={"refused": 1})
    result = EventResult(CollectResult(stored=1, permits=1), confirmed=2, corrected=corrected)
    monkeypatch.setattr(door, "_handle", lambda _: result)
    door.ask(PUSH, signed(), REJECT)
    assert door.statistics.total() == Activity(
        collected=1, sent=1, failed=1, unknown=-2, by_reason={"refused": 1}
    )


def test_an_event_that_changes_nothing_adds_nothing(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_handle", lambda _: EventResult())
    door.ask(PUSH, signed(), REJECT)
    assert door.statistics.activities == {}


@pytest.mark.parametrize("changed", [{"Event": "debug_demo"}, {"MsgType": "text"}, {"List": "what"}])
def test_what_is_not_known_is_a_success_that_does_nothing(door: Door, changed: dict[str, str]) -> None:
    assert is_success(door.ask(PUSH, signed(), REJECT | changed))
    assert door.permits == 1


def test_where_there_is_a_key_a_plain_push_is_403_unless_it_is_accepted() -> None:
    strict = Door(accepts_plain=False)
    assert strict.ask(PUSH, signed(), REJECT).status == 403
    assert strict.permits == 1
    assert is_success(strict.ask(PUSH, *secure(REJECT)))
    assert is_success(Door(key="", accepts_plain=False).ask(PUSH, signed(), REJECT))


def test_a_captured_signature_opens_no_other_body(door: Door) -> None:
    other = REJECT | {"FromUserName": "bob"}
    door.store.add("bob", [Permit(permit_kinds.ONCE, "1", template_id="T1")])
    assert is_success(door.ask(PUSH, signed(), REJECT))
    assert door.ask(PUSH, signed(), other).status == 403
    assert len(door.store.read("bob").live(NOW)) == 1
    assert is_success(door.ask(PUSH, signed(), REJECT))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_url_check_is_403(door: Door, seconds: int) -> None:
    query = signed(at=NOW // 1000 + seconds) | {"echostr": "e"}
    assert door.ask(CHECK, query).status == 403


@pytest.mark.parametrize(("entries", "status"), [(100, 200), (101, 400), (15_000, 400)])
def test_an_event_has_a_hundred_entries_at_most(door: Door, entries: int, status: int) -> None:
    listed = [{"TemplateId": f"T{n}", "SubscribeStatusString": "reject"} for n in range(entries)]
    assert door.ask(PUSH, signed(), REJECT | {"List": listed}).status == status
    assert door.permits == (0 if status == 200 else 1)


def refused() -> Iterator[Any]:
    yield pytest.param(signed("more"), REJECT, id="wrong signature")
    yield pytest.param(signed(at=NOW // 1000 - 301), REJECT, id="old")
    yield pytest.param({}, REJECT, id="no signature")
    yield pytest.param(signed(), secure(REJECT)[1], id="the plain signature for what is encrypted")
    yield pytest.param(*secure(REJECT, "wxanother"), id="another mini-program")
    broken = base64.b64encode(b"x" * 64).decode()
    yield pytest.param(signed(broken, name="msg_signature"), {"Encrypt": broken}, id="broken padding")


@pytest.mark.parametrize(("query", "body"), [*refused()])
def test_what_wechat_did_not_push_is_403_and_does_nothing(
    door: Door, query: dict[str, str], body: Any
) -> None:
    answer = door.ask(PUSH, query, body)
    assert answer.status == 403
    assert answer.is_a_problem()
    assert (door.permits, door.counted) == (1, [])


def test_without_a_token_all_is_403() -> None:
    door = Door(token="")
    empty = {"timestamp": str(NOW // 1000), "nonce": "n", "signature": sign("", str(NOW // 1000), "n")}
    assert door.ask(CHECK, empty | {"echostr": "e"}).status == 403
    assert door.ask(PUSH, empty, REJECT).status == 403
    assert door.permits == 1


@pytest.mark.parametrize("size", [1024 * 1024, 1024 * 1024 + 1])
def test_a_body_has_a_megabyte_at_most(door: Door, size: int) -> None:
    body = json.dumps(REJECT | {"more": ""})
    body = body[:-2] + "m" * (size - len(body)) + body[-2:]
    assert door.ask(PUSH, signed(), body).status == (200 if size == 1024 * 1024 else 413)


def test_what_is_signed_and_cannot_be_read_is_400(door: Door) -> None:
    for body, fields in (("{", {}), ("<xml>", {}), ("?", {"isBase64Encoded": True}), ("", {})):
        assert door.ask(PUSH, signed(), body, **fields).status == 400


@pytest.mark.parametrize("error", [StoreError("gone"), RuntimeError("a mistake")])
def test_what_could_not_be_kept_is_500_so_that_wechat_repeats(door: Door, error: Exception) -> None:
    door.fails = error
    answer = door.ask(PUSH, signed(), REJECT)
    assert answer.status == 500
    assert answer.is_a_problem()
    door.fails = None
    assert is_success(door.ask(PUSH, signed(), REJECT))
    assert door.permits == 0


def test_a_store_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(patience_seconds=0.05)
    goes_on = threading.Event()
    monkeypatch.setattr(MemoryStore, "withdraw", lambda *_: goes_on.wait(30))
    assert door.ask(PUSH, signed(), REJECT).status == 500
    goes_on.set()


def test_wechat_is_answered_well_before_it_hangs_up() -> None:
    assert callback.PATIENCE_SECONDS < 5


def test_a_failure_is_logged_without_the_user(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        door.ask(PUSH, signed(), FAILED)
    [line] = [record for record in caplog.records if "could not deliver" in record.getMessage()]
    assert (line.template_id, line.msgid, line.errcode) == ("T1", "7", 5)  # type: ignore[attr-defined]
    assert not any("anna" in repr(record.__dict__) for record in caplog.records)
    assert door.counted == [{"MessagesFailedLater": 1}]


def test_no_refusal_tells_the_log_what_was_sent(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        for query, body in ((signed("more"), REJECT), secure(REJECT, "wxanother")):
            door.ask(PUSH, query, body)
    assert len(caplog.records) == 4
    for secret in ("anna", TOKEN, KEY, "wxanother"):
        assert not any(secret in repr(record.__dict__) for record in caplog.records)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    query=st.dictionaries(
        st.sampled_from(["signature", "timestamp", "nonce", "msg_signature", "encrypt_type", "echostr"]),
        st.text() | st.just(str(NOW // 1000)),
    ),
    is_base64=st.booleans(),
)
def test_what_nobody_signed_opens_nothing(
    door: Door, body: str, query: dict[str, str], *, is_base64: bool
) -> None:
    assert door.ask(CHECK, query).status == 403
    assert door.ask(PUSH, query, body, isBase64Encoded=is_base64).status in {400, 403}


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.text() | st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape")))
def test_whatever_is_signed_is_never_our_fault(door: Door, body: str) -> None:
    assert door.ask(PUSH, signed(), body).status in {200, 400}
