"""What CloudFormation gets: nothing that an operator relies on has vanished in SAM's translation."""

import json
import re
from graphlib import TopologicalSorter
from typing import Any

import pytest
from support.template import TEMPLATE
from support.transformed import Stack

EVERYTHING = {
    "MessageCentre": "on",
    "MailProvider": "ses",
    "MailConfigurationSet": "minipush",
    "OfficialAppId": "wx00000000000000aa",
    "RedisUrl": "rediss://cache.example:6379",
    "AlarmEmail": "ops@example.com",
    "DomainName": "push.example.com",
    "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/1",
    "HostedZoneId": "Z0123456789ABCDEF",
    "TrafficShifting": "Canary10Percent5Minutes",
    "PermissionsBoundaryArn": "arn:aws:iam::000000000000:policy/boundary",
    "VpcSubnetIds": "subnet-1,subnet-2",
    "VpcSecurityGroupIds": "sg-1",
}
KEPT = ("Users", "Campaigns", "Audit", "Centre")


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(**EVERYTHING)


def dead_letters(stack: Stack) -> set[str]:
    queues = stack.of_type("AWS::SQS::Queue")
    redriven = [queue["RedrivePolicy"] for queue in queues.values() if "RedrivePolicy" in queue]
    names = {re.sub(r"<(\w+)\.Arn>", r"\1", policy["deadLetterTargetArn"]) for policy in redriven}
    return names | {"UnstartedCampaigns", "ScheduleDeadLetters"}


def test_every_queue_has_dead_letters_that_are_kept_for_two_weeks(stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")
    dead = dead_letters(stack)
    assert {name for name, queue in queues.items() if "RedrivePolicy" not in queue} == dead
    assert all(queues[name]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60 for name in dead)
    receives = [
        queue["RedrivePolicy"]["maxReceiveCount"] for queue in queues.values() if "RedrivePolicy" in queue
    ]
    assert all(count >= 3 for count in receives)


def test_every_queue_of_dead_letters_has_an_alarm(stack: Stack) -> None:
    watched = {
        dimension["Value"]
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for dimension in alarm.get("Dimensions", ())
        if alarm.get("MetricName") == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == {f"<{name}.QueueName>" for name in dead_letters(stack)}


def test_operators_see_the_dead_letters_of_every_queue(stack: Stack) -> None:
    push = stack.resources["PushFunction"]["Properties"]
    named = push["Environment"]["Variables"]["DEAD_LETTERS"].split(",")
    role = stack.resources["PushFunctionRole"]["Properties"]
    granted = [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    [counted] = [each for each in granted if each["Sid"] == "CountDeadLetters"]
    assert {pair.partition("=")[2] for pair in named} == {
        f"<{name}.QueueName>" for name in dead_letters(stack)
    }
    assert set(counted["Resource"]) == {f"<{name}.Arn>" for name in dead_letters(stack)}


def test_without_options_operators_see_the_dead_letters_of_campaigns_and_schedules() -> None:
    named = Stack().resources["PushFunction"]["Properties"]["Environment"]["Variables"]["DEAD_LETTERS"]
    assert [pair.partition("=")[0] for pair in named.split(",")] == [
        "segments",
        "unstarted_campaigns",
        "schedules",
    ]


def test_every_schedule_has_dead_letters_and_may_write_them(stack: Stack) -> None:
    schedules = stack.of_type("AWS::Scheduler::Schedule")
    assert len(schedules) == 4
    for schedule in schedules.values():
        assert schedule["Target"]["DeadLetterConfig"] == {"Arn": "<ScheduleDeadLetters.Arn>"}
        role = stack.resources[schedule["Target"]["RoleArn"].strip("<>").removesuffix(".Arn")]
        assert "<ScheduleDeadLetters.Arn>" in json.dumps(role["Properties"]["Policies"])


def test_every_function_that_is_invoked_without_waiting_has_dead_letters(stack: Stack) -> None:
    targets = {
        each["Target"]["Arn"].strip("<>").removesuffix(".Arn")
        for each in stack.of_type("AWS::Scheduler::Schedule").values()
    } | {
        target["Arn"].strip("<>").removesuffix(".Arn")
        for rule in stack.of_type("AWS::Events::Rule").values()
        for target in rule["Targets"]
    }
    configured = {
        each["FunctionName"].strip("<>"): each["DestinationConfig"]["OnFailure"]["Destination"]
        for each in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    assert configured.keys() == targets
    for function, queue in configured.items():
        role = stack.resources[f"{function}Role"]["Properties"]
        assert queue in json.dumps(role["Policies"])


def test_every_rule_has_dead_letters_and_may_write_them() -> None:
    stack = Stack(MessageCentre="on", MailProvider="ses", MailConfigurationSet="minipush")
    [(name, rule)] = stack.of_type("AWS::Events::Rule").items()
    assert [each["DeadLetterConfig"] for each in rule["Targets"]] == [{"Arn": "<ScheduleDeadLetters.Arn>"}]
    [policy] = stack.of_type("AWS::SQS::QueuePolicy").values()
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", "<ScheduleDeadLetters.Arn>")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": f"<{name}.Arn>"}}


def test_every_alarm_tells_the_address_and_the_topic_that_are_given() -> None:
    topic = "arn:aws:sns:us-east-1:000000000000:ops"
    told = {
        json.dumps(alarm["AlarmActions"])
        for alarm in Stack(AlarmEmail="ops@example.com", AlarmTopicArn=topic)
        .of_type("AWS::CloudWatch::Alarm")
        .values()
    }
    assert told == {json.dumps([topic, "<AlarmTopic>"])}


def test_the_alarms_address_subscribes_to_a_topic_of_the_stack(stack: Stack) -> None:
    [topic] = stack.of_type("AWS::SNS::Topic").values()
    assert topic["Subscription"] == [{"Protocol": "email", "Endpoint": "ops@example.com"}]
    assert Stack().of_type("AWS::SNS::Topic") == {}


def test_alarms_stay_quiet_where_nothing_is_measured(stack: Stack) -> None:
    assert {alarm["TreatMissingData"] for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()} == {
        "notBreaching"
    }


@pytest.mark.parametrize("name", KEPT)
def test_a_table_that_cannot_be_had_again_is_protected(stack: Stack, name: str) -> None:
    table = stack.resources[name]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_users_table_is_warm_if_that_is_wanted() -> None:
    warm = Stack(UsersWarmReads="20000", UsersWarmWrites="10000").resources["Users"]["Properties"]
    assert warm["WarmThroughput"] == {"ReadUnitsPerSecond": "20000", "WriteUnitsPerSecond": "10000"}
    assert "WarmThroughput" not in Stack().resources["Users"]["Properties"]


def test_the_api_has_the_domain_its_certificate_and_its_record(stack: Stack) -> None:
    [domain] = stack.of_type("AWS::ApiGatewayV2::DomainName").values()
    assert domain["DomainName"] == "push.example.com"
    [configuration] = domain["DomainNameConfigurations"]
    assert configuration["CertificateArn"] == EVERYTHING["CertificateArn"]
    [mapping] = stack.of_type("AWS::ApiGatewayV2::ApiMapping").values()
    assert mapping == {"ApiId": "<Api>", "DomainName": "<Domain>", "Stage": "<ApiApiGatewayDefaultStage>"}
    [record] = stack.of_type("AWS::Route53::RecordSet").values()
    assert record["AliasTarget"]["DNSName"] == "<Domain.RegionalDomainName>"
    assert stack.value(stack.template["Outputs"]["ApiUrl"]["Value"]) == "https://push.example.com"


def test_reminders_link_to_the_domain_unless_another_address_is_given(stack: Stack) -> None:
    given = Stack(**EVERYTHING, PublicUrl="https://other.example")
    for name in ("CentreFunction", "SmsReminderFunction"):
        assert variables(stack, name)["PUBLIC_URL"] == "https://push.example.com"
        assert variables(given, name)["PUBLIC_URL"] == "https://other.example"


def test_without_a_domain_there_is_none() -> None:
    kinds = {resource["Type"] for resource in Stack().resources.values()}
    assert (
        not {"AWS::ApiGatewayV2::DomainName", "AWS::ApiGatewayV2::ApiMapping", "AWS::Route53::RecordSet"}
        & kinds
    )


def test_the_stage_throttles_and_logs(stack: Stack) -> None:
    [stage] = Stack(ApiRate="77", ApiBurst="7").of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": "77", "ThrottlingBurstLimit": "7"}
    assert {"POST /session", "POST /collect"} <= stage["RouteSettings"].keys()
    assert stage["AccessLogSettings"]["DestinationArn"] == "<ApiLogs.Arn>"


def test_every_log_group_ends_with_the_retention(stack: Stack) -> None:
    groups = Stack(**EVERYTHING, LogRetentionDays="90").of_type("AWS::Logs::LogGroup")
    assert {group["RetentionInDays"] for group in groups.values()} == {"90"}
    functions = stack.of_type("AWS::Lambda::Function").values()
    assert {each["LoggingConfig"]["LogGroup"] for each in functions} <= {f"<{name}>" for name in groups}


def test_every_function_is_of_the_architecture_and_in_the_vpc(stack: Stack) -> None:
    functions = Stack(**EVERYTHING, Architecture="x86_64").of_type("AWS::Lambda::Function").values()
    assert {tuple(each["Architectures"]) for each in functions} == {("x86_64",)}
    vpc = {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    assert all(each["VpcConfig"] == vpc for each in functions)


def test_every_role_has_the_boundary(stack: Stack) -> None:
    boundaries = {role.get("PermissionsBoundary") for role in stack.of_type("AWS::IAM::Role").values()}
    assert boundaries == {EVERYTHING["PermissionsBoundaryArn"]}
    unbounded = {role.get("PermissionsBoundary") for role in Stack().of_type("AWS::IAM::Role").values()}
    assert unbounded == {None}


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_no_function_is_traced_by_x_ray(region: str) -> None:
    """Lambda has no X-Ray in the China regions, and SAM would give the roles a policy that does not exist there."""
    stack = Stack(region, **EVERYTHING)
    assert "XRay" not in json.dumps(stack.resources)
    assert not [
        name for name, each in stack.of_type("AWS::Lambda::Function").items() if "TracingConfig" in each
    ]


def test_in_china_every_arn_and_address_is_chinas() -> None:
    stack = Stack(
        "cn-north-1", **(EVERYTHING | {"CertificateArn": "", "PermissionsBoundaryArn": "", "DomainName": ""})
    )
    text = json.dumps([stack.resources, outputs(stack)])
    assert "arn:aws:" not in text
    services = {"apigateway", "codedeploy", "events", "lambda", "scheduler"}
    hosts = set(re.findall(r"[\w<>.-]+\.amazonaws\.com(?:\.cn)?", text))
    assert {host for host in hosts if not host.endswith(".cn")} == {
        f"{name}.amazonaws.com" for name in services
    }


def test_a_second_stack_in_the_account_has_names_of_its_own(stack: Stack) -> None:
    named = {
        "TableName",
        "FunctionName",
        "QueueName",
        "LogGroupName",
        "BucketName",
        "RoleName",
        "TopicName",
        "AlarmName",
    }
    about = ("AWS::Lambda::", "AWS::ApiGatewayV2::", "AWS::Logs::MetricFilter")
    fixed = {
        name: named & resource.get("Properties", {}).keys()
        for name, resource in stack.resources.items()
        if not (resource["Type"].startswith(about) and resource["Type"] != "AWS::Lambda::Function")
    }
    assert {name: keys for name, keys in fixed.items() if keys} == {}
    assert all("Name" not in schedule for schedule in stack.of_type("AWS::Scheduler::Schedule").values())


# SAM makes these and passes no tags on, or CloudFormation takes none.
UNTAGGED = {
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::AppConfig::HostedConfigurationVersion",
    "AWS::CloudWatch::Dashboard",
    "AWS::CodeDeploy::Application",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::Events::Rule",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::Route53::RecordSet",
    "AWS::S3::BucketPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}


def test_everything_that_takes_tags_has_that_of_the_application(stack: Stack) -> None:
    resources = stack.resources.values()
    untagged = {
        each["Type"]
        for each in resources
        if tags(each.get("Properties", {})).get("application") != "minipush"
    }
    assert untagged == UNTAGGED


def tags(properties: dict[str, Any]) -> dict[str, str]:
    """Of a list of keys and values, of an object, or of an API's description."""
    listed = properties.get("Tags") or properties.get("Body", {}).get("tags", [])
    if isinstance(listed, dict):
        return listed
    return {
        each.get("Key", each.get("name")): each.get("Value", each.get("x-amazon-apigateway-tag-value"))
        for each in listed
    }


def test_every_parameter_is_used() -> None:
    text = json.dumps({**TEMPLATE, "Parameters": None, "Metadata": None})
    unused = [
        name for name in TEMPLATE["Parameters"] if f'"{name}"' not in text and f"${{{name}}}" not in text
    ]
    assert unused == []


def variables(stack: Stack, function: str) -> dict[str, Any]:
    made: dict[str, Any] = stack.resources[function]["Properties"]["Environment"]["Variables"]
    return made


def outputs(stack: Stack) -> dict[str, Any]:
    return {
        name: stack.value(output["Value"])
        for name, output in stack.template["Outputs"].items()
        if stack.holds(output.get("Condition"))
    }


@pytest.mark.parametrize("region", ["us-east-1", "cn-north-1"])
def test_no_resource_waits_for_itself(region: str) -> None:
    """Also with a canary, whose alias waits for the alarms that turn it back."""
    stack = Stack(region, **EVERYTHING)
    waits = {
        name: (set(re.findall(r"<(\w+)", str(resource))) | {*_listed(resource.get("DependsOn"))}) - {name}
        for name, resource in stack.resources.items()
    }
    assert "ApiErrorsAlarm" in waits["CollectFunctionDeploymentGroup"]
    assert set(TopologicalSorter(waits).static_order()) >= waits.keys()


def test_no_route_ends_in_a_slash() -> None:
    """An HTTP API has none, and refuses a description with one."""
    paths = Stack(**EVERYTHING).of_type("AWS::ApiGatewayV2::Api")["Api"]["Body"]["paths"]
    assert [path for path in paths if path.endswith("/")] == []


def _listed(names: str | list[str] | None) -> list[str]:
    return [names] if isinstance(names, str) else names or []
