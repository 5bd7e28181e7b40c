"""The requests of docs/api.md and docs/simulator.md, sent as they are printed."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.command_line import CommandLine
from support.command_pages import blocks
from support.curl_pages import calls, curl, log_in, run_page, where
from support.running import MakeRun

pytestmark = pytest.mark.e2e

PRINTED_CAMPAIGN = "c-8d1c0a4f6b7e4d5c9a3f2e1b0c9d8e7f"
SWITCHED_ON_AGAIN = (
    'curl -s -X PUT $API/sending -H "Authorization: Bearer $KEY" -H "$JSON" -d \'{"enabled": true}\'\n'
)


def planned_campaign(stack: MakeRun, at: str) -> str:
    message = {
        "type": "subscribe",
        "template_id": "S1",
        "data": {"thing1": {"value": "a"}, "time2": {"value": "19:30"}},
    }
    audience = {"type": "openids", "openids": ["cy"]}
    body = {"name": "planned", "message": message, "audience": audience, "schedule": {"at": at}}
    return curl(stack, "/campaigns", body, stack.operator_key)["id"]


def test_the_requests_of_the_api_page(stack: MakeRun, tmp_path: Path) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    minipush = CommandLine({"MINIPUSH_URL": stack.api_url, "MINIPUSH_KEY": stack.operator_key})
    with stack.control() as wechat:
        for template in ("S1", "S2"):
            wechat.register_template(template, "课程:{{thing1.DATA}}\n时间:{{time2.DATA}}")
    assert minipush("templates", "sync").status == 0
    code, token = log_in(stack, "anna")
    text = "\n".join(blocks("docs/api.md")).replace(PRINTED_CAMPAIGN, planned_campaign(stack, tomorrow))
    text = re.sub(r'("at": )"2026-11-28T20:00:00\+08:00"', rf'\1"{tomorrow}"', text)
    text = re.sub(r"at=2026-11-21T12:00:00Z", f"at={tomorrow[:19]}Z", text)
    answered = run_page(
        text + "\n" + SWITCHED_ON_AGAIN, tmp_path, where(stack) | {"CODE": code, "TOKEN": token}
    )
    assert answered.failed() == {(409, "/official/sync"), (422, "/campaigns")}, answered.error
    assert len(answered.answers) == calls(text) + 1


def test_the_requests_of_the_simulators_page(stack: MakeRun, tmp_path: Path) -> None:
    text = "\n".join(block for block in blocks("docs/simulator.md") if "curl" in block)
    text = re.sub(r"^W=\S+;", f"W={stack.wechat_url};", text, flags=re.MULTILINE)
    clear = f"curl -s -X DELETE {stack.wechat_url}/_simulator/faults\n"
    ca = {"CURL_CA_BUNDLE": stack.environment["WECHAT_CA"]}
    answered = run_page(f"{text}\n{clear}", tmp_path, where(stack) | ca)
    assert answered.failed() == set(), answered.error
