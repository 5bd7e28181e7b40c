"""The servers that stand for providers, as a process of their own and as a part of a local stack."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from support.reminder_channels import open_channel

from local.processes import ROOT, end_group
from local.providers.client import ProvidersControl
from local.stack.centre import CentreStack
from local.stack.emulator import Emulator
from local.stack.providers import StartedProviders, are_needed, start_providers
from minipush.channels.reminder_settings import ALLOW_LOOPBACK, ReminderSettings
from minipush.domain.centre.reminders import ChannelKind

COMMAND = [sys.executable, "-m", "local.providers", "--exit-with-parent"]


@contextmanager
def started(centre: CentreStack) -> Iterator[StartedProviders]:
    made = start_providers(centre)
    try:
        yield made
    finally:
        end_group(made.process, 5)


def test_it_announces_itself_says_what_arrives_and_ends_with_its_parent() -> None:
    pipe = subprocess.PIPE
    process = subprocess.Popen(COMMAND, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
    assert process.stdout
    urls = json.loads(process.stdout.readline())
    control = ProvidersControl(urls["sms"])
    requests.post(
        f"{urls['bark']}/{control.add_device('phone1')}", json={"title": "你好", "body": "在吗"}, timeout=9
    )
    control.close()
    _, said = process.communicate(timeout=20)
    assert said.decode() == "bark phone1: 你好 | 在吗\n"
    assert process.returncode == 0


def test_a_signal_ends_it() -> None:
    process = subprocess.Popen(COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_stack_gets_servers_for_all_that_nothing_replaces() -> None:
    with started(CentreStack(is_on=True)) as made:
        parameters, secret = made.centre.parameters, made.centre.secret
        assert made.urls == {
            "Bark": parameters["BarkApiBase"], "SMS": parameters["SmsApiBase"], "mail": secret["smtp_url"],
        }  # fmt: skip
        settings = ReminderSettings(
            mail_from=parameters["MailFrom"], sms_provider="aliyun", sms_api_base=parameters["SmsApiBase"]
        )
        open_channel(ChannelKind.SMS, settings, secret)
        assert requests.get(f"{made.urls['Bark']}/ping", timeout=9).json()["message"] == "pong"


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("Bark", CentreStack(is_on=True, parameters={"BarkApiBase": "http://127.0.0.1:9"})),
        ("SMS", CentreStack(is_on=True, parameters={"SmsApiBase": "http://127.0.0.1:9"})),
        ("mail", CentreStack(is_on=True, secret={"smtp_url": "smtp://127.0.0.1:9"})),
    ],
)
def test_what_is_given_is_not_replaced(name: str, given: CentreStack) -> None:
    with started(given) as made:
        assert name not in made.urls
        assert {**made.centre.parameters, **made.centre.secret}.items() >= {
            **given.parameters,
            **given.secret,
        }.items()


def test_no_server_is_started_where_none_is_needed() -> None:
    given = {"BarkApiBase": "http://127.0.0.1:9", "SmsApiBase": "http://127.0.0.1:9"}
    assert not are_needed(CentreStack(is_on=False))
    assert not are_needed(
        CentreStack(is_on=True, parameters=given, secret={"smtp_url": "smtp://127.0.0.1:9"})
    )


def test_only_a_local_stack_allows_servers_on_this_machine(tmp_path: Path) -> None:
    environment = Emulator(tmp_path)._environment()
    assert ReminderSettings.read({ALLOW_LOOPBACK: environment[ALLOW_LOOPBACK]}).allows_loopback
    assert ALLOW_LOOPBACK not in (ROOT / "template.yaml").read_text()
