from collections.abc import Callable

from local.simulator.wechat import WeChat

Refused = Callable[..., int]


def test_a_code_logs_its_user_in(wechat: WeChat) -> None:
    user = wechat.users.add("o-anna")
    assert wechat.users.log_in(wechat.users.new_code(user)).openid == "o-anna"


def test_a_code_is_good_once(wechat: WeChat, refused: Refused) -> None:
    code = wechat.users.new_code(wechat.users.add())
    wechat.users.log_in(code)
    assert refused(wechat.users.log_in, code) == 40029


def test_a_code_is_good_for_five_minutes(wechat: WeChat, refused: Refused) -> None:
    codes = [wechat.users.new_code(wechat.users.add()) for _ in range(2)]
    wechat.clock.offset = 299
    wechat.users.log_in(codes[0])
    wechat.clock.offset = 300
    assert refused(wechat.users.log_in, codes[1]) == 40029


def test_an_unknown_or_missing_code_is_refused(wechat: WeChat, refused: Refused) -> None:
    assert refused(wechat.users.log_in, "nonsense") == 40029
    assert refused(wechat.users.log_in, None) == 40029


def test_a_user_of_high_risk_cannot_log_in(wechat: WeChat, refused: Refused) -> None:
    user = wechat.users.add(high_risk=True)
    assert refused(wechat.users.log_in, wechat.users.new_code(user)) == 40226


def test_the_same_openid_is_the_same_user(wechat: WeChat) -> None:
    assert wechat.users.add("o-anna") is wechat.users.add("o-anna")
    assert len(wechat.users) == 1
