"""The next prompt, on the running stack."""

import time
from typing import Any

import pytest
import requests
from support.running import MakeRun

pytestmark = pytest.mark.e2e

# Template ids of its own: other tests register templates with the same simulator.
PLAN = {
    "templates": [{"template_id": "ASK-1", "wanted": 2}, {"template_id": "ASK-2", "wanted": 1}],
    "pause_hours": 1,
}


def test_a_user_is_asked_for_what_is_lacking_and_not_for_what_was_refused(stack: MakeRun) -> None:
    operator = {"Authorization": f"Bearer {stack.operator_key}"}
    planned = requests.put(f"{stack.api_url}/templates/stock", json=PLAN, headers=operator, timeout=30)
    read = requests.get(f"{stack.api_url}/templates/stock", headers=operator, timeout=30)
    assert (planned.status_code, read.json()) == (200, planned.json())
    with stack.control() as wechat:
        code = wechat.add_user().js_code
    token = requests.post(f"{stack.api_url}/session", json={"code": code}, timeout=30).json()["token"]
    session = {"Authorization": f"Bearer {token}"}

    def ask(version: str = "3.12.1") -> Any:
        query = {"sdk_version": version}
        answer = requests.get(f"{stack.api_url}/me/next-ask", params=query, headers=session, timeout=30)
        return answer.json()

    # Another test may have asked before. A worker reads the targets anew within a minute.
    deadline = time.monotonic() + 70
    while not ask()["template_ids"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert ask() == {"template_ids": ["ASK-1", "ASK-2"], "long_term": False}
    assert ask("2.4.4") == {"template_ids": ["ASK-1"], "long_term": False}
    reported = [
        {"id": "1", "template_id": "ASK-1", "result": "accept"},
        {"id": "1", "template_id": "ASK-2", "result": "reject"},
    ]
    answer = requests.post(
        f"{stack.api_url}/collect", json={"subscriptions": reported}, headers=session, timeout=30
    )
    assert answer.json() == {
        "stored": 1,
        "rejected": [{"pointer": "/subscriptions/1", "reason": "not_accepted"}],
    }
    assert ask() == {"template_ids": ["ASK-1"], "long_term": False}
