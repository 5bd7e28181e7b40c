"""What the deployment must be, whatever else changes in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from support.template import (
    FUNCTIONS,
    PATHS,
    RESOURCES,
    ROOT,
    ROUTES,
    TEMPLATE,
    TEXT,
    of_other_routes,
    of_type,
    statements,
)

PUBLIC = (
    "CollectFunction",
    "WeChatCallbackFunction",
    "OfficialCallbackFunction",
    "CentreFunction",
    "PushByKeyFunction",
)


def code(function: dict[str, Any]) -> Path:
    return ROOT / str(function["Properties"]["CodeUri"])


def module(function: dict[str, Any]) -> str:
    otherwise = TEMPLATE["Globals"]["Function"]["Handler"]
    return f"{function['Properties'].get('Handler', otherwise).removesuffix('.handler')}.py"


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_parameter_says_what_it_is_and_what_it_may_be(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    assert parameter["Description"].endswith((".", ")"))
    assert {"AllowedValues", "AllowedPattern", "MinValue", "MaxValue"} & parameter.keys()


@pytest.mark.parametrize(
    ("parameter", "value", "allowed"),
    [
        ("UsersWarmReads", "0", True),
        ("UsersWarmReads", "1", False),
        ("UsersWarmReads", "11999", False),
        ("UsersWarmReads", "12000", True),
        ("UsersWarmReads", "99999", True),
        ("UsersWarmReads", "100000", True),
        ("UsersWarmReads", "4000000", True),
        ("UsersWarmReads", "4000001", False),
        ("VpcSubnetIds", "subnet-0123456789abcdef0", True),
        ("VpcSubnetIds", "sg-0123456789abcdef0", False),
        ("VpcSecurityGroupIds", "sg-0123456789abcdef0", True),
        ("VpcSecurityGroupIds", "default", False),
        ("DomainName", "push.example.com", True),
        ("DomainName", "", True),
        ("DomainName", "*.example.com", False),
    ],
)
def test_a_parameter_takes_what_it_is_for(parameter: str, value: str, allowed: bool) -> None:
    assert bool(re.search(TEMPLATE["Parameters"][parameter]["AllowedPattern"], value)) is allowed


def is_true(part: Any, values: dict[str, Any]) -> bool:
    """As CloudFormation takes a condition of a rule."""
    [(name, argument)] = part.items()
    if name == "Not":
        return not is_true(argument[0], values)
    first, second = (values[each["Ref"]] if isinstance(each, dict) else each for each in argument)
    return second in first if name == "Contains" else bool(first == second)


def broken_rules(region: str = "us-east-1", **given: Any) -> list[str]:
    defaults = {name: part.get("Default", "") for name, part in TEMPLATE["Parameters"].items()}
    lists = {name: [""] for name in ("VpcSubnetIds", "VpcSecurityGroupIds")}
    values = {**defaults, **lists, "AWS::Region": region, **given}
    return [
        name
        for name, rule in TEMPLATE["Rules"].items()
        if is_true(rule["RuleCondition"], values)
        and not all(is_true(each["Assert"], values) for each in rule["Assertions"])
    ]


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({}, []),
        ({"VpcSubnetIds": ["subnet-1", "subnet-2"]}, ["SubnetsNeedSecurityGroups"]),
        ({"VpcSubnetIds": ["subnet-1"], "VpcSecurityGroupIds": ["sg-1"]}, []),
        ({"OfficialReminderTemplate": "T"}, ["OfficialTemplateNeedsItsAccount"]),
        ({"OfficialReminderTemplate": "T", "OfficialAppId": "wx0"}, []),
        ({"SmsProvider": "tencent"}, ["TencentNeedsItsSdkAppId"]),
        ({"SmsProvider": "tencent", "SmsSdkAppId": "1"}, []),
        ({"SmsProvider": "aliyun"}, []),
        ({"MailProvider": "ses"}, []),
        ({"MailProvider": "ses", "region": "cn-north-1"}, ["ChinaHasNoSes"]),
        ({"MailProvider": "ses", "region": "cn-northwest-1"}, ["ChinaHasNoSes"]),
        ({"region": "cn-north-1"}, []),
        ({"DomainName": "push.example.com"}, ["DomainNeedsCertificate"]),
        ({"HostedZoneId": "Z0"}, ["ZoneNeedsDomain"]),
        ({"CentreTableName": "restored"}, ["CentreTableNeedsItsSecret"]),
    ],
)
def test_parameters_that_need_each_other_are_refused_apart(given: dict[str, Any], broken: list[str]) -> None:
    assert broken_rules(**given) == broken


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


@pytest.mark.parametrize("name", ["Users", "Campaigns", "Audit", "Centre", "CentreSecret", "ReportsBucket"])
def test_what_cannot_be_had_again_survives_the_deletion_of_the_stack(name: str) -> None:
    kept = RESOURCES[name]
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_audit_is_added_to_by_operators_apis_and_changed_by_none() -> None:
    granted = {
        (name, statement["Action"])
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if "Audit" in str(statement["Resource"])
    }
    assert granted == {(name, "dynamodb:PutItem") for name in ("PushFunction", "CentreFunction")}


@pytest.mark.parametrize("name", ["Users", "Campaigns", "Audit", "Centre"])
def test_a_table_can_be_put_back_to_any_second(name: str) -> None:
    recovery = RESOURCES[name]["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}


@pytest.mark.parametrize("name", ["PushFunction", "CentreFunction"])
def test_a_direct_send_answers_before_the_gateway_gives_up(name: str) -> None:
    assert FUNCTIONS[name]["Properties"]["Timeout"] < 30


def test_a_second_stack_fits_in_the_same_account() -> None:
    named = {"TableName", "FunctionName", "QueueName", "LogGroupName", "BucketName", "RoleName", "Name"}
    # Their FunctionName and LogGroupName are whom they are about.
    about = ("AWS::Lambda::Permission", "AWS::Logs::MetricFilter")
    owners = {name: resource for name, resource in RESOURCES.items() if resource["Type"] not in about}
    fixed = {
        name: value
        for name, resource in owners.items()
        for key, value in resource.get("Properties", {}).items()
        if key in named
    }
    queries = {name: fixed.pop(name) for name in of_type("AWS::Logs::QueryDefinition")}
    assert all(name["Sub"].startswith("${AWS::StackName}/") for name in queries.values())
    # AppConfig asks for names: the stack's, and one within it. The last is the operator's own domain.
    assert fixed == {
        "SettingsApplication": {"Ref": "AWS::StackName"},
        "SettingsProfile": "parameters",
        "DomainRecord": {"Ref": "DomainName"},
    }
    schedule = FUNCTIONS["SweepFunction"]["Properties"]["Events"]["Schedule"]
    assert (schedule["Type"], schedule["Properties"]["OmitName"]) == ("ScheduleV2", True)


def test_nothing_is_tied_to_one_partition() -> None:
    assert "arn:aws:" not in TEXT
    hosts = set(re.findall(r"[\w.${}:]*amazonaws\.com[\w.]*", TEXT))
    # To IAM, these are the same in every partition.
    assert hosts == {
        f"{service}.amazonaws.com" for service in ("apigateway", "codedeploy", "events", "scheduler")
    }


def test_every_log_line_of_the_gateway_leaves_out_query_and_headers() -> None:
    line = RESOURCES["Api"]["Properties"]["AccessLogSettings"]["Format"]
    assert "$context.path" not in line
    assert "$context.requestId" in line


def test_head_goes_to_the_function_that_answers_get() -> None:
    functions = {
        method: {
            route.partition(" ")[2]: name for route, name in ROUTES.items() if route.startswith(f"{method} ")
        }
        for method in ("GET", "HEAD")
    }
    assert functions["HEAD"] == functions["GET"]


def test_the_description_has_what_the_gateway_warns_about_where_it_is_missing() -> None:
    """`FailOnWarnings` makes a warning the end of a deployment. SAM wrote the same for the events of functions."""
    for path, operations in PATHS.items():
        named = [parameter["name"] for parameter in operations.get("parameters", ())]
        assert named == re.findall(r"\{(.*?)\}", path)
        assert all(part["responses"] == {} for method, part in operations.items() if method != "parameters")


def test_one_permission_lets_the_gateway_call_a_function_for_all_its_routes() -> None:
    """A function's policy may have 20 kB. SAM would add a statement of some 400 bytes for each event of an HTTP API."""
    events = [
        event
        for function in FUNCTIONS.values()
        for event in function["Properties"].get("Events", {}).values()
    ]
    assert "HttpApi" not in {event["Type"] for event in events}
    permissions = [part["Properties"] for part in of_type("AWS::Lambda::Permission").values()]
    allowed = [
        about["FunctionName"]["Ref"].removesuffix(".Alias")
        for about in permissions
        if about["Principal"] == "apigateway.amazonaws.com"
    ]
    assert sorted(allowed) == sorted(set(ROUTES.values()))


def test_what_everybody_can_call_is_limited_by_route_and_takes_no_execution_from_others() -> None:
    settings = RESOURCES["Api"]["Properties"]["RouteSettings"]
    limits = {route: limit.get("If", (None, limit))[1] for route, limit in settings.items()}
    callbacks = ("POST /wechat/callback", "POST /wechat/official/callback")
    console = "POST /console/session"
    keys = {"POST /push", *(f"{method} /p/{{proxy+}}" for method in ("GET", "HEAD", "POST"))}
    assert limits.keys() == {
        "POST /session", "POST /collect", "PUT /me", "PATCH /me", *callbacks, console, *keys,
    }  # fmt: skip
    public = [FUNCTIONS[name]["Properties"] for name in PUBLIC]
    assert {ROUTES[route] for route in limits.keys() - {console}} <= set(PUBLIC)
    common = of_other_routes()
    assert all(limit[name] < common[name] for limit in limits.values() for name in common)
    reserved = [function["ReservedConcurrentExecutions"]["If"] for function in public]
    assert all({"Ref": "PublicConcurrency"} in each for each in reserved)
    assert TEMPLATE["Parameters"]["PublicConcurrency"]["Default"] == 100
