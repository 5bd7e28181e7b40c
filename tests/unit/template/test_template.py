"""What the deployment must be, whatever else changes in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.template import FUNCTIONS, RESOURCES, ROOT, TEMPLATE, TEXT, of_type, statements


def code(function: dict[str, Any]) -> Path:
    return ROOT / str(function["Properties"]["CodeUri"])


def module(function: dict[str, Any]) -> str:
    otherwise = TEMPLATE["Globals"]["Function"]["Handler"]
    return f"{function['Properties'].get('Handler', otherwise).removesuffix('.handler')}.py"


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_says_what_it_is_and_what_it_may_be(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    assert parameter["Description"].endswith((".", ")"))
    bounds = {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue"} & parameter.keys()
    assert bounds or parameter["Type"] == "CommaDelimitedList"


def test_every_parameter_is_shown_in_a_group() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(n for group in groups for n in group["Parameters"]) == sorted(TEMPLATE["Parameters"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_do_what_is_named_and_no_more(name: str) -> None:
    for statement in statements(FUNCTIONS[name]):
        actions = statement["Action"]
        assert not any("*" in action for action in ([actions] if isinstance(actions, str) else actions))
        assert statement["Resource"] != "*"
        assert statement["Sid"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_logs_are_kept_for_as_long_as_the_parameter_says(name: str) -> None:
    group = FUNCTIONS[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    assert RESOURCES[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_functions_folder_holds_handlers_alone(name: str) -> None:
    folder = code(FUNCTIONS[name])
    modules = {module(function) for function in FUNCTIONS.values() if code(function) == folder}
    assert {path.name for path in folder.iterdir()} - {"__pycache__", "site"} == modules


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_expires_by_ttl_and_costs_nothing_idle(name: str) -> None:
    properties = RESOURCES[name]["Properties"]
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


@pytest.mark.parametrize("name", ["Users", "Campaigns", "Audit", "ReportsBucket"])
def test_what_cannot_be_had_again_survives_the_deletion_of_the_stack(name: str) -> None:
    kept = RESOURCES[name]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_audit_is_added_to_by_one_function_and_changed_by_none() -> None:
    granted = {
        (name, statement["Action"])
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if "Audit" in str(statement["Resource"])
    }
    assert granted == {("PushFunction", "dynamodb:PutItem")}


@pytest.mark.parametrize("name", ["Users", "Campaigns", "Audit"])
def test_a_table_can_be_put_back_to_any_second(name: str) -> None:
    recovery = RESOURCES[name]["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}


def test_a_direct_send_answers_before_the_gateway_gives_up() -> None:
    assert FUNCTIONS["PushFunction"]["Properties"]["Timeout"] < 30


def test_a_second_stack_fits_in_the_same_account() -> None:
    named = {"TableName", "FunctionName", "QueueName", "LogGroupName", "BucketName", "RoleName", "Name"}
    permission = "AWS::Lambda::Permission"  # its FunctionName is whom it is about
    owners = {name: resource for name, resource in RESOURCES.items() if resource["Type"] != permission}
    assert not [name for name, resource in owners.items() if named & resource.get("Properties", {}).keys()]
    schedule = FUNCTIONS["SweepFunction"]["Properties"]["Events"]["Schedule"]
    assert (schedule["Type"], schedule["Properties"]["OmitName"]) == ("ScheduleV2", True)


def test_nothing_is_tied_to_one_partition() -> None:
    assert "arn:aws:" not in TEXT
    hosts = set(re.findall(r"[\w.${}:]*amazonaws\.com[\w.]*", TEXT))
    assert hosts == {"events.amazonaws.com", "scheduler.amazonaws.com"}  # to IAM, the same in every partition


def test_every_log_line_of_the_gateway_leaves_out_query_and_headers() -> None:
    line = RESOURCES["Api"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.path" not in line
    assert "$context.requestId" in line


def test_head_goes_to_the_function_that_answers_get() -> None:
    events = [
        (name, event["Properties"])
        for name, function in FUNCTIONS.items()
        for event in function["Properties"].get("Events", {}).values()
    ]
    paths = {
        method: {(name, about["Path"]) for name, about in events if about.get("Method") == method}
        for method in ("GET", "HEAD")
    }
    assert paths["HEAD"] == paths["GET"]


def test_what_everybody_can_call_is_limited_by_route_and_takes_no_execution_from_others() -> None:
    limits = RESOURCES["Api"]["Properties"]["RouteSettings"]
    callback = "POST /wechat/callback"
    console = "POST /console/session"
    assert limits.keys() == {"POST /session", "POST /collect", "PUT /me", "PATCH /me", callback, console}
    public = [FUNCTIONS[name]["Properties"] for name in ("CollectFunction", "WeChatCallbackFunction")]
    events = [event for function in public for event in function["Events"].values()]
    routes = {f"{event['Properties'].get('Method')} {event['Properties'].get('Path')}" for event in events}
    assert limits.keys() - {console} <= routes
    common = RESOURCES["Api"]["Properties"]["DefaultRouteSettings"]
    assert all(limit[name] < common[name] for limit in limits.values() for name in common)
    reserved = [function["ReservedConcurrentExecutions"]["If"] for function in public]
    assert all({"Ref": "PublicConcurrency"} in each for each in reserved)
    assert TEMPLATE["Parameters"]["PublicConcurrency"]["Default"] == 100
