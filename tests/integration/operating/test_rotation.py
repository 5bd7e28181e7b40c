"""`make rotate-…` while the deployment works: nothing that counted before is refused before a command ends it."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from support.deployment import CALLBACK, KEYS, Deployment, dismantle, operator
from support.operated_stack import OperatedStack, operated_stack, secret_resource
from support.pushes import event
from support.served_deployment import serving_deployment
from support.unreliable_api import UnreliableApi

from minipush.wechat.callback import sign
from minipush.wechat.encryption import Encryption

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
    outputs |= {"ApiUrl": api.url, "AuditTable": deployment.environment["AUDIT_TABLE"]}
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
    assert "has not ended" in refused(stack, "callback")
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
    assert "does not open a push of the new one" in refused(stack, "callback")


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
