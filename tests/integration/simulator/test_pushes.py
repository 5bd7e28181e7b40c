"""The events that a test pushes through the control API, as the callback receives them."""

import pytest
import requests
from support.receiver import KEY, TOKEN, Receiver

from local.simulator.simulator import Simulator
from minipush.wechat.events import ChangeEvent, Choice

ENTRIES = [
    {"TemplateId": "T1", "SubscribeStatusString": "reject"},
    {"TemplateId": "T<2>]]>", "SubscribeStatusString": "reject"},
]


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
@pytest.mark.parametrize("written", ["json", "xml"])
@pytest.mark.parametrize("count", [1, 2])
def test_an_event_arrives_signed_and_whole(
    simulator: Simulator, callback: Receiver, mode: str, written: str, count: int
) -> None:
    answer = simulator.control.push(
        url=callback.url,
        token=TOKEN,
        encoding_aes_key=KEY,
        mode=mode,
        format=written,
        openid="anna",
        event="subscribe_msg_change_event",
        entries=ENTRIES[:count],
    )
    assert answer == {"status": 200, "answer": "success"}
    [(query, body)] = callback.got
    choices = tuple(Choice(entry["TemplateId"], "reject") for entry in ENTRIES[:count])
    assert callback.events == [ChangeEvent("anna", int(query["timestamp"]), choices)]
    assert (b"anna" in body, b"Encrypt" in body) == (mode != "secure", mode != "plain")


def wanted(**changes: object) -> dict[str, object]:
    return {
        "url": "http://127.0.0.1:1/",
        "token": TOKEN,
        "openid": "anna",
        "event": "e",
        "entries": ENTRIES,
    } | changes


def test_an_unreachable_callback_is_reported(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.url}/_simulator/pushes", json=wanted(), timeout=30)
    assert answer.status_code == 502


@pytest.mark.parametrize("wrong", [{"mode": "secure"}, {"url": "ftp://a"}, {"entries": []}])
def test_a_push_that_makes_no_sense_is_refused(simulator: Simulator, wrong: dict[str, object]) -> None:
    answer = requests.post(f"{simulator.url}/_simulator/pushes", json=wanted(**wrong), timeout=30)
    assert answer.status_code == 400
