"""The stack itself: its status, its alarms, its queues, its tables and its log groups."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from minipush_cli.doctor.check import Check, failed, passed, warned
from minipush_cli.texts import ago, listed, number
from operate.dead_letters import QUEUE, UNSTARTED, DeadLetters
from operate.doctor.examined import Examined
from operate.stack_status import REVIEWED, obstacle

LATE_SECONDS = 15 * 60
ALARMS_AT_ONCE = 100
API = "ApiUrl"
HEALTHY = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}


def check_status(on: Examined) -> Iterator[Check]:
    status, found = on.stack.status, f"{on.stack.name}: {on.stack.status}"
    if status in HEALTHY and API not in on.stack.outputs:
        yield failed(
            "stack",
            f"{found}, without the output {API}: it is not minipush",
            "name the stack with ENV or STACK",
        )
    elif status in HEALTHY:
        yield passed("stack", found)
    elif status == REVIEWED:
        yield warned("stack", f"{found}: it was never created", "make deploy")
    elif status.endswith("_IN_PROGRESS") and "ROLLBACK" not in status:
        yield warned("stack", found, "wait, then: make doctor")
    else:
        yield failed("stack", found, _mended(on))


def _mended(on: Examined) -> str:
    why = f"aws cloudformation describe-stack-events --stack-name {on.stack.name}{on.options}"
    before = obstacle(on.stack.status, on.stack.name, on.options)
    return f"{why}; then: {before or 'make deploy'}"


def check_alarms(on: Examined) -> Iterator[Check]:
    names = {physical: logical for logical, physical in on.stack.resources("AWS::CloudWatch::Alarm").items()}
    alarms = [*_alarms(on, [*names])]
    ringing = sorted(names[one["AlarmName"]] for one in alarms if one["StateValue"] == "ALARM")
    for name in ringing:
        yield failed("alarms", f"{name} is in ALARM", f"docs/runbook.md, {name}")
    if alarms and not any(one.get("AlarmActions") for one in alarms):
        yield warned("alarms", "they tell nobody", "set AlarmEmail or AlarmTopicArn, then: make deploy")
    elif not ringing:
        yield passed("alarms", f"{number(len(alarms))}, none in ALARM")


def _alarms(on: Examined, names: list[str]) -> Iterator[Any]:
    for start in range(0, len(names), ALARMS_AT_ONCE):
        page = names[start : start + ALARMS_AT_ONCE]
        yield from on.client("cloudwatch").describe_alarms(AlarmNames=page)["MetricAlarms"]


def check_dead_letters(on: Examined) -> Iterator[Check]:
    letters = DeadLetters(on.stack)
    full = {name: count for name in letters.names if (count := letters.count(name))}
    for name, count in full.items():
        look = f"make redrive QUEUE={name} SHOW=1"
        yield failed("dead letters", f"{name} has {number(count)}", f"{look}; then without SHOW=1")
    if not full:
        yield passed("dead letters", "none")


def check_queue_age(on: Examined) -> Iterator[Check]:
    """Of queues with work: the oldest message of the last quarter of an hour."""
    dead = {*DeadLetters(on.stack).names, UNSTARTED}
    late = {}
    for name, url in on.stack.resources(QUEUE).items():
        if name not in dead and (seconds := _oldest(on, url.rpartition("/")[2])) > LATE_SECONDS:
            late[name] = seconds
    for name, seconds in late.items():
        yield failed(
            "queues",
            f"the oldest message of {name} waits for {ago(seconds)}",
            "make logs LEVEL=ERROR",
        )
    if not late:
        yield passed("queues", "no message waits for long")


def _oldest(on: Examined, queue: str) -> float:
    end = datetime.fromtimestamp(on.now, UTC)
    answer = on.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=end - timedelta(seconds=LATE_SECONDS),
        EndTime=end,
        Period=300,
        Statistics=["Maximum"],
    )
    return max((float(point["Maximum"]) for point in answer["Datapoints"]), default=0.0)


def check_tables(on: Examined) -> Iterator[Check]:
    """Each table has what the template gives it: somebody may have switched it off by hand, or restored it."""
    client, wrong = on.client("dynamodb"), False
    for name, properties in on.tables.items():
        if _wants(properties, "TimeToLiveSpecification", "Enabled") and not _has_ttl(client, name):
            wrong = True
            yield failed("tables", f"{name} deletes nothing by itself", _switch_on_ttl(on, name))
        if _wants(
            properties, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"
        ) and not _has_recovery(client, name):
            wrong = True
            yield failed(
                "tables", f"{name} cannot be restored to a point in time", _switch_on_recovery(on, name)
            )
    if not wrong:
        yield passed("tables", f"{number(len(on.tables))}, as the template says")


def _wants(properties: Any, specification: str, setting: str) -> bool:
    return properties.get(specification, {}).get(setting) in (True, "true")


def _has_ttl(client: Any, table: str) -> bool:
    described = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return described["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}


def _has_recovery(client: Any, table: str) -> bool:
    described = client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = described.get("PointInTimeRecoveryDescription", {})
    return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")


def _switch_on_ttl(on: Examined, table: str) -> str:
    return (
        f"aws dynamodb update-time-to-live --table-name {table} "
        f"--time-to-live-specification Enabled=true,AttributeName=ttl{on.options}"
    )


def _switch_on_recovery(on: Examined, table: str) -> str:
    return (
        f"aws dynamodb update-continuous-backups --table-name {table} "
        f"--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true{on.options}"
    )


def check_log_groups(on: Examined) -> Iterator[Check]:
    groups, client = on.stack.resources("AWS::Logs::LogGroup"), on.client("logs")
    endless = [name for name, group in groups.items() if not _retention(client, group)]
    if endless:
        yield warned("logs", f"kept for ever, or gone: {listed(endless)}", "make deploy")
    else:
        yield passed("logs", f"{number(len(groups))} groups, each with a retention")


def _retention(client: Any, group: str) -> int:
    """In days; 0 for none, or if the group does not exist."""
    found = client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    return next((int(one.get("retentionInDays", 0)) for one in found if one["logGroupName"] == group), 0)
