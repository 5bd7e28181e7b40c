"""`make rotate-…` while the deployment works: nothing that counted before is refused before a command ends it."""

import itertools
import json
import signal
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from support.counted_aws import signalled
from support.deployment import CALLBACK, KEYS, Deployment, dismantle, operator
from support.operated_stack import OperatedStack, operated_stack, secret_resource
from support.pushes import event
from support.served_deployment import serving_deployment
from support.unreliable_api import UnreliableApi

from minipush.wechat.callback import sign
from minipush.wechat.encryption import Encryption
from minipush_cli.aws.operator_keys import hash_key
from operate.deployed_api import DeployedApi

pytestmark = pytest.mark.emulator

PARAMETERS = {"SessionSeconds": "3600"}
OLD_KEY = "s" * 64


@pytest.fixture
def api(deployment: Deployment) -> Iterator[UnreliableApi]:
    with serving_deployment(deployment) as served:
        yield served


@pytest.fixture
def stack(
    deployment: Deployment, aws_endpoint: str, api: UnreliableApi, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OperatedStack]:
    """Its secrets are those that the deployment's functions use. WeChat refuses the AppSecret that is stored."""
    access = {"session_key": OLD_KEY, "operator_keys": [operator(scope) for scope in KEYS]}
    resources = {
        "WeChatSecret": secret_resource({"app_secret": "the one before", "kept": "as it is"}),
        "CallbackSecret": secret_resource(CALLBACK),
        "AccessSecret": secret_resource(access),
        "WeChatCallbackLogs": {"Type": "AWS::Logs::LogGroup"},
    }
    secrets = {"WECHAT_SECRET_ARN": "WeChatSecret", "CALLBACK_SECRET_ARN": "CallbackSecret", "ACCESS_SECRET_ARN": "AccessSecret"}  # fmt: skip
    outputs: dict[str, Any] = {f"{name}Arn": {"Ref": name} for name in secrets.values()}
    outputs |= {
        "ApiUrl": api.url,
        "AuditTable": deployment.environment["AUDIT_TABLE"],
        "StateTable": deployment.state,
    }
    parameters = PARAMETERS | {
        "WeChatAppId": deployment.simulator.appid,
        "WeChatApiBase": deployment.simulator.url,
        "WeChatCaFile": deployment.simulator.ca or "",
    }
    with operated_stack(aws_endpoint, f"stack-{uuid.uuid4().hex}", resources, outputs, parameters) as made:
        for variable, name in secrets.items():
            monkeypatch.setenv(variable, made.resources[name])
        dismantle()
        yield made


def rotate(stack: OperatedStack, what: str, stdin: str = "", **variables: str) -> str:
    done = stack.run(f"rotation {what}", stdin, WAIT="0", **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(stack: OperatedStack, what: str, stdin: str = "", **variables: str) -> str:
    done = stack.run(f"rotation {what}", stdin, WAIT="0", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"rotate-{what}: ")
    assert "Traceback" not in done.stderr
    return done.stderr


def interrupted(
    stack: OperatedStack, what: str, at: str, number: signal.Signals = signal.SIGINT, **variables: str
) -> tuple[str, str]:
    """The output, and the last line of the errors, of a rotation that a signal meets when it says `at`."""
    process = stack.start(f"rotation {what}", WAIT="30", **variables)
    assert process.stderr
    while at not in (line := process.stderr.readline()):
        assert line, "it ended before"
    process.send_signal(number)
    written, said = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in said) == (130, False)
    return written, said.splitlines()[-1]


def killed(stack: OperatedStack, what: str, call: int, **variables: str) -> str | None:
    """The output of a rotation that dies when AWS has taken its n-th call; None if it ended before."""
    is_there = lambda number, _: number == call  # noqa: E731
    done = signalled(stack, f"rotation {what}", is_there, signal.SIGKILL, WAIT="0", **variables)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return None if done.returncode == 0 else done.stdout


# ---- the AppSecret


def test_a_new_app_secret_is_stored_once_wechat_takes_it(
    deployment: Deployment, stack: OperatedStack
) -> None:
    rotate(stack, "app-secret", f"{deployment.simulator.secret}\n")
    assert stack.secret("WeChatSecret") == {"app_secret": deployment.simulator.secret, "kept": "as it is"}
    assert stack.secret("CallbackSecret") == CALLBACK


def test_an_app_secret_with_which_no_log_in_works_is_said_to_be_stored_all_the_same(
    deployment: Deployment, stack: OperatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = deployment.secrets.create_secret(Name=uuid.uuid4().hex, SecretString='{"app_secret": "another"}')
    monkeypatch.setenv("WECHAT_SECRET_ARN", other["ARN"])
    assert "answers no log-in (503)" in refused(stack, "app-secret", deployment.simulator.secret)
    assert stack.secret("WeChatSecret")["app_secret"] == deployment.simulator.secret


@pytest.mark.parametrize("secret", ["a typing error", "", "a-typing-error", "the one before"])
def test_an_app_secret_that_wechat_refuses_is_not_stored(stack: OperatedStack, secret: str) -> None:
    assert "nothing was changed" in refused(stack, "app-secret", secret)
    assert stack.secret("WeChatSecret")["app_secret"] == "the one before"


def test_an_address_that_wechat_does_not_allow_is_named(deployment: Deployment, stack: OperatedStack) -> None:
    deployment.simulator.control.fault("errcode", path="/cgi-bin/stable_token", errcode=40164, times=None)
    said = refused(stack, "app-secret", deployment.simulator.secret)
    assert "40164" in said
    assert "IP 白名单" in said
    rotate(stack, "app-secret", deployment.simulator.secret, UNCHECKED="1")
    assert stack.secret("WeChatSecret")["app_secret"] == deployment.simulator.secret


# ---- the callback


def push(deployment: Deployment, token: str, key: str) -> int:
    dismantle()
    message = event("anna", "change", TemplateId="T1", SubscribeStatusString="reject")
    encrypted = Encryption(key, deployment.simulator.appid).encrypt(json.dumps(message).encode())
    at = str(int(time.time()))
    query = {"timestamp": at, "nonce": uuid.uuid4().hex, "encrypt_type": "aes"}
    query["msg_signature"] = sign(token, at, query["nonce"], encrypted)
    return deployment.call("receive-wechat-event", {"Encrypt": encrypted}, query=query).status


def test_pushes_of_the_old_and_the_new_token_and_key_count_until_the_overlap_ends(
    deployment: Deployment, stack: OperatedStack
) -> None:
    new = dict(line.split("\t") for line in rotate(stack, "callback").splitlines())
    assert set(new) == {"callback_token", "encoding_aes_key"}
    old = (CALLBACK["callback_token"], CALLBACK["encoding_aes_key"])
    assert push(deployment, *old) == 200
    assert push(deployment, new["callback_token"], new["encoding_aes_key"]) == 200
    assert push(deployment, new["callback_token"], CALLBACK["encoding_aes_key"]) == 403
    assert dict(line.split("\t") for line in rotate(stack, "callback").splitlines()) == new
    rotate(stack, "callback", END="1")
    assert push(deployment, *old) == 403
    assert push(deployment, new["callback_token"], new["encoding_aes_key"]) == 200
    assert stack.secret("CallbackSecret") == new


def test_the_overlap_does_not_end_while_wechat_signs_with_the_old_token(stack: OperatedStack) -> None:
    rotate(stack, "callback")
    group, logs = stack.resources["WeChatCallbackLogs"], stack.client("logs")
    logs.create_log_stream(logGroupName=group, logStreamName="one")
    line = {"timestamp": int(time.time() * 1000), "message": "a push was signed with a replaced token"}
    logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[line])
    assert "15 minutes" in refused(stack, "callback", END="1")
    assert stack.secret("CallbackSecret")["replaced"]
    rotate(stack, "callback", END="1", YES="1")


def test_the_overlap_does_not_end_before_wechat_has_used_the_new_values(
    deployment: Deployment, stack: OperatedStack
) -> None:
    new = dict(line.split("\t") for line in rotate(stack, "callback").splitlines())
    said = refused(stack, "callback", END="1")
    assert "has not been seen to use the new values" in said
    assert "YES=1" in said
    old = (CALLBACK["callback_token"], CALLBACK["encoding_aes_key"])
    assert push(deployment, *old) == 200
    assert "has not been seen" in refused(stack, "callback", END="1")
    assert push(deployment, new["callback_token"], new["encoding_aes_key"]) == 200
    assert push(deployment, *old) == 200  # one that was late
    rotate(stack, "callback", END="1")
    assert stack.secret("CallbackSecret") == new


def test_what_wechat_used_in_an_earlier_rotation_does_not_end_the_next_one(
    deployment: Deployment, stack: OperatedStack
) -> None:
    new = dict(line.split("\t") for line in rotate(stack, "callback").splitlines())
    push(deployment, new["callback_token"], new["encoding_aes_key"])
    rotate(stack, "callback", END="1")
    rotate(stack, "callback")
    push(deployment, new["callback_token"], new["encoding_aes_key"])
    assert "has not been seen" in refused(stack, "callback", END="1")
    rotate(stack, "callback", END="1", YES="1")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rotation_of_the_callback_shows_its_values_and_goes_on(
    deployment: Deployment, stack: OperatedStack, number: signal.Signals
) -> None:
    written, said = interrupted(stack, "callback", "are stored beside", number)
    new = dict(line.split("\t") for line in written.splitlines())
    assert new.items() <= stack.secret("CallbackSecret").items()
    assert f"make rotate-callback STACK={stack.name} shows the new ones" in said
    before = stack.secret("CallbackSecret")
    assert rotate(stack, "callback") == written
    assert stack.secret("CallbackSecret") == before
    assert push(deployment, CALLBACK["callback_token"], CALLBACK["encoding_aes_key"]) == 200
    assert push(deployment, new["callback_token"], new["encoding_aes_key"]) == 200


def test_a_rotation_of_the_callback_that_dies_anywhere_loses_no_value(stack: OperatedStack) -> None:
    """Each time, the command is run again, and WeChat's console still has the old values."""
    client, arn = stack.client("secretsmanager"), stack.resources["CallbackSecret"]
    for call in itertools.count(1):
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(CALLBACK))
        written = killed(stack, "callback", call)
        if written is None:
            break
        left = stack.secret("CallbackSecret")
        assert CALLBACK in (left, *left.get("replaced", []))
        shown = dict(line.split("\t") for line in rotate(stack, "callback").splitlines())
        kept = stack.secret("CallbackSecret")
        assert kept == shown | {"replaced": [CALLBACK]}
        assert not left.get("replaced") or kept == left
        assert not written or dict(line.split("\t") for line in written.splitlines()) == shown
    assert call > 4


def test_an_end_of_the_overlap_that_dies_anywhere_leaves_the_new_values(stack: OperatedStack) -> None:
    new = dict(line.split("\t") for line in rotate(stack, "callback").splitlines())
    client, arn = stack.client("secretsmanager"), stack.resources["CallbackSecret"]
    for call in itertools.count(1):
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(new | {"replaced": [CALLBACK]}))
        if killed(stack, "callback", call, END="1", YES="1") is None:
            break
        if stack.secret("CallbackSecret") != new:
            rotate(stack, "callback", END="1", YES="1")
        assert stack.secret("CallbackSecret") == new
    assert call > 4


def test_a_callback_that_is_ill_is_not_rotated(
    deployment: Deployment, stack: OperatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = deployment.secrets.create_secret(
        Name=uuid.uuid4().hex, SecretString='{"callback_token": "other"}'
    )
    monkeypatch.setenv("CALLBACK_SECRET_ARN", other["ARN"])
    assert "refuses the present token" in refused(stack, "callback")
    assert stack.secret("CallbackSecret") == CALLBACK


def test_a_callback_that_does_not_open_pushes_of_the_new_key_is_noticed(
    stack: OperatedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WECHAT_APPID", "wx5e1f0000c0ffee99")  # whose pushes are not for this AppID
    done = stack.run("rotation callback", WAIT="0")
    assert (done.returncode, "does not open a push of the new key" in done.stderr) == (1, True)
    shown = dict(line.split("\t") for line in done.stdout.splitlines())
    assert stack.secret("CallbackSecret") == shown | {"replaced": [CALLBACK]}


def test_a_callback_without_a_key_gets_none(stack: OperatedStack) -> None:
    client, arn = stack.client("secretsmanager"), stack.resources["CallbackSecret"]
    client.put_secret_value(SecretId=arn, SecretString='{"callback_token": "AAAAA"}')
    assert rotate(stack, "callback").startswith("callback_token\t")
    assert stack.secret("CallbackSecret")["encoding_aes_key"] == ""
    assert stack.secret("CallbackSecret")["replaced"] == [{"callback_token": "AAAAA"}]


# ---- the session key


def test_sessions_go_on_when_their_key_is_replaced_until_they_are_ended(
    deployment: Deployment, stack: OperatedStack
) -> None:
    rotate(stack, "app-secret", deployment.simulator.secret)
    dismantle()
    _, before = deployment.log_in()
    rotate(stack, "session-key")
    dismantle()
    _, after = deployment.log_in()
    assert deployment.call("read-me", token=before).status == 200
    assert deployment.call("read-me", token=after).status == 200
    kept = stack.secret("AccessSecret")
    assert kept["session_key"] != OLD_KEY
    assert [one["key"] for one in kept["other_session_keys"]] == [OLD_KEY]
    assert len(kept["operator_keys"]) == len(KEYS)
    assert "END=1" in refused(stack, "session-key")
    rotate(stack, "session-key", END="1")
    dismantle()
    assert deployment.call("read-me", token=before).status == 401
    assert deployment.call("read-me", token=after).status == 200


def test_an_interrupted_rotation_of_the_session_key_goes_on_with_the_key_that_waits(
    deployment: Deployment, stack: OperatedStack
) -> None:
    written, said = interrupted(stack, "session-key", "The new key is accepted")
    assert (written, "the new one has signed nothing" in said) == ("", True)
    assert f"make rotate-session-key STACK={stack.name} goes on" in said
    before = stack.secret("AccessSecret")
    [waiting] = before["other_session_keys"]
    assert before["session_key"] == OLD_KEY
    assert "has signed nothing" in refused(stack, "session-key", END="1")
    assert stack.secret("AccessSecret") == before
    rotate(stack, "session-key")
    kept = stack.secret("AccessSecret")
    assert (kept["session_key"], kept["other_session_keys"][0]["key"]) == (waiting["key"], OLD_KEY)
    assert "Sessions of the old key have ended" in rotate(stack, "session-key", END="1")
    assert stack.secret("AccessSecret") == {
        "session_key": waiting["key"],
        "operator_keys": before["operator_keys"],
    }


def test_a_rotation_of_the_session_key_that_dies_anywhere_ends_no_session(stack: OperatedStack) -> None:
    """Each time, the command is run again: it goes on, or says that the new key signs already."""
    client, arn = stack.client("secretsmanager"), stack.resources["AccessSecret"]
    first = stack.secret("AccessSecret")
    for call in itertools.count(1):
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(first))
        if killed(stack, "session-key", call) is None:
            break
        left = stack.secret("AccessSecret")
        accepted = {left["session_key"], *(one["key"] for one in left.get("other_session_keys", []))}
        assert OLD_KEY in accepted
        if left["session_key"] == OLD_KEY:
            rotate(stack, "session-key")
        else:
            assert "END=1 ends its sessions" in refused(stack, "session-key")
        kept = stack.secret("AccessSecret")
        assert accepted <= {kept["session_key"], OLD_KEY}
        assert [one["key"] for one in kept["other_session_keys"]] == [OLD_KEY]
    assert call > 7


@pytest.mark.parametrize("point", ["before a rotation", "in its midst", "after it"])
def test_a_stolen_session_key_opens_nothing_any_more_once_it_is_replaced_at_once(
    deployment: Deployment, stack: OperatedStack, point: str
) -> None:
    if point == "in its midst":
        interrupted(stack, "session-key", "The new key is accepted")
    if point == "after it":
        rotate(stack, "session-key")
    kept = stack.secret("AccessSecret")
    stolen = [kept["session_key"], *(one["key"] for one in kept.get("other_session_keys", []))]
    api = DeployedApi(stack.run("outputs", NAME="ApiUrl").stdout.strip())
    assert all(api.takes_session_key(key) for key in stolen)
    assert stack.run("secret", NAME="session_key", RANDOM="1").returncode == 0
    assert not any(api.takes_session_key(key) for key in stolen)


def test_without_a_rotation_there_are_no_sessions_to_end_and_the_command_for_a_stolen_key_is_named(
    stack: OperatedStack,
) -> None:
    before = stack.secret("AccessSecret")
    said = refused(stack, "session-key", END="1")
    assert f"make secret NAME=session_key RANDOM=1 STACK={stack.name}" in said
    assert stack.secret("AccessSecret") == before


def test_the_old_key_is_accepted_as_long_as_the_longest_session(stack: OperatedStack) -> None:
    rotate(stack, "session-key")
    [old] = stack.secret("AccessSecret")["other_session_keys"]
    hours = (old["until"] / 1000 - time.time()) / 3600
    assert 8 < hours < 8.1  # a session of the console is longer than the hour of SessionSeconds


# ---- operator keys


def test_a_key_has_a_successor_that_may_the_same_and_then_ends(
    deployment: Deployment, stack: OperatedStack
) -> None:
    limits = {"SCOPES": "read,send", "MAX_AUDIENCE": "2"}
    old = stack.run("operator_key", NAME="shop", **limits).stdout.strip()
    new = rotate(stack, "operator-key", NAME="shop").strip()
    assert "shop-2\tread,send\tmax_audience=2" in stack.run("operator_key", LIST="1").stdout
    dismantle()
    assert {deployment.call("read-pool", token=key).status for key in (old, new)} == {200}
    assert "15 minutes" in refused(stack, "operator-key", NAME="shop", END="1")
    rotate(stack, "operator-key", NAME="shop", END="1", YES="1")
    dismantle()
    assert deployment.call("read-pool", token=old).status == 401
    assert deployment.call("read-pool", token=new).status == 200


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rotation_of_an_operator_key_leaves_none_that_nobody_knows(
    deployment: Deployment, stack: OperatedStack, number: signal.Signals
) -> None:
    written, said = interrupted(stack, "operator-key", "is stored", number, NAME="read")
    dismantle()
    assert deployment.call("read-pool", token=written.strip()).status == 200
    assert f"make rotate-operator-key NAME=read END=1 STACK={stack.name}" in said
    again = refused(stack, "operator-key", NAME="read")
    assert f"make operator-key NAME=read-2 REVOKE=1 STACK={stack.name}" in again
    assert stack.run("operator_key", NAME="read-2", REVOKE="1").returncode == 0
    assert rotate(stack, "operator-key", NAME="read") != written


def test_a_rotation_of_an_operator_key_that_dies_anywhere_leaves_none_that_nobody_knows(
    stack: OperatedStack,
) -> None:
    client, arn = stack.client("secretsmanager"), stack.resources["AccessSecret"]
    first = stack.secret("AccessSecret")
    for call in itertools.count(1):
        client.put_secret_value(SecretId=arn, SecretString=json.dumps(first))
        written = killed(stack, "operator-key", call, NAME="read")
        if written is None:
            break
        made = [one["hash"] for one in stack.secret("AccessSecret")["operator_keys"][len(KEYS) :]]
        assert set(made) <= {hash_key(written.strip())}
    assert call > 4


def test_a_key_that_has_expired_has_no_successor(stack: OperatedStack) -> None:
    client, arn = stack.client("secretsmanager"), stack.resources["AccessSecret"]
    before = stack.secret("AccessSecret")
    before["operator_keys"].append(operator("old") | {"expires_at": "2026-01-31T00:00:00Z"})
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(before))
    assert "has expired" in refused(stack, "operator-key", NAME="old")
    assert stack.secret("AccessSecret") == before


@pytest.mark.parametrize("variables", [{}, {"NAME": "nobody"}, {"NAME": "send", "END": "1"}])
def test_a_key_that_is_none_or_has_no_successor_is_not_rotated(
    stack: OperatedStack, variables: dict[str, str]
) -> None:
    before = stack.secret("AccessSecret")
    assert "nothing was changed" in refused(stack, "operator-key", **variables)
    assert stack.secret("AccessSecret") == before


def test_without_an_api_nothing_is_rotated(stack: OperatedStack) -> None:
    for what in ("callback", "session-key"):
        done = stack.run(f"rotation {what}", WAIT="0", API="http://127.0.0.1:9")
        assert (done.returncode, "does not answer" in done.stderr) == (6, True)
    assert stack.secret("CallbackSecret") == CALLBACK
    assert stack.secret("AccessSecret")["session_key"] == OLD_KEY
