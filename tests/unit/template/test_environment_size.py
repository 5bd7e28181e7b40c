"""Lambda takes 4 kB of environment, measured as JSON, and refuses a function with more: a deployment would fail."""

import json
import re

import pytest
from support.generated_names import generated
from support.template import FUNCTIONS, TEMPLATE
from support.transformed import Stack

LIMIT = 4096
LONGEST_STACK_NAME = 32
# What a stack may have at once.
SWITCHES = {
    "MessageCentre": "on",
    "MailProvider": "ses",
    "SmsProvider": "tencent",
    "TrafficShifting": "AllAtOnce",
    "VpcSubnetIds": "",
    "VpcSecurityGroupIds": "",
}
USUAL = {
    **SWITCHES,
    "WeChatAppId": "w" * 18,
    "OfficialAppId": "w" * 18,
    "RedisUrl": "r" * 100,
    "DomainName": "d" * 30,
    "MailFrom": "m" * 30,
    "MailConfigurationSet": "m" * 20,
    "SmsSdkAppId": "1" * 10,
    "SmsSignName": "某" * 12,
    "SmsTemplateCode": "S" * 15,
    "SmsTemplateReminder": "S" * 15,
    "SubscribeReminderTemplate": "t" * 43,
    "InboxPage": "p" * 30,
    "OfficialReminderTemplate": "t" * 43,
}


def longest(name: str) -> str:
    parameter = TEMPLATE["Parameters"][name]
    if "AllowedValues" in parameter:
        return max(map(str, parameter["AllowedValues"]), key=len)
    if parameter["Type"] == "Number":
        return str(parameter.get("MaxValue", 10**12))
    counted = re.search(r"\{\d+,(\d+)\}", parameter["AllowedPattern"])
    return "x" * int(parameter.get("MaxLength") or (counted[1] if counted else LIMIT))


def size(stack: Stack, function: str, stack_name: int) -> int:
    variables = stack.resources[function]["Properties"]["Environment"]["Variables"]
    values = {
        name: re.sub(
            r"<(\w+)(?:\.\w+)?>",
            lambda found: "x" * generated(stack, found[0], found[1], stack_name),
            str(value),
        )
        for name, value in variables.items()
    }
    return len(json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode())


@pytest.fixture(scope="module")
def full() -> Stack:
    return Stack("cn-north-1", **{name: longest(name) for name in TEMPLATE["Parameters"]} | SWITCHES)


@pytest.fixture(scope="module")
def usual() -> Stack:
    return Stack("cn-north-1", **USUAL)


@pytest.mark.parametrize("function", sorted(FUNCTIONS.keys() - {"CentreFunction"}))
def test_a_function_has_room_for_every_parameter_at_its_longest(full: Stack, function: str) -> None:
    assert size(full, function, LONGEST_STACK_NAME) <= LIMIT


def test_the_message_centre_has_room_for_every_channel_at_usual_lengths(usual: Stack) -> None:
    assert size(usual, "CentreFunction", LONGEST_STACK_NAME) <= LIMIT


def test_every_text_in_an_environment_has_a_longest_length() -> None:
    functions = [TEMPLATE["Globals"]["Function"], *(each["Properties"] for each in FUNCTIONS.values())]
    named = set(re.findall(r"'Ref': '(\w+)'", str([each["Environment"] for each in functions])))
    texts = named & TEMPLATE["Parameters"].keys()
    assert len(texts) > 30
    assert [name for name in sorted(texts) if len(longest(name)) > 300] == []
