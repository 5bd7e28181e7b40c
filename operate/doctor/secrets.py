"""What has to be stored by hand, and rotations that have not ended."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minipush_cli.aws.secret_changes import read_secret
from minipush_cli.doctor.check import Check, failed, passed, warned
from operate.doctor.examined import Examined


@dataclass(frozen=True, slots=True)
class Filled:
    """A value that somebody has to store. `output` names the secret's ARN. `is_used`: by a stack with these parameters."""

    output: str
    value: str
    command: str
    is_used: Callable[[Mapping[str, str]], bool] = lambda _: True
    is_optional: bool = False


def _mails_by_smtp(parameters: Mapping[str, str]) -> bool:
    return bool(parameters.get("MailFrom")) and parameters.get("MailProvider") == "smtp"


def _sends_sms(parameters: Mapping[str, str]) -> bool:
    return bool(parameters.get("SmsProvider"))


FILLED = (
    Filled("WeChatSecretArn", "app_secret", "make secret NAME=app_secret"),
    Filled("OfficialSecretArn", "app_secret", "make secret NAME=official_app_secret"),
    Filled("RedisSecretArn", "password", "make secret NAME=password"),
    Filled("ChannelSecretArn", "smtp_url", "make secret NAME=smtp_url", _mails_by_smtp),
    Filled("ChannelSecretArn", "sms_key_id", "make secret NAME=sms_key_id", _sends_sms),
    Filled("ChannelSecretArn", "sms_key_secret", "make secret NAME=sms_key_secret", _sends_sms),
    Filled("CallbackSecretArn", "callback_token", "make secret NAME=callback_token", is_optional=True),
    Filled("AccessSecretArn", "operator_keys", "make operator-key NAME=… SCOPES=read,send", is_optional=True),
)
ROTATED = {
    "CallbackSecretArn": "make rotate-callback",
    "OfficialSecretArn": "make rotate-callback ACCOUNT=official",
}


def check_secrets(on: Examined) -> Iterator[Check]:
    outputs = dict.fromkeys(one.output for one in FILLED if one.output in on.stack.outputs)
    values = {output: _value(on, output) for output in outputs}
    problems = [*_empty(on, values), *_overlaps(values)]
    yield from problems or [passed("secrets", "filled")]


def _value(on: Examined, output: str) -> dict[str, Any]:
    return read_secret(on.client("secretsmanager"), on.stack.output(output))


def _empty(on: Examined, values: dict[str, dict[str, Any]]) -> Iterator[Check]:
    for one in FILLED:
        is_missing = one.output in values and not values[one.output].get(one.value)
        if is_missing and one.is_used(on.stack.parameters):
            tell = warned if one.is_optional else failed
            yield tell("secrets", f"{one.output} has no {one.value}", one.command)


def _overlaps(values: dict[str, dict[str, Any]]) -> Iterator[Check]:
    for output, command in ROTATED.items():
        if values.get(output, {}).get("replaced"):
            found = f"the rotation of {output} has not ended: the old token still counts"
            next_ = f"{command} END=1, when WeChat's console has the new one; {command} shows it"
            yield warned("secrets", found, next_)
