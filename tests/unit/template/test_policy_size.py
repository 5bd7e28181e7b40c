"""IAM takes 10,240 characters of inline policies for a role, without blanks, and refuses a role with more."""

import json
import re

import pytest
from support.generated_names import generated
from support.transformed import PSEUDO, Stack

LIMIT = 10_240
LONGEST_STACK_NAME = 64
"""AppConfig's limit, which `make deploy` keeps to."""
OPTIONS = {
    "MessageCentre": "on",
    "MailProvider": "ses",
    "MailConfigurationSet": "minipush",
    "OfficialAppId": "wx00000000000000aa",
    "RedisUrl": "rediss://cache.example:6379",
}
# A stack's own table has a name of 100 characters at most; one that was restored may have a longer one.
ADOPTED = {
    "UsersTableName": "u" * 100,
    "CampaignsTableName": "c" * 100,
    "AuditTableName": "a" * 100,
    "ReportsBucketName": "b" * 63,
    "CentreTableName": "t" * 100,
    "CentreSecretArn": "s" * 150,
}


def size(stack: Stack, role: str) -> int:
    """With the stack's name and the region at their longest."""
    policies = stack.of_type("AWS::IAM::Role")[role].get("Policies", [])
    text = json.dumps([each["PolicyDocument"] for each in policies], separators=(",", ":"))
    text = re.sub(
        r"<(\w+)(?:\.\w+)?>",
        lambda found: "x" * generated(stack, found[0], found[1], LONGEST_STACK_NAME),
        text,
    )
    text = text.replace("cn-north-1", "cn-northwest-1")
    return len(text.replace(PSEUDO["AWS::StackName"], "x" * LONGEST_STACK_NAME))


@pytest.mark.parametrize("adopted", [{}, ADOPTED], ids=["its own tables", "adopted tables"])
def test_every_role_has_room_for_its_policies_under_the_longest_name(adopted: dict[str, str]) -> None:
    stack = Stack("cn-north-1", **OPTIONS, **adopted)
    sizes = {role: size(stack, role) for role in stack.of_type("AWS::IAM::Role")}
    assert len(sizes) > 20
    assert {role: number for role, number in sizes.items() if number > LIMIT} == {}
