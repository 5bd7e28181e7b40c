"""The requests of docs/centre.md and docs/official-account.md, sent as they are printed."""

from pathlib import Path

import pytest
from support.command_pages import blocks
from support.curl_pages import calls, curl, log_in, run_page, where
from support.running import MakeRun

pytestmark = pytest.mark.e2e


def test_the_requests_of_the_message_centres_page(centre_stack: MakeRun, tmp_path: Path) -> None:
    _, token = log_in(centre_stack, "anna")
    key = curl(centre_stack, "/me/keys", {"label": "server"}, token)["key"]
    app = {
        "name": "某某商城",
        "icon_url": "https://shop.example/i.png",
        "summary": "订单",
        "contact": "a@shop.example",
    }
    secret = curl(
        centre_stack, "/centre/apps", app | {"appid": "wx5e1f0000c0ffee77"}, centre_stack.operator_key
    )["secret"]
    text = "\n".join(block for block in blocks("docs/centre.md") if "curl" in block)
    text = text.replace("wx5e1f0000c0ffee02", "wx5e1f0000c0ffee78")
    given = {"TOKEN": token, "PUSH_KEY": key, "APP_SECRET": secret}
    answered = run_page(text, tmp_path, where(centre_stack) | given)
    assert answered.failed() == set(), answered.error
    assert len(answered.answers) == calls(text)


def test_the_requests_of_the_official_accounts_page(centre_stack: MakeRun, tmp_path: Path) -> None:
    text = "\n".join(block for block in blocks("docs/official-account.md") if "curl" in block)
    answered = run_page(text, tmp_path, where(centre_stack))
    assert answered.failed() == set(), answered.error
    assert len(answered.answers) == calls(text) > 0
