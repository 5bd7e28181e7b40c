"""What a deployment shows, asks and refuses."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType

import pytest
from support.template import TEMPLATE

from operate.deploy import NAME_LENGTH, DeployError, Target, check_concurrency, check_target, deploy
from operate.environments import Environment
from operate.stack_parameters import reserved_executions


@pytest.mark.parametrize("answer", ["", "no", "Y E S"])
def test_a_deployment_that_nobody_wants_does_nothing(answer: str) -> None:
    done: list[tuple[str, ...]] = []
    with pytest.raises(DeployError, match="nothing was deployed"):
        deploy(target(), {}, lambda _: answer, lambda *arguments: done.append(arguments))
    assert done == []


def test_an_agreed_deployment_goes_where_it_was_shown() -> None:
    done: list[tuple[str, ...]] = []
    deploy(target(), {}, lambda _: "Yes\n", lambda *arguments: done.append(arguments))
    where = ("--config-env", "prod", "--region", "eu-central-1", "--profile", "production")
    assert done == [("build", *where), ("deploy", *where, "--stack-name", "push")]


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("CREATE_FAILED", "delete-stack"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "describe-stacks"),
    ],
)
def test_a_stack_that_aws_does_not_update_is_refused_with_the_command_that_helps(
    status: str, command: str
) -> None:
    options = "--stack-name push --region eu-central-1 --profile production"
    with pytest.raises(DeployError, match=f"aws cloudformation {command} {options}"):
        check_target(target(status))


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
def test_a_stack_that_aws_updates_is_deployed(status: str) -> None:
    check_target(target(status))


def test_a_name_that_is_too_long_for_a_part_of_the_stack_is_refused_at_once() -> None:
    assert TEMPLATE["Resources"]["SettingsApplication"]["Properties"]["Name"] == {"Ref": "AWS::StackName"}
    check_target(named(NAME_LENGTH))
    with pytest.raises(DeployError, match="64 characters at most: ppp"):
        check_target(named(NAME_LENGTH + 1))


def named(length: int) -> Target:
    found = target("CREATE_COMPLETE")
    return replace(found, environment=replace(found.environment, stack="p" * length))


# ---- parameters


def test_what_stays_from_the_last_deployment_is_shown_before_the_question() -> None:
    deployed = {"LogRetentionDays": "7", "LogLevel": "INFO", "PublicConcurrency": "50", "WeChatAppId": "wx0"}
    shown = str(target("UPDATE_COMPLETE", deployed, LogRetentionDays="90"))
    stays = [line.split(maxsplit=1)[1] for line in shown.splitlines() if line.startswith("stays")]
    assert stays == [
        "PublicConcurrency=50, which samconfig.toml does not say",
        "WeChatAppId=wx0, which samconfig.toml does not say",
    ]


def test_the_executions_that_a_stack_reserves_are_those_of_the_template() -> None:
    conditions = Counter(
        resource.get("Condition")
        for resource in TEMPLATE["Resources"].values()
        if "ReservedConcurrentExecutions" in resource.get("Properties", {})
    )
    assert conditions == {None: 2, "HasOfficial": 1, "HasCentre": 2}
    for official, centre in product(("", "wx1"), ("off", "on")):
        given = {"OfficialAppId": official, "MessageCentre": centre, "PublicConcurrency": "10"}
        functions = 2 + (1 if official else 0) + (2 if centre == "on" else 0)
        assert reserved_executions(given) == 10 * functions


@pytest.mark.parametrize(
    ("limit", "unreserved", "deployed", "given"),
    [
        (1000, 1000, {}, {}),
        (300, 300, {}, {}),
        (300, 100, {"PublicConcurrency": "100"}, {}),  # 200 are this stack's own
        (10, 10, {}, {"PublicConcurrency": "0"}),
        (10, 10, {"PublicConcurrency": "0"}, {}),
        (400, 400, {}, {"OfficialAppId": "wx1"}),
    ],
)
def test_a_stack_that_the_account_has_room_for_is_deployed(
    limit: int, unreserved: int, deployed: dict[str, str], given: dict[str, str]
) -> None:
    check_concurrency(target("", deployed, **given), limit, unreserved)


@pytest.mark.parametrize(
    ("limit", "unreserved", "deployed", "given"),
    [
        (10, 10, {}, {}),
        (299, 299, {}, {}),
        (1000, 250, {}, {}),  # others have reserved the rest
        (399, 399, {}, {"OfficialAppId": "wx1"}),
        (599, 399, {"PublicConcurrency": "100"}, {"OfficialAppId": "wx1", "MessageCentre": "on"}),
    ],
)
def test_a_stack_that_the_account_has_no_room_for_is_refused_with_the_way_out(
    limit: int, unreserved: int, deployed: dict[str, str], given: dict[str, str]
) -> None:
    with pytest.raises(DeployError, match=r"Service Quotas.*PublicConcurrency = 0 in \[prod\."):
        check_concurrency(target("", deployed, **given), limit, unreserved)


def target(status: str = "", deployed: Mapping[str, str] = MappingProxyType({}), **given: str) -> Target:
    environment = Environment("prod", "push", "", "production", given)
    caller = "arn:aws:iam::123456789012:user/ann"
    return Target(environment, "123456789012", caller, "eu-central-1", status, deployed)
