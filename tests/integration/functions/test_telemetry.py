"""What the functions write to stdout, where CloudWatch reads it: seen from outside, in a process of their own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from support.deployment import Deployment, recorded

from local.processes import ROOT

pytestmark = pytest.mark.emulator

CAMPAIGN = {"name": "a campaign", "message": {"type": "template", "template_id": "T1"}}
INVOKE = """
import importlib, json, sys
from support.deployment import LambdaContext
name, event = json.load(sys.stdin)
importlib.import_module(f"functions.{name}").handler(event, LambdaContext(seconds=300))
"""


def written(
    deployment: Deployment, function: str, name: str, token: str = "", **changes: Any
) -> list[dict[str, Any]]:
    """The lines that one invocation writes, each of which must be JSON."""
    event = recorded(name) | changes
    event["headers"]["authorization"] = f"Bearer {token}"
    return lines_of(f"{function}.app", event)


def lines_of(module: str, event: dict[str, Any]) -> list[dict[str, Any]]:
    path = os.pathsep.join(str(ROOT / part) for part in ("", "layers/common", "tests"))
    done = subprocess.run(
        [sys.executable, "-c", INVOKE],
        input=json.dumps([module, event]),
        env=os.environ | {"PYTHONPATH": path, "POWERTOOLS_LOG_LEVEL": "INFO"},
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def logs(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "_aws" not in line]


def metrics(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if "_aws" in line]


def test_a_request_is_one_line_of_log(deployment: Deployment) -> None:
    [line] = written(deployment, "push", "read-pool", "mp_read")
    assert (
        line.items()
        >= {
            "level": "INFO",
            "message": "answered",
            "function": "a-function",
            "request_id": "VQ3hViGkyQ0EJsA=",
            "route": "GET /pool",
            "status": 200,
            "operator": "read",
        }.items()
    )
    assert isinstance(line["ms"], int)


def test_no_log_bears_a_credential_or_a_users_openid(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    code = deployment.simulator.control.add_user(openid).js_code
    lines = [
        *written(deployment, "collect", "log-in", body=json.dumps({"code": code})),
        *written(deployment, "collect", "read-me", token),
        *written(deployment, "collect", "read-me", "a-token-that-is-wrong"),
        *written(
            deployment,
            "push",
            "read-user",
            "mp_read",
            pathParameters={"openid": openid},
            rawPath=f"/users/{openid}",
        ),
    ]
    assert [line["status"] for line in lines] == [200, 200, 401, 200]
    said = json.dumps(lines)
    for secret in (openid, token, code, "a-token-that-is-wrong", "mp_read", deployment.simulator.secret):
        assert secret not in said


def test_what_modules_log_is_json_with_the_request_id_and_the_cause(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USERS_TABLE", "gone")
    error, answered = written(deployment, "push", "read-user", "mp_read")
    assert error["level"] == "ERROR"
    assert error["request_id"] == answered["request_id"] == "VQ3hViGkyQ0EJsA="
    assert "ResourceNotFoundException" in error["exception"]
    assert answered["status"] == 503


def test_messages_and_permits_are_metrics(deployment: Deployment) -> None:
    openid, token = deployment.log_in()
    [form_id] = deployment.simulator.control.tap(openid)
    collected = json.dumps({"form_ids": [{"form_id": form_id}, {"form_id": ""}]})
    [metric] = metrics(written(deployment, "collect", "collect-permits", token, body=collected))
    assert (metric["PermitsStored"], metric["PermitsRejected"]) == ([1.0], [1.0])

    message = {"type": "template", "template_id": "T1", "keywords": ["a"], "touser": [openid, "nobody", "#"]}
    [metric] = metrics(written(deployment, "push", "send-messages", "mp_send", body=json.dumps(message)))
    assert {name: metric[name] for name in ("MessagesSent", "MessagesSkipped", "MessagesFailed")} == {
        "MessagesSent": [1.0], "MessagesSkipped": [1.0], "MessagesFailed": [1.0],
    }  # fmt: skip
    [described] = metric["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "minipush"
    assert described["Dimensions"] == [["service"]]


def test_made_up_permits_are_a_metric(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERMITS_PER_USER", "200")
    openid, token = deployment.log_in()
    collected = json.dumps({"form_ids": [{"form_id": f"made-up-{n}"} for n in range(20)]})
    written(deployment, "collect", "collect-permits", token, body=collected)
    message = {"type": "template", "template_id": "T1", "keywords": ["a"], "touser": openid}
    unproven, _ = metrics(written(deployment, "push", "send-messages", "mp_send", body=json.dumps(message)))
    assert unproven["UnprovenPermitsInvalidated"] == [15.0]


def test_a_worker_tells_what_it_carried_and_counts_messages_but_names_nobody(deployment: Deployment) -> None:
    wechat = deployment.simulator.control
    openids = [user.openid for user in wechat.add_users(3)]
    for openid in openids:
        permits = {"form_ids": [{"form_id": id_} for id_ in wechat.tap(openid)]}
        deployment.call("add-permits", permits, token="mp_admin", openid=openid)
    audience = {"type": "openids", "openids": [*openids, "nobody"]}
    id_ = deployment.call("create-campaign", CAMPAIGN | {"audience": audience}, token="mp_send").json["id"]
    body = json.dumps({"campaign_id": id_, "segment": 0})
    lines = lines_of("push.worker", {"Records": [{"messageId": "m", "receiptHandle": "r", "body": body}]})
    [metric] = metrics(lines)
    assert (metric["MessagesSent"], metric["MessagesSkipped"]) == ([3.0], [1.0])
    said = {line["message"]: line for line in logs(lines)}
    assert said["a segment was run"].items() >= {"campaign_id": id_, "segment": 0, "counted": 4}.items()
    assert said["a campaign changed its status"]["status"] == "completed"
    assert not any(openid in json.dumps(lines) for openid in openids)


def test_a_kept_answer_is_not_counted_again(deployment: Deployment) -> None:
    openid = deployment.simulator.control.add_user().openid
    message = {"type": "template", "template_id": "T1", "keywords": ["a"], "touser": openid}
    event = recorded("send-messages")
    changes = {"body": json.dumps(message), "headers": event["headers"] | {"idempotency-key": "1"}}
    counts = [
        len(metrics(written(deployment, "push", "send-messages", "mp_send", **changes))) for _ in range(2)
    ]
    assert counts == [1, 0]
