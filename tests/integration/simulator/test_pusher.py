"""The events that the simulator pushes by itself, on real sockets."""

import time
from typing import Any

import pytest
import requests
from support.receiver import KEY, TOKEN, Receiver

from local.simulator.pushes import callbacks, pusher
from local.simulator.simulator import Simulator
from local.simulator.state import SimulatorOptions
from local.simulator.wechat import SUBSCRIBE_SEND
from minipush.wechat.events import ChangeEvent, Choice, DeliveryReport, PopupEvent, SentEvent

AT_ONCE = 1.0


@pytest.fixture
def anna(simulator: Simulator, callback: Receiver) -> str:
    """A user of a simulator that pushes to the callback."""
    simulator.control.configure(callback_url=callback.url, callback_token=TOKEN)
    return simulator.control.add_user("anna").openid


def send(simulator: Simulator, access_token: str, openid: str) -> dict[str, Any]:
    fields = {"touser": openid, "template_id": "T1", "data": {"thing1": {"value": "tea"}}}
    query = {"access_token": access_token}
    answer = requests.post(simulator.url + SUBSCRIBE_SEND, params=query, json=fields, timeout=5)
    return dict(answer.json())


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
@pytest.mark.parametrize("written", ["json", "xml"])
def test_what_a_user_does_arrives_in_every_mode_and_format(
    simulator: Simulator, callback: Receiver, anna: str, mode: str, written: str
) -> None:
    simulator.control.configure(encoding_aes_key=KEY, callback_mode=mode, callback_format=written)
    simulator.control.popup(anna, {"T1": "accept", "T2": "reject"})
    simulator.control.reject(anna, "T1")
    assert simulator.control.settle()["delivered"] == 2
    popup, change = callback.events
    assert isinstance(popup, PopupEvent)
    assert (popup.openid, popup.entries) == (anna, (Choice("T1", "accept"), Choice("T2", "reject")))
    assert isinstance(change, ChangeEvent)
    assert (change.openid, change.entries) == (anna, (Choice("T1", "reject"),))
    assert (b"anna" in callback.got[0][1]) is (mode != "secure")


def test_a_key_makes_it_secure_and_none_plain(simulator: Simulator, callback: Receiver, anna: str) -> None:
    simulator.control.reject(anna, "T1")
    simulator.control.settle()
    simulator.control.configure(encoding_aes_key=KEY)
    simulator.control.reject(anna, "T2")
    simulator.control.settle()
    assert [b"Encrypt" in body for _, body in callback.got] == [False, True]


@pytest.mark.parametrize("changes", [{"callback_mode": "secure"}, {"encoding_aes_key": "short"}])
def test_a_callback_that_makes_no_sense_is_refused(
    simulator: Simulator, callback: Receiver, changes: dict[str, str]
) -> None:
    with pytest.raises(requests.HTTPError) as refused:
        simulator.control.configure(callback_url=callback.url, **changes)
    assert refused.value.response.status_code == 400
    assert simulator.control.settings()["callback_url"] is None


def test_each_accepted_message_has_a_delivery_report_with_its_msgid(
    simulator: Simulator, callback: Receiver, anna: str, access_token: str
) -> None:
    simulator.control.accept(anna, "T1")
    msgid = send(simulator, access_token, anna)["msgid"]
    assert send(simulator, access_token, anna)["errcode"] == 43101
    simulator.control.settle()
    sent = [event for event in callback.events if isinstance(event, SentEvent)]
    assert [event.entries for event in sent] == [(DeliveryReport("T1", str(msgid), 0),)]


def test_an_accepted_message_can_fail_later(
    simulator: Simulator, callback: Receiver, anna: str, access_token: str
) -> None:
    ben = simulator.control.add_user().openid
    simulator.control.fault("undelivered", openid=anna, errcode=-7, error_status="failed: system failed")
    for openid in (anna, ben):
        simulator.control.accept(openid, "T1", 2)
    answers = [send(simulator, access_token, openid) for openid in (anna, anna, ben)]
    assert [answer["errcode"] for answer in answers] == [0, 0, 0]
    simulator.control.settle()
    results = {
        entry.msgid: entry.errcode
        for event in callback.events
        if isinstance(event, SentEvent)
        for entry in event.entries
    }
    assert results == {str(answer["msgid"]): code for answer, code in zip(answers, (-7, 0, 0), strict=True)}
    assert [message["undelivered"] for message in simulator.control.messages()] == [-7, None, None]
    assert simulator.control.summary()["undelivered"] == 1
    entry = [*simulator.control.pushes(anna)][-2]["entries"][0]
    assert (entry["ErrorCode"], entry["ErrorStatus"]) == ("-7", "failed: system failed")


def test_a_push_is_tried_three_times_in_all(simulator: Simulator, callback: Receiver, anna: str) -> None:
    callback.statuses = [500, 403, 200, 500, 500, 500]
    for template_id in ("T1", "T2", "T3"):
        simulator.control.reject(anna, template_id)
    counts = simulator.control.settle()
    assert (counts["delivered"], counts["given_up"]) == (2, 1)
    told = [(push["state"], push["statuses"]) for push in simulator.control.pushes()]
    assert told == [("delivered", [500, 403, 200]), ("given_up", [500] * 3), ("delivered", [200])]
    assert len({query["nonce"] for query, _ in callback.got}) == 7


@pytest.mark.parametrize("url", ["http://a..b/", "http://127.0.0.1:99999/", "http://" + "a" * 70 + ".com/"])
def test_a_callback_that_cannot_be_reached_at_all_holds_nothing_up(
    simulator: Simulator, callback: Receiver, anna: str, url: str
) -> None:
    simulator.control.configure(callback_url=url)
    for _ in range(pusher.CONCURRENCY):
        simulator.control.reject(simulator.control.add_user().openid, "T1")
    assert simulator.control.settle()["given_up"] == pusher.CONCURRENCY
    simulator.control.configure(callback_url=callback.url)
    simulator.control.reject(anna, "T1")
    assert simulator.control.settle()["delivered"] == 1


def test_only_a_few_events_are_on_their_way_at_once(
    simulator: Simulator, callback: Receiver, anna: str
) -> None:
    callback.delays = [0.3] * 2 * pusher.CONCURRENCY
    for user in simulator.control.add_users(3 * pusher.CONCURRENCY):
        simulator.control.reject(user.openid, "T1")
    assert simulator.control.settle()["delivered"] == 3 * pusher.CONCURRENCY
    assert callback.most_in_progress == pusher.CONCURRENCY


def test_a_callback_that_takes_too_long_is_hung_up_on(
    callback: Receiver,
) -> None:
    callback.delays = [1.0]
    with Simulator(SimulatorOptions(push_timeout=0.3)) as simulator:
        anna = simulator.control.add_user().openid
        simulator.control.configure(callback_url=callback.url, callback_token=TOKEN)
        simulator.control.reject(anna, "T1")
        simulator.control.settle()
        [push] = simulator.control.pushes()
    assert push["statuses"] == [None, 200]


def test_wechat_hangs_up_after_five_seconds() -> None:
    assert (SimulatorOptions().push_timeout, callbacks.ATTEMPTS) == (5, 3)


def test_the_events_of_a_user_arrive_in_order(simulator: Simulator, callback: Receiver, anna: str) -> None:
    callback.delays = [0.1, 0, 0.05]
    for n in range(8):
        simulator.control.reject(anna, f"T{n}")
    simulator.control.settle()
    order = [event.entries[0].template_id for event in callback.events if isinstance(event, ChangeEvent)]
    assert order == [f"T{n}" for n in range(8)]


def test_a_callback_that_hangs_delays_no_answer(
    simulator: Simulator, callback: Receiver, anna: str, access_token: str
) -> None:
    callback.delays = [AT_ONCE + 0.5]
    simulator.control.accept(anna, "T1", 20)
    started = time.monotonic()
    assert {send(simulator, access_token, anna)["errcode"] for _ in range(20)} == {0}
    assert time.monotonic() - started < AT_ONCE
    with pytest.raises(TimeoutError, match="still to be pushed"):
        simulator.control.settle(0)
    assert simulator.control.settle()["delivered"] == 40


@pytest.mark.parametrize("offset", [8 * 86_400, -3600])
def test_an_event_is_signed_now_and_contains_the_simulated_time(
    simulator: Simulator, callback: Receiver, anna: str, offset: int
) -> None:
    simulator.control.set_clock(offset)
    simulator.control.reject(anna, "T1")
    simulator.control.settle()
    [event], [(query, _)] = callback.events, callback.got
    assert abs(int(query["timestamp"]) - time.time()) < 60
    assert event is not None
    assert abs(event.created_at - time.time() - offset) < 60


def test_after_a_reset_nothing_old_is_pushed(simulator: Simulator, callback: Receiver, anna: str) -> None:
    callback.delays = [0.3]
    for n in range(5):
        simulator.control.reject(anna, f"T{n}")
    while not callback.got:
        time.sleep(0.01)
    simulator.control.reset()
    simulator.control.configure(callback_url=callback.url, callback_token=TOKEN)
    simulator.control.reject(simulator.control.add_user("ben").openid, "T1")
    simulator.control.settle()
    assert [event.openid for event in callback.events if event] == [anna, "ben"]


def test_what_cannot_be_waited_for_is_refused(simulator: Simulator) -> None:
    answer = requests.get(f"{simulator.url}/_simulator/pushes?wait=soon", timeout=5)
    assert answer.status_code == 400
