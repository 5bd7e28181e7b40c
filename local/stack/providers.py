"""The servers that stand for the providers of reminders, in a process of their own, for those that nothing replaces."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from local.processes import ROOT
from local.providers.providers import ProviderUrls
from local.providers.sms.account import SmsOptions
from local.stack.centre import CentreStack

SMS = SmsOptions()
TEMPLATE_CODE, TEMPLATE_REMINDER = SMS.templates
MAIL_FROM = "notice@minipush.example"
# Which address each server takes the place of, by the name that `make run` gives it.
REPLACED_BY = {"Bark": "BarkApiBase", "SMS": "SmsApiBase", "mail": "smtp_url"}


@dataclass(frozen=True, slots=True)
class StartedProviders:
    """`centre`: with their addresses. `urls`: of those in use, by name. `smtp_host`: where SES on the emulator relays to."""

    process: subprocess.Popen[bytes]
    centre: CentreStack
    urls: Mapping[str, str]
    smtp_host: str


def start_providers(centre: CentreStack) -> StartedProviders:
    """What users would see is written to standard error."""
    process = subprocess.Popen(
        _command(centre), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    line = process.stdout.readline() if process.stdout else b""
    if not line:
        process.wait()
        raise RuntimeError("the servers that stand for providers did not start")
    urls = ProviderUrls(**json.loads(line))
    started = {"Bark": urls.bark, "SMS": urls.sms, "mail": urls.smtp}
    given = {**centre.parameters, **centre.secret}
    used = {name: url for name, url in started.items() if REPLACED_BY[name] not in given}
    return StartedProviders(process, _completed(centre, used), used, urls.smtp.partition("://")[2])


def are_needed(centre: CentreStack) -> bool:
    given = {**centre.parameters, **centre.secret}
    return centre.is_on and any(name not in given for name in REPLACED_BY.values())


def _command(centre: CentreStack) -> list[str | Path]:
    """The account with the provider of text messages is the one that the stack is told of."""
    given = {**centre.parameters, **centre.secret}
    options = {
        "--sms-key-id": given.get("sms_key_id"),
        "--sms-key-secret": given.get("sms_key_secret"),
        "--sms-sign-name": given.get("SmsSignName"),
        "--sms-sdk-app-id": given.get("SmsSdkAppId"),
        "--sms-template-code": given.get("SmsTemplateCode"),
        "--sms-template-reminder": given.get("SmsTemplateReminder"),
    }
    chosen = [f"{option}={value}" for option, value in options.items() if value]
    return [sys.executable, "-m", "local.providers", "--exit-with-parent", *chosen]


def _completed(centre: CentreStack, used: Mapping[str, str]) -> CentreStack:
    parameters = {"MailFrom": MAIL_FROM, "SmsProvider": "aliyun"}
    secret = {}
    if "Bark" in used:
        parameters["BarkApiBase"] = used["Bark"]
    if "mail" in used:
        secret["smtp_url"] = used["mail"]
    if "SMS" in used:
        parameters |= {"SmsApiBase": used["SMS"], "SmsSignName": SMS.sign_name, "SmsSdkAppId": SMS.sdk_app_id}
        parameters |= {"SmsTemplateCode": TEMPLATE_CODE, "SmsTemplateReminder": TEMPLATE_REMINDER}
        secret |= {"sms_key_id": SMS.key_id, "sms_key_secret": SMS.key_secret}
    return replace(centre, parameters={**parameters, **centre.parameters}, secret={**secret, **centre.secret})
