"""`make doctor` on a stack of the emulator: each illness alone, with the next command."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from support.operated_stack import OperatedStack, operated_stack, secret_resource
from support.unreliable_api import Reply, Request, UnreliableApi, serving

pytestmark = pytest.mark.emulator

KEY = "mp_doctor"
CALLBACK = {"callback_token": "AAAAA", "encoding_aes_key": "A" * 43}
WELL = {"app_secret": "s"}
CHANNELS = {"smtp_url": "smtp://mail.example.com", "sms_key_id": "k", "sms_key_secret": "s"}
PARAMETERS = {"MailFrom": "push@example.com", "MailProvider": "smtp", "SmsProvider": "aliyun"}
ACCESS = {"session_key": "s" * 64, "operator_keys": [{"name": "shop", "scopes": ["read"], "hash": "sha256:"}]}
TABLE = {
    "Type": "AWS::DynamoDB::Table",
    "Properties": {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    },
}
LOGS = {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 30}}


def alarm(queue: str) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": f"alarm-{queue}",
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Statistic": "Maximum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "AlarmActions": ["arn:aws:sns:us-east-1:000000000000:alarms"],
        },
    }


RESOURCES = {
    "WeChatSecret": secret_resource(WELL),
    "CallbackSecret": secret_resource(CALLBACK),
    "AccessSecret": secret_resource(ACCESS),
    "ChannelSecret": secret_resource(CHANNELS),
    "Users": TABLE,
    "Campaigns": TABLE | {"Condition": "MakesCampaigns"},
    "PushLogs": LOGS,
    "CentreLogs": LOGS,
    "WeChatCallbackLogs": LOGS,
    "CampaignDeadLettersAlarm": alarm("dead-letters"),
    "CampaignDeadLetters": {"Type": "AWS::SQS::Queue"},
    "CampaignQueue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "RedrivePolicy": {
                "deadLetterTargetArn": {"Fn::GetAtt": ["CampaignDeadLetters", "Arn"]},
                "maxReceiveCount": 5,
            }
        },
    },
}
CONDITIONS = {"MakesCampaigns": {"Fn::Equals": ["", "an adopted table"]}}
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "sending": {"enabled": True},
    "token": {"kind": "stable", "expires_at": None, "last_error": None},
    "sweep": None,
    "callback_at": None,
    "templates_synced_at": None,
    "dead_letters": {},
    "paused_campaigns": [],
    "unavailable": {},
}


def answered(request: Request) -> Reply:
    """An API that is well, but has just been deployed."""
    path = request.path.partition("?")[0]
    if path == "/health":
        return Reply(200, {"status": "ok", "version": "0.1.0"})
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        return Reply(401, {"detail": "This credential is unknown or has expired."})
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    signs = {"sweep": {"at": now}, "callback_at": now, "templates_synced_at": now}
    answers: dict[str, Any] = {
        "/operator": {"name": "doctor", "scopes": ["read"]},
        "/status": STATUS | signs,
        "/campaigns": {"items": [], "next_cursor": None},
    }
    return Reply(200, answers[path])


@dataclass
class Patient:
    stack: OperatedStack
    api: UnreliableApi
    adopted: str

    def examine(self, key: str = KEY) -> tuple[int, list[dict[str, str]]]:
        """The exit code, and the checks that are not all right."""
        done = self.stack.run("doctor", JSON="1", OPERATOR_KEY=key, MINIPUSH_CONFIG="/nonexistent")
        checks = json.loads(done.stdout)["checks"]
        failed = dict.fromkeys(check["name"] for check in checks if check["level"] == "failed")
        assert done.stderr == (f"doctor: failed: {', '.join(failed)}\n" if failed else "")
        return done.returncode, [check for check in checks if check["level"] != "ok"]

    def log(self, group: str, *messages: Any) -> None:
        logs, name, stream = self.stack.client("logs"), self.stack.resources[group], uuid.uuid4().hex
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": json.dumps(message)} for message in messages]
        logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=events)

    def set_table(self, table: str, **settings: bool) -> None:
        """`ttl`, `recovery`: on or off."""
        client = self.stack.client("dynamodb")
        if "ttl" in settings:
            ttl = {"AttributeName": "ttl", "Enabled": settings["ttl"]}
            client.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)
        if "recovery" in settings:
            recovery = {"PointInTimeRecoveryEnabled": settings["recovery"]}
            client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)

    def store(self, secret: str, value: dict[str, Any]) -> None:
        arn = self.stack.resources[secret]
        self.stack.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(value))


@pytest.fixture
def adopted(aws_endpoint: str) -> str:
    """A table as a restore leaves it: neither TTL nor point-in-time recovery is on."""
    name = f"restored-{uuid.uuid4().hex}"
    properties: Any = TABLE["Properties"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema")
    OperatedStack("", aws_endpoint).client("dynamodb").create_table(
        TableName=name, **{key: properties[key] for key in kept}
    )
    return name


@pytest.fixture
def patient(aws_endpoint: str, adopted: str) -> Iterator[Patient]:
    with serving(answered) as api:
        outputs: dict[str, Any] = {
            f"{name}Arn": {"Ref": name}
            for name in ("WeChatSecret", "CallbackSecret", "AccessSecret", "ChannelSecret")
        }
        outputs |= {"ApiUrl": api.url, "UsersTable": {"Ref": "Users"}, "CampaignsTable": adopted}
        name = f"stack-{uuid.uuid4().hex}"
        with operated_stack(aws_endpoint, name, RESOURCES, outputs, PARAMETERS, CONDITIONS) as stack:
            patient = Patient(stack, api, adopted)
            for table in (stack.resources["Users"], adopted):
                patient.set_table(table, ttl=True, recovery=True)
            alarms = stack.client("cloudwatch")
            alarms.set_alarm_state(AlarmName="alarm-dead-letters", StateValue="OK", StateReason="new")
            yield patient


def test_a_stack_that_is_well_has_nothing_to_say(patient: Patient) -> None:
    assert patient.examine() == (0, [])


def ring(patient: Patient) -> None:
    alarms = patient.stack.client("cloudwatch")
    alarms.set_alarm_state(AlarmName="alarm-dead-letters", StateValue="ALARM", StateReason="full")


def leave_a_dead_letter(patient: Patient) -> None:
    sqs = patient.stack.client("sqs")
    sqs.send_message(QueueUrl=patient.stack.resources["CampaignDeadLetters"], MessageBody="{}")


def let_wait(patient: Patient) -> None:
    queue = patient.stack.resources["CampaignQueue"].rpartition("/")[2]
    patient.stack.client("cloudwatch").put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": queue}],
                "Value": 3600.0,
            }
        ],
    )


def keep_for_ever(patient: Patient) -> None:
    patient.set_table(patient.stack.resources["Users"], ttl=False)


def stop_backups(patient: Patient) -> None:
    patient.set_table(patient.stack.resources["Users"], recovery=False)


def adopt_a_restored_table(patient: Patient) -> None:
    patient.set_table(patient.adopted, ttl=False)


def empty_app_secret(patient: Patient) -> None:
    patient.store("WeChatSecret", {"app_secret": ""})


def forget_the_mail_server(patient: Patient) -> None:
    patient.store("ChannelSecret", CHANNELS | {"smtp_url": ""})


def forget_the_sms_key(patient: Patient) -> None:
    patient.store("ChannelSecret", CHANNELS | {"sms_key_secret": ""})


def move_address(patient: Patient) -> None:
    said = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist"
    patient.log("PushLogs", {"level": "WARNING", "message": "no access_token: 40164", "errmsg": said})


def move_address_of_the_centre(patient: Patient) -> None:
    said = "invalid ip 2001:db8::7 ipv6 2001:db8::7, not in whitelist"
    patient.log("CentreLogs", {"message": "WeChat refuses an access_token", "errcode": 40164, "errmsg": said})


def refuse_all_pushes(patient: Patient) -> None:
    refused = {"message": "a push was refused: the signature is wrong"}
    patient.log("WeChatCallbackLogs", refused, refused, refused)


ILLNESSES: list[tuple[Callable[[Patient], None], str, str, str]] = [
    (ring, "alarms", "CampaignDeadLettersAlarm", "docs/runbook.md, CampaignDeadLettersAlarm"),
    (leave_a_dead_letter, "dead letters", "CampaignDeadLetters has 1", "make redrive QUEUE=CampaignDeadLetters SHOW=1 STACK="),
    (let_wait, "queues", "CampaignQueue", "make logs LEVEL=ERROR"),
    (keep_for_ever, "tables", "deletes nothing", "aws dynamodb update-time-to-live --table-name"),
    (stop_backups, "tables", "point in time", "aws dynamodb update-continuous-backups --table-name"),
    (adopt_a_restored_table, "tables", "restored-", "aws dynamodb update-time-to-live --table-name restored-"),
    (empty_app_secret, "secrets", "app_secret", "make secret NAME=app_secret STACK="),
    (forget_the_mail_server, "secrets", "smtp_url", "make secret NAME=smtp_url STACK="),
    (forget_the_sms_key, "secrets", "sms_key_secret", "make secret NAME=sms_key_secret STACK="),
    (move_address_of_the_centre, "address", "2001:db8::7 (40164)", "add the address 2001:db8::7 to the IP allow-list"),
    (move_address, "address", "203.0.113.7 (40164)", "add the address 203.0.113.7 to the IP allow-list"),
    (refuse_all_pushes, "pushes", "the signature is wrong, and accepted none", "WeChat's callback"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("infect", "name", "found", "next_"), ILLNESSES, ids=[one[0].__name__ for one in ILLNESSES]
)
def test_each_illness_is_named_with_the_next_command(
    patient: Patient, infect: Callable[[Patient], None], name: str, found: str, next_: str
) -> None:
    infect(patient)
    status, [check] = patient.examine()
    assert (status, check["name"], check["level"]) == (1, name, "failed")
    assert found in check["found"]
    assert next_ in check["next"]


def test_a_push_that_is_refused_beside_others_that_are_accepted_is_a_warning(patient: Patient) -> None:
    refuse_all_pushes(patient)
    patient.log("WeChatCallbackLogs", {"message": "answered", "status": 200})
    status, [check] = patient.examine()
    assert (status, check["name"], check["level"]) == (0, "pushes", "warning")


def test_what_strangers_send_to_the_callback_is_no_illness(patient: Patient) -> None:
    stranger = {"message": "a push was refused: the timestamp is not a number"}
    patient.log("WeChatCallbackLogs", stranger, stranger, stranger)
    assert patient.examine() == (0, [])


def test_a_rotation_that_has_not_ended_is_a_warning(patient: Patient) -> None:
    patient.store("CallbackSecret", CALLBACK | {"replaced": [{"callback_token": "BBBBB"}]})
    status, [check] = patient.examine()
    assert (status, check["level"]) == (0, "warning")
    assert check["next"].startswith("make rotate-callback END=1")


def test_logs_that_are_kept_for_ever_are_a_warning(patient: Patient) -> None:
    patient.stack.client("logs").delete_retention_policy(logGroupName=patient.stack.resources["PushLogs"])
    status, [check] = patient.examine()
    assert (status, check["name"], check["level"]) == (0, "logs", "warning")
    assert "Push" in check["found"]


def test_without_a_key_the_stack_is_examined_all_the_same(patient: Patient) -> None:
    status, [check] = patient.examine(key="")
    assert (status, check["name"], check["level"]) == (0, "operator key", "warning")
    assert f"minipush login --url {patient.api.url}" in check["next"]


def test_a_stack_that_does_not_exist_is_an_error_and_no_illness(patient: Patient) -> None:
    done = patient.stack.run("doctor", STACK="nowhere")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr == "doctor: there is no stack nowhere in us-east-1\n"
