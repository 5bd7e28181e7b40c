"""What a cold start pays for: each function loads what it uses, and importing does nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = (
    "pydantic",
    "aiohttp",
    "pycurl",
    "Crypto",
    "cryptography",
    "defusedxml",
    "requests",
    "redis",
    "jwt",
    "aws_xray_sdk",
    "aws_lambda_powertools.event_handler",
)


def loaded_by(code: str) -> set[str]:
    """Which of the heavy packages are loaded after `code` ran in a fresh interpreter, without environment."""
    script = f"{code}\nimport sys\nprint(*(name for name in {HEAVY!r} if name in sys.modules))"
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")])
    done = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["callback.app", "collect.app", "push.app", "push.worker", "push.schedule", "sweep.app"]
)
def test_importing_a_function_needs_no_environment_and_loads_nothing_heavy(module: str) -> None:
    assert loaded_by(f"import functions.{module}") == set()


def test_a_worker_loads_neither_pydantic_nor_the_http_resolver() -> None:
    wiring = "import minipush.application.campaigns.worker.run_segment, minipush.adapters.dynamodb.users.recipients, minipush.adapters.dynamodb.campaigns.campaigns"
    adapters = "import minipush.adapters.dynamodb.users.ledger, minipush.adapters.s3_reports, minipush.adapters.dynamodb.state.rates"
    sending = "import minipush.channels.router, minipush.channels.wechat_template.channel, minipush.channels.wechat_subscribe.channel, minipush.wechat.curl_transport, minipush.adapters.eventbridge.campaign_events"
    assert loaded_by(f"{wiring}\n{adapters}\n{sending}") == {"pycurl", "requests"}


def test_the_sweep_loads_neither_http_nor_wechats_client() -> None:
    wiring = "import minipush.application.permits.sweep_expired, minipush.adapters.dynamodb.users.sweeps"
    assert loaded_by(wiring) == set()


def test_sending_loads_no_redis() -> None:
    wiring = "import minipush.application.delivery.send_messages, minipush.adapters.dynamodb.users.ledger, minipush.channels.router, minipush.channels.wechat_template.channel, minipush.channels.wechat_subscribe.channel"
    assert loaded_by(wiring) <= {"pycurl", "requests"}


def test_wechats_callback_loads_neither_aes_nor_xml_before_it_needs_them() -> None:
    wiring = "import minipush.wechat.callback, minipush.wechat.events, minipush.application.events.handle_wechat_event"
    assert loaded_by(f"{wiring}, minipush.adapters.dynamodb.state.processed_events") == {"requests"}


def test_a_log_in_loads_nothing_of_asking() -> None:
    code = "import minipush.http.routes.mini_program, sys\nasks = {'minipush.domain.prompts', 'minipush.application.prompts.choose_prompt'}"
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")])
    script = f"{code}\nsys.exit(bool(asks & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": path}, check=False).returncode == 0
    )
