"""What mini-programs call, from the recorded request to the table and back."""

import time
from collections import Counter

import jwt
import pytest
from support.deployment import Deployment

from minipush import __version__

pytestmark = pytest.mark.emulator

LOG_IN = "/sns/jscode2session"
DAY_MS = 24 * 60 * 60 * 1000


def test_health_needs_nothing(deployment: Deployment) -> None:
    answer = deployment.call("read-health")
    assert (answer.status, answer.json) == (200, {"status": "ok", "version": __version__})


def test_the_description_is_served(deployment: Deployment) -> None:
    answer = deployment.call("read-openapi")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json["openapi"].startswith("3.1")


def test_another_method_is_405(deployment: Deployment) -> None:
    answer = deployment.call("unmatched")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, PUT, PATCH")


def test_a_code_becomes_a_session_for_its_openid_alone(deployment: Deployment) -> None:
    user = deployment.simulator.control.add_user()
    answer = deployment.call("log-in", {"code": user.js_code})
    assert answer.status == 200
    assert set(answer.json) == {"token", "expires_in", "openid"}
    assert answer.json["openid"] == user.openid
    assert deployment.call("read-me", token=answer.json["token"]).json["openid"] == user.openid


def test_a_session_says_when_it_ends(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["sub"] == openid
    assert abs(claims["exp"] - time.time() - 3600) < 60


def test_a_code_that_wechat_refuses_is_401(deployment: Deployment) -> None:
    used = deployment.simulator.control.add_user().js_code
    assert deployment.call("log-in", {"code": used}).status == 200
    for code in (used, "invented", "a-code-that-wechat-did-not-make"):
        answer = deployment.call("log-in", {"code": code})
        assert answer.status == 401
        assert answer.is_a_problem()


@pytest.mark.parametrize("code", ["the code is a mock one", "代码", "x" * 500, "\n"])
def test_wechat_is_not_asked_about_a_text_that_is_no_code(deployment: Deployment, code: str) -> None:
    deployment.simulator.control.fault("errcode", errcode=-1, path=LOG_IN, times=None)
    answer = deployment.call("log-in", {"code": code})
    assert (answer.status, answer.is_a_problem()) == (401, True)
    assert [fault["applied"] for fault in deployment.simulator.control.faults()] == [0]


def test_an_address_whose_codes_are_rejected_is_slowed_down_and_nobody_else(deployment: Deployment) -> None:
    deployment.simulator.control.fault("errcode", errcode=40029, path=LOG_IN, times=None)
    started = time.monotonic()
    answers = [deployment.call("log-in", {"code": f"junk-{n}"}) for n in range(120)]
    refilled = int(5 * (time.monotonic() - started)) + 1
    counts = Counter(answer.status for answer in answers)
    assert counts.keys() == {401, 429}
    assert 50 <= counts[401] <= 50 + refilled
    assert [fault["applied"] for fault in deployment.simulator.control.faults()] == [counts[401]]
    refused = [answer for answer in answers if answer.status == 429]
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    deployment.simulator.control.clear_faults()
    code = deployment.simulator.control.add_user().js_code
    assert deployment.call("log-in", {"code": code}, address="203.0.113.8").status == 200


def test_while_wechat_hangs_a_process_asks_three_times_and_then_rests(deployment: Deployment) -> None:
    wechat = deployment.simulator.control
    wechat.fault("reset_before", path=LOG_IN, times=None)
    code = wechat.add_user().js_code
    answers = [deployment.call("log-in", {"code": code}) for _ in range(20)]
    assert {answer.status for answer in answers} == {503}
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2
    assert [fault["applied"] for fault in wechat.faults()] == [3]


def test_a_user_whom_wechat_blocks_is_401(deployment: Deployment) -> None:
    user = deployment.simulator.control.add_user(high_risk=True)
    assert deployment.call("log-in", {"code": user.js_code}).status == 401


@pytest.mark.parametrize(
    "fault",
    [{"action": "errcode", "errcode": -1}, {"action": "errcode", "errcode": 45011}, {"action": "errcode", "errcode": 40125},
     {"action": "http_status", "status": 502}, {"action": "reset_before"}, {"action": "reset_after"}, {"action": "garbage"}],
)  # fmt: skip
def test_while_wechat_cannot_tell_a_login_is_503(deployment: Deployment, fault: dict[str, str | int]) -> None:
    user = deployment.simulator.control.add_user()
    deployment.simulator.control.fault(path="/sns/jscode2session", times=None, **fault)  # type: ignore[arg-type]
    answer = deployment.call("log-in", {"code": user.js_code})
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.is_a_problem()


def test_a_login_needs_no_wechat_that_is_there(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_API_BASE", "http://127.0.0.1:1")
    assert deployment.call("log-in", {"code": "a-code-that-nobody-checks-now"}).status == 503
    assert deployment.call("read-health").status == 200


def test_permits_are_stored_once_and_the_bad_ones_named(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    now = time.time_ns() // 1_000_000
    offered = {
        "form_ids": [
            {"form_id": "f1"},
            {"form_id": "the formId is a mock one"},
            {"form_id": ""},
            {"form_id": "requestFormId:fail timeout"},
            {"form_id": "f2", "expires_at": now - 1},
            {"form_id": "f 3"},
            {"form_id": "f\x003"},
        ],
        "prepay_ids": [{"prepay_id": "prepay_id=p1"}],
        "subscriptions": [
            {"id": "1", "template_id": "T1", "result": "acceptWithAudio"},
            {"id": "2", "template_id": "T1", "result": "reject"},
        ],
    }
    answer = deployment.call("collect-permits", offered, token=token)
    assert answer.status == 200
    assert answer.json["stored"] == 3
    assert {one["pointer"]: one["reason"] for one in answer.json["rejected"]} == {
        "/form_ids/1": "mock_form_id",
        "/form_ids/2": "mock_form_id",
        "/form_ids/3": "mock_form_id",
        "/form_ids/4": "expired",
        "/form_ids/5": "malformed",
        "/form_ids/6": "malformed",
        "/subscriptions/1": "not_accepted",
    }
    assert deployment.call("collect-permits", offered, token=token).json["stored"] == 0
    permits = deployment.call("read-user", token="mp_read", openid=openid).json["permits"]
    assert permits == {"form": 1, "pay": 3, "once": {"T1": 1}, "long": []}


def test_live_permits_are_capped(deployment: Deployment) -> None:
    _, token = deployment.log_in()
    offered = {"form_ids": [{"form_id": f"f{n}"} for n in range(7)]}
    answer = deployment.call("collect-permits", offered, token=token)
    assert answer.json["stored"] == 5
    assert [one["reason"] for one in answer.json["rejected"]] == ["too_many"] * 2


def test_an_expiry_beyond_seven_days_is_cut_to_seven(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    now = time.time_ns() // 1_000_000
    entry = {"form_id": "f1", "expires_at": now + 1000 * DAY_MS}
    deployment.call("collect-permits", {"form_ids": [entry]}, token=token)
    expiry = deployment.call("read-user", token="mp_read", openid=openid).json["next_expiry"]
    assert expiry.endswith("Z")
    assert expiry[:10] == time.strftime("%Y-%m-%d", time.gmtime(now / 1000 + 7 * 86400))


@pytest.mark.parametrize("change", ["update-me", "put-me"])
def test_settings_are_kept_field_by_field(deployment: Deployment, change: str) -> None:
    openid, token = deployment.log_in()
    quiet = {"from": "22:00", "to": "08:00", "timezone": "Asia/Shanghai"}
    bare = {"openid": openid, "opt_out": False, "quiet_hours": None}
    assert deployment.call("read-me", token=token).json == bare
    assert deployment.call(change, {"quiet_hours": quiet}, token=token).json == bare | {"quiet_hours": quiet}
    assert deployment.call(change, {"opt_out": True}, token=token).json["quiet_hours"] == quiet
    assert deployment.call(change, {}, token=token).json["opt_out"] is True
    opened = deployment.call(change, {"quiet_hours": None, "opt_out": False}, token=token)
    assert opened.json == deployment.call("read-me", token=token).json == bare


def test_a_user_reaches_only_that_users_data(deployment: Deployment) -> None:
    first, its_token = deployment.log_in()
    second, _ = deployment.log_in()
    deployment.call(
        "update-me", {"opt_out": True}, token=its_token, headers={"openid": second, "x-openid": second}
    )
    assert deployment.call("read-user", token="mp_read", openid=first).json["opt_out"] is True
    assert deployment.call("read-user", token="mp_read", openid=second).json["opt_out"] is False
