"""Collect and Push are called through an alias: whatever changes a function makes the alias's next version."""

from typing import Any

import pytest
from support.template import TEMPLATE
from support.transformed import Stack

PARAMETERS = TEMPLATE["Parameters"]
CANARY = "Canary10Percent5Minutes"
PUBLISHED = ("CollectFunction", "PushFunction")
# These belong to the function as a whole, and apply to all its versions at once.
OF_NO_VERSION = {"ReservedConcurrentExecutions", "Tags"}
# Another value of each parameter, where the default and the first allowed value are not two.
OTHERS = {
    "WeChatAppId": "wx00000000000000aa",
    "SweepSchedule": "rate(2 hours)",
    "VpcSubnetIds": "subnet-1,subnet-2",
    "VpcSecurityGroupIds": "sg-1",
    "RedisUrl": "rediss://cache.example:6379",
    "ReportsBucketName": "reports",
    "HostedZoneId": "Z0123456789ABCDEF",
    "DomainName": "push.example.com",
}


def other(name: str) -> str:
    parameter = PARAMETERS[name]
    default = str(parameter.get("Default", ""))
    if name in OTHERS:
        return OTHERS[name]
    if "AllowedValues" in parameter:
        return next(str(value) for value in parameter["AllowedValues"] if str(value) != default)
    return str(int(default) + 1) if parameter["Type"] == "Number" else f"other-{default}"


def settings(stack: Stack) -> str:
    [version] = stack.of_type("AWS::AppConfig::HostedConfigurationVersion").values()
    return str(version["Content"])


def contents(stack: Stack, function: str) -> dict[str, Any]:
    """What a version would be a copy of, but for the number of the settings."""
    properties = stack.resources[function]["Properties"]
    made = {name: value for name, value in properties.items() if name not in OF_NO_VERSION}
    variables = made["Environment"]["Variables"]
    own = {name: value for name, value in variables.items() if name != "SETTINGS_VERSION"}
    return {**made, "Environment": own}


def version(stack: Stack, function: str) -> tuple[str, str]:
    """What CloudFormation tells versions by: the logical id, and the description, whose change replaces the version."""
    [found] = [
        (name, properties["Description"])
        for name, properties in stack.of_type("AWS::Lambda::Version").items()
        if properties["FunctionName"] == f"<{function}>"
    ]
    name, description = found
    assert description == "settings <Settings>"
    return name, description.replace("<Settings>", settings(stack))


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack()


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_that_changes_a_function_makes_a_version(stack: Stack, name: str) -> None:
    changed = Stack(**{name: other(name)})
    for function in PUBLISHED:
        if contents(changed, function) != contents(stack, function):
            assert version(changed, function) != version(stack, function)


@pytest.mark.parametrize("name", PARAMETERS)
def test_no_version_is_made_for_a_parameter_that_no_function_with_an_alias_reads(name: str) -> None:
    stack = Stack(VpcSubnetIds="subnet-3")  # security groups count only with them
    changed = stack.valued(**{name: other(name)})
    if settings(changed) != settings(stack):
        assert any(contents(changed, f) != contents(stack, f) for f in PUBLISHED)


@pytest.mark.parametrize("function", PUBLISHED)
def test_the_number_of_the_settings_makes_a_function_differ_from_its_last_version(
    stack: Stack, function: str
) -> None:
    """Lambda refuses to publish a function that is what its last version is."""
    variables = stack.resources[function]["Properties"]["Environment"]["Variables"]
    assert variables["SETTINGS_VERSION"] == "<Settings>"


@pytest.mark.parametrize("function", PUBLISHED)
def test_a_new_layer_makes_a_version(function: str) -> None:
    before, after = Stack(), Stack(build="another")
    assert version(before, function)[0] != version(after, function)[0]


@pytest.mark.parametrize("function", PUBLISHED)
def test_the_api_calls_the_alias_and_may_call_it(stack: Stack, function: str) -> None:
    aliases = stack.of_type("AWS::Lambda::Alias")
    alias = f"{function}Aliaslive"
    assert aliases[alias]["FunctionName"] == f"<{function}>"
    assert aliases[alias]["FunctionVersion"] == f"<{version(stack, function)[0]}.Version>"
    paths = str(stack.of_type("AWS::ApiGatewayV2::Api")["Api"]["Body"]["paths"])
    assert f"/functions/<{function}.Arn>:live/invocations" in paths
    assert f"/functions/<{function}.Arn>/invocations" not in paths
    allowed = [each["FunctionName"] for each in stack.of_type("AWS::Lambda::Permission").values()]
    assert f"<{alias}>" in allowed
    assert f"<{function}>" not in allowed


def test_by_default_versions_change_at_once_and_the_stack_has_no_code_deploy(stack: Stack) -> None:
    assert not [part for part in stack.resources.values() if part["Type"].startswith("AWS::CodeDeploy")]
    assert "TrafficShiftingRole" not in stack.resources


@pytest.mark.parametrize("function", PUBLISHED)
def test_a_canary_goes_back_when_an_alarm_rings(function: str) -> None:
    stack = Stack(TrafficShifting=CANARY)
    update = stack.resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update["DeploymentGroupName"] == f"<{function}DeploymentGroup>"
    group = stack.of_type("AWS::CodeDeploy::DeploymentGroup")[f"{function}DeploymentGroup"]
    assert group["DeploymentConfigName"] == f"CodeDeployDefault.Lambda{CANARY}"
    errors = function.replace("Function", "ErrorsAlarm")
    assert group["AlarmConfiguration"]["Alarms"] == [{"Name": f"<{errors}>"}, {"Name": "<ApiErrorsAlarm>"}]
    assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= {
        *group["AutoRollbackConfiguration"]["Events"]
    }
    assert group["ServiceRoleArn"] == "<TrafficShiftingRole.Arn>"


def test_a_version_that_the_alias_has_left_is_deleted(stack: Stack) -> None:
    versions = [part for part in stack.resources.values() if part["Type"] == "AWS::Lambda::Version"]
    assert len(versions) == len(PUBLISHED)
    assert {(each["DeletionPolicy"], each["UpdateReplacePolicy"]) for each in versions} == {
        ("Delete", "Delete")
    }


@pytest.mark.parametrize("function", PUBLISHED)
def test_the_alarm_of_a_canary_is_about_the_alias(stack: Stack, function: str) -> None:
    alarm = stack.of_type("AWS::CloudWatch::Alarm")[function.replace("Function", "ErrorsAlarm")]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    assert dimensions == {"FunctionName": f"<{function}>", "Resource": f"<{function}>:live"}


@pytest.mark.parametrize("mode", PARAMETERS["TrafficShifting"]["AllowedValues"])
def test_every_mode_of_shifting_is_on_or_off(mode: str) -> None:
    groups = Stack(TrafficShifting=mode).of_type("AWS::CodeDeploy::DeploymentGroup")
    assert len(groups) == (0 if mode == "AllAtOnce" else len(PUBLISHED))


@pytest.mark.parametrize(
    ("region", "wanted", "started"),
    [("us-east-1", "off", False), ("us-east-1", "on", True), ("cn-north-1", "on", False)],
)
def test_snapshots_are_started_where_lambda_has_them(region: str, wanted: str, started: bool) -> None:
    functions = Stack(region, SnapStart=wanted).of_type("AWS::Lambda::Function")
    started_ones = {name for name, properties in functions.items() if "SnapStart" in properties}
    assert started_ones == ({*PUBLISHED} if started else set())
