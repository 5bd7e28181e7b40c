"""What campaigns need of the deployment: nothing is lost between the queue, the rules and the functions."""

import json
import re
from typing import Any

import pytest
from support.example_rule import example_rule
from support.template import FUNCTIONS, RESOURCES, ROOT, TEMPLATE, of_type, statements

from minipush.http.schemas.campaign_requests import parse_fired

WORKER = FUNCTIONS["CampaignWorkerFunction"]["Properties"]
SOURCE = WORKER["Events"]["Segments"]["Properties"]
QUEUE = RESOURCES["CampaignQueue"]["Properties"]
START = FUNCTIONS["CampaignScheduleFunction"]["Properties"]
PUSH = {statement["Sid"]: statement for statement in statements(FUNCTIONS["PushFunction"])}


def get(name: str, attribute: str = "Arn") -> dict[str, str]:
    return {"GetAtt": f"{name}.{attribute}"}


# ---- the queue of segments


def test_a_segment_is_hidden_for_six_times_as_long_as_a_worker_may_run() -> None:
    assert QUEUE["VisibilityTimeout"] >= 6 * WORKER["Timeout"]


def test_a_segment_that_kills_its_workers_is_put_aside() -> None:
    redrive = {"deadLetterTargetArn": get("CampaignDeadLetters"), "maxReceiveCount": 5}
    assert QUEUE["RedrivePolicy"] == redrive


def test_one_worker_carries_one_segment_and_says_whether_it_broke() -> None:
    assert SOURCE["Queue"] == get("CampaignQueue")
    assert SOURCE["BatchSize"] == 1
    assert SOURCE["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_parameter_says_how_many_workers_there_are_at_most() -> None:
    assert SOURCE["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "CampaignConcurrency"}}
    bounds = TEMPLATE["Parameters"]["CampaignConcurrency"]
    assert (bounds["MinValue"], bounds["MaxValue"]) == (2, 1000)  # as Lambda has it


@pytest.mark.parametrize("name", ["CampaignDeadLetters", "UnstartedCampaigns"])
def test_what_failed_is_kept_for_two_weeks_and_an_alarm_tells_of_it(name: str) -> None:
    assert RESOURCES[name]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 60 * 60
    alarm = RESOURCES[f"{name}Alarm"]["Properties"]
    assert alarm["MetricName"] == "ApproximateNumberOfMessagesVisible"
    assert alarm["Dimensions"] == [{"Name": "QueueName", "Value": get(name, "QueueName")}]
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Maximum", 1)


@pytest.mark.parametrize("name", of_type("AWS::SQS::Queue"))
def test_a_queue_is_encrypted(name: str) -> None:
    assert RESOURCES[name]["Properties"]["SqsManagedSseEnabled"] is True


# ---- tables and reports


def test_only_campaigns_are_listed_and_with_little() -> None:
    [index, _] = RESOURCES["Campaigns"]["Properties"]["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert keys == [("listed", "HASH"), ("created", "RANGE")]
    assert index["Projection"] == {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["status", "unpublished"]}


def test_campaigns_of_a_status_are_found_without_reading_the_others() -> None:
    [_, index] = RESOURCES["Campaigns"]["Properties"]["GlobalSecondaryIndexes"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
    assert keys == [("status", "HASH"), ("created", "RANGE")]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


def test_reports_are_nobody_else_s() -> None:
    bucket = RESOURCES["ReportsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    [policy] = of_type("AWS::S3::BucketPolicy").values()
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"


def test_reports_are_encrypted_where_they_lie() -> None:
    encryption = RESOURCES["ReportsBucket"]["Properties"]["BucketEncryption"]
    [rule] = encryption["ServerSideEncryptionConfiguration"]
    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_reports_are_encrypted_on_their_way() -> None:
    """Whoever asks without TLS is refused, whatever is asked of the bucket or of what is in it."""
    [policy] = of_type("AWS::S3::BucketPolicy").values()
    assert policy["Condition"] == RESOURCES["ReportsBucket"]["Condition"]
    assert policy["Properties"]["Bucket"] == {"Ref": "ReportsBucket"}
    [statement] = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Resource"] == [{"GetAtt": "ReportsBucket.Arn"}, {"Sub": "${ReportsBucket.Arn}/*"}]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_reports_and_campaigns_are_forgotten_together() -> None:
    [rule] = RESOURCES["ReportsBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", {"Ref": "CampaignDays"})
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert variables["CAMPAIGN_DAYS"] == {"Ref": "CampaignDays"}


# ---- when


def rendered(transformer: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """As EventBridge does it, for paths of names and indexes whose values are strings."""
    text = transformer["InputTemplate"]
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for key, index in re.findall(r"\.(\w+)|\[(\d+)\]", path.removeprefix("$")):
            value = value[key] if key else value[int(index)]
        text = text.replace(f"<{name}>", value)
    made: dict[str, Any] = json.loads(text)
    return made


def test_the_example_rule_makes_what_the_sample_event_shows() -> None:
    sample = json.loads((ROOT / "events/campaign-schedule.json").read_text(encoding="utf-8"))
    rule, _, instant = sample["occurrence"].rpartition("/")
    event = {"source": "aws.events", "resources": [rule], "time": instant, "detail": {}}
    [target] = example_rule()["Targets"]
    assert rendered(target["InputTransformer"], event) == sample


def test_the_example_rule_makes_a_campaign() -> None:
    sample = json.loads((ROOT / "events/campaign-schedule.json").read_text(encoding="utf-8"))
    fired = parse_fired(sample)
    assert (fired.plan.name, fired.plan.message.template_id) == ("evening", "TEMPLATE_ID")


def test_no_rule_is_shipped() -> None:
    """A stack must not send anything that its operator did not write."""
    assert of_type("AWS::Events::Rule") == {}


def test_rules_that_bear_the_stack_s_name_may_invoke_the_function() -> None:
    permission = RESOURCES["CampaignRulePermission"]["Properties"]
    assert permission["FunctionName"] == {"Ref": "CampaignScheduleFunction"}
    assert permission["Action"] == "lambda:InvokeFunction"
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"]["Sub"].endswith(":${AWS::AccountId}:rule/${AWS::StackName}-*")
    assert example_rule()["Name"].startswith("minipush-")  # the stack's name in samconfig.toml


def test_the_target_of_rules_is_an_output() -> None:
    [target] = example_rule()["Targets"]
    assert TEMPLATE["Outputs"][target["Arn"]["Ref"]]["Value"] == get("CampaignScheduleFunction")


def test_what_could_not_be_started_is_tried_twice_more_and_then_kept() -> None:
    destination = {"Type": "SQS", "Destination": get("UnstartedCampaigns")}
    config = {"MaximumRetryAttempts": 2, "DestinationConfig": {"OnFailure": destination}}
    assert START["EventInvokeConfig"] == config


def test_a_schedule_may_start_campaigns_and_no_more() -> None:
    role = RESOURCES["ScheduleRole"]["Properties"]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert "aws:SourceAccount" in trust["Condition"]["StringEquals"]
    [policy] = role["Policies"]
    [statement] = policy["PolicyDocument"]["Statement"]
    allowed = (statement["Action"], statement["Resource"])
    assert allowed == ("lambda:InvokeFunction", get("CampaignScheduleFunction"))


def test_only_that_role_may_be_handed_on_and_only_to_the_scheduler() -> None:
    handing = PUSH["LetSchedulesStartCampaigns"]
    assert (handing["Action"], handing["Resource"]) == ("iam:PassRole", get("ScheduleRole"))
    assert handing["Condition"] == {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}


def test_schedules_are_made_in_the_stack_s_own_group_alone() -> None:
    assert PUSH["ScheduleCampaigns"]["Resource"]["Sub"].endswith(":schedule/${CampaignSchedules}/*")
    variables = FUNCTIONS["PushFunction"]["Properties"]["Environment"]["Variables"]
    assert variables["SCHEDULE_GROUP"] == {"Ref": "CampaignSchedules"}
    assert variables["SCHEDULE_ROLE_ARN"] == get("ScheduleRole")
    assert variables["SCHEDULE_TARGET_ARN"] == get("CampaignScheduleFunction")
