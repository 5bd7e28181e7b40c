"""The events of the official account, as its own callback receives them."""

import pytest
from support.receiver import KEY, TOKEN, receiving

from local.simulator.official.account import OFFICIAL_APPID
from local.simulator.simulator import Simulator


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
def test_a_follow_and_an_unfollow_arrive_in_order(simulator: Simulator, mode: str) -> None:
    simulator.control.add_user("anna")
    with receiving(OFFICIAL_APPID) as callback:
        simulator.control.configure(
            official_callback_url=callback.url,
            official_callback_token=TOKEN,
            official_encoding_aes_key=KEY,
            official_callback_mode=mode,
        )
        there = simulator.control.follow("anna")["anna"]
        simulator.control.unfollow("anna")
        simulator.control.settle()
    pushed = list(simulator.control.pushes())
    assert [(push["openid"], push["event"], push["state"]) for push in pushed] == [
        (there, "subscribe", "delivered"),
        (there, "unsubscribe", "delivered"),
    ]
    assert pushed[0]["at"] < pushed[1]["at"]
    # signed, and not about subscriptions
    assert [callback.read(*pushed) for pushed in callback.got] == [None, None]
