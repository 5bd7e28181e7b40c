"""What a cold start pays for: each function loads what it uses, and importing does nothing."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.environment import ENVIRONMENT

ROOT = Path(__file__).parents[3]
HEAVY = (
    "pydantic",
    "asyncio",
    "pycurl",
    "aiohttp",
    "Crypto",
    "cryptography",
    "defusedxml",
    "requests",
    "redis",
    "jwt",
    "aws_xray_sdk",
    "aws_lambda_powertools.event_handler",
)
SENDING = ("minipush.application.delivery", "minipush.channels.wechat_template.channel", "minipush.curl")
SENDING_TO_WECHAT = (
    "minipush.application.delivery.deliver",
    "minipush.application.delivery.send_messages",
    "minipush.channels.wechat_subscribe.channel",
    "minipush.channels.wechat_template.channel",
    "minipush.wechat",
)
CAMPAIGNS = ("minipush.application.campaigns", "minipush.adapters.dynamodb.campaigns")
VALIDATION = ("pydantic", "aws_lambda_powertools.event_handler", "minipush.http.schemas")
REQUEST = """
from types import SimpleNamespace
secret = {"session_key": "s" * 64, "operator_keys": []}
app.container().override(access_secret=lambda: secret, audit=SimpleNamespace(note_use=lambda *_: None))
token = app.container().access.issue_session("anna")
answer = app.handler(
    {
        "routeKey": "%(route)s",
        "headers": {"authorization": "Bearer " + token},
        "requestContext": {"requestId": "r", "http": {"method": "POST"}},
        "body": '{"unknown": 1}',
    },
    SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 29_000),
)
assert answer["statusCode"] == %(status)d, answer
"""


@dataclass(frozen=True, slots=True)
class Function:
    """`collaborators` of `container`: what the handler's first event builds, whatever it is.

    `unused`: modules of no use to it.
    """

    module: str
    collaborators: tuple[str, ...]
    unused: tuple[str, ...]
    container: str = "container"


FUNCTIONS = {
    "collect": Function(
        "collect.app",
        ("mini_program_service",),
        (*SENDING, *CAMPAIGNS, *VALIDATION, "asyncio", "pycurl", "requests", "redis", "Crypto"),
    ),
    "push": Function(
        "push.app",
        ("operators_service",),
        (*SENDING, *CAMPAIGNS, *VALIDATION, "asyncio", "pycurl", "requests", "redis", "Crypto"),
    ),
    "worker": Function(
        "push.worker",
        ("run_segments", "segment_queue"),
        (*VALIDATION, "minipush.http", "jwt", "requests", "redis", "Crypto", "defusedxml", "zoneinfo"),
    ),
    "schedule": Function(
        "push.schedule",
        ("campaign_lifecycle",),
        (*SENDING, *VALIDATION, "minipush.http.routes", "asyncio", "pycurl", "requests", "redis", "jwt"),
    ),
    "sweep": Function(
        "sweep.app",
        ("sweep_expired", "reconcile_campaigns"),
        (*SENDING, *VALIDATION, "minipush.http", "minipush.wechat", "asyncio", "pycurl", "requests", "redis"),
    ),
    "centre": Function(
        "centre.app",
        ("service",),
        (*SENDING, *CAMPAIGNS, *VALIDATION, "asyncio", "pycurl", "requests", "redis", "Crypto"),
        "message_centre",
    ),
    "keys": Function(
        "centre.keys",
        ("push_by_key",),
        (*SENDING, *CAMPAIGNS, *VALIDATION, "asyncio", "pycurl", "requests", "redis", "Crypto", "jwt"),
        "message_centre",
    ),
    "reminder": Function(
        "centre.reminder",
        ("run_reminders",),
        (*SENDING_TO_WECHAT, *CAMPAIGNS, *VALIDATION, "minipush.http", "pydantic", "jwt", "requests"),
        "message_centre",
    ),
    "callback": Function(
        "callback.app",
        ("wechat_callback",),
        (*SENDING, *CAMPAIGNS, *VALIDATION, "asyncio", "pycurl", "requests", "redis", "Crypto", "defusedxml"),
    ),
}


def modules_after(code: str, environment: dict[str, str] | None = None) -> set[str]:
    """What is loaded after `code` ran in a fresh interpreter."""
    script = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    path = os.pathsep.join([str(ROOT), str(ROOT / "layers" / "common")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": path} | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def loaded_by(code: str) -> set[str]:
    """Which of the heavy packages `code` loads, without environment."""
    return modules_after(code) & set(HEAVY)


def used_of(modules: set[str], unused: tuple[str, ...]) -> set[str]:
    """Those of `modules` that are in `unused`, or inside of a package there."""
    return {each for each in modules if any(f"{each}.".startswith(f"{name}.") for name in unused)}


def aws_environment() -> dict[str, str]:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    return ENVIRONMENT | keys


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_importing_a_function_needs_no_environment_and_loads_nothing_heavy(function: Function) -> None:
    assert loaded_by(f"import functions.{function.module}") == set()


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_function_that_is_ready_has_loaded_nothing_that_it_may_not_need(function: Function) -> None:
    build = "\n".join(f"{function.container}().{name}" for name in function.collaborators)
    code = f"from functions.{function.module} import {function.container}\n{build}"
    assert used_of(modules_after(code, aws_environment()), function.unused) == set()


CENTRE = (
    "minipush.domain.centre",
    "minipush.application.centre",
    "minipush.application.ports.centre",
    "minipush.adapters.dynamodb.centre",
    "minipush.http.routes.centre",
    "minipush.http.schemas.centre",
    "minipush.settings.centre",
    "minipush.container.message_centre",
)


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"centre", "keys", "reminder"}))
def test_the_message_centre_costs_the_other_functions_nothing(name: str) -> None:
    function = FUNCTIONS[name]
    build = "\n".join(f"container().{each}" for each in function.collaborators)
    code = f"from functions.{function.module} import container\n{build}"
    assert used_of(modules_after(code, aws_environment()), CENTRE) == set()


@pytest.mark.parametrize("name", ["confirm_delivery", "record_delivery_failure", "handle_official_event"])
def test_what_wechat_reports_loads_the_message_centre_only_where_it_may_be_about_a_reminder(
    name: str,
) -> None:
    environment = aws_environment() | {"OFFICIAL_APPID": "wxofficial"}
    environment |= {"OFFICIAL_API_BASE": "https://wechat.invalid", "OFFICIAL_SECRET_ARN": "a"}
    code = f"from minipush.container import container\nassert container().{name}"
    assert used_of(modules_after(code, environment), CENTRE) == set()


@pytest.mark.parametrize(
    ("route", "unused"),
    [
        ("POST /collect", ("minipush.http.schemas.me", "minipush.http.routes.sessions", "minipush.wechat.sessions")),
        ("POST /session", ("minipush.http.routes.collect", "minipush.application.permits.collect_permits")),
        ("PUT /me", ("minipush.http.routes.collect", "minipush.domain.prompts", "minipush.wechat")),
    ],
)  # fmt: skip
def test_a_request_loads_its_own_route_only(route: str, unused: tuple[str, ...]) -> None:
    code = "import functions.collect.app as app\n" + REQUEST % {"route": route, "status": 422}
    assert used_of(modules_after(code, aws_environment()), (*unused, *SENDING, *CAMPAIGNS)) == set()


def test_a_request_without_a_route_or_a_credential_loads_no_validation() -> None:
    code = "import functions.push.app as app\n" + REQUEST % {"route": "POST /messages", "status": 403}
    assert used_of(modules_after(code, aws_environment()), VALIDATION) == set()


def test_wechats_callback_loads_neither_aes_nor_xml_before_it_needs_them() -> None:
    wiring = "import minipush.wechat.callback, minipush.wechat.events, minipush.application.events.handle_wechat_event"
    assert loaded_by(f"{wiring}, minipush.adapters.dynamodb.state.processed_events") == set()


def test_the_registry_of_reminder_channels_loads_no_client() -> None:
    assert loaded_by("import minipush.channels.reminders, minipush.container.centre_channels") == set()
