"""Alarms, dashboards, saved queries and metrics: what they name exists, and somebody is told what to do."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support.template import FUNCTIONS, ROOT, ROUTES, TEMPLATE, statements
from support.transformed import Stack

from minipush.application.metric_names import Metric

EVERYTHING = {
    "MessageCentre": "on",
    "OfficialAppId": "wx00000000000000aa",
    "AlarmEmail": "ops@example.com",
    "MailProvider": "ses",
    "MailConfigurationSet": "minipush",
}
NAMESPACE = "minipush"
PARTS = {
    "runbook.md": ("**Means.**", "**Look at.**", "**Do.**"),
    "runbook.zh-CN.md": ("**含义**", "**先看**", "**处理**"),
}
RUNBOOKS = (*PARTS,)
LINK = "https://github.com/minipush/minipush/blob/main/docs/runbook.md#"
# Metrics that AWS has in every region, the China regions included.
OF_AWS = {
    "AWS/Lambda": {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"},
    "AWS/SQS": {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
    "AWS/ApiGateway": {"Count", "4xx", "5xx", "Latency", "IntegrationLatency"},
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits", "ReadThrottleEvents", "WriteThrottleEvents",
    },
}  # fmt: skip
# What the role of a function that sends through the ledger has on the Users table, in one statement.
SPENDS = {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"}

type Named = tuple[str, str, dict[str, str]]
"""A namespace, a metric and its dimensions."""


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack(**EVERYTHING)


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def headings(name: str) -> list[str]:
    return re.findall(r"^### (\w+)$", page(name), re.MULTILINE)


def rows(heading: str, name: str = "metrics.md") -> dict[str, list[str]]:
    """The cells of a table of docs/metrics.md, or its translation, by the metric."""
    part = page(name).split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in re.findall(r"^\| `.*", part, re.MULTILINE)
    ]
    return {cells[0].strip("`"): cells[1:] for cells in lines}


def filters(stack: Stack) -> dict[str, set[str]]:
    """The functions (and the API) whose log lines make a metric, by its name."""
    made: dict[str, set[str]] = {}
    for each in stack.of_type("AWS::Logs::MetricFilter").values():
        [transformation] = each["MetricTransformations"]
        assert transformation["MetricNamespace"] == NAMESPACE
        made.setdefault(transformation["MetricName"], set()).add(
            each["LogGroupName"][1:-1].removesuffix("Logs")
        )
    return made


def of_alarm(alarm: dict[str, Any]) -> list[Named]:
    parts = [part["MetricStat"]["Metric"] for part in alarm.get("Metrics", ()) if "MetricStat" in part] or [
        alarm
    ]
    return [(part["Namespace"], part["MetricName"], dimensions_of(part)) for part in parts]


def dimensions_of(part: dict[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in part.get("Dimensions", ())}


def of_dashboard(dashboard: dict[str, Any]) -> list[Named]:
    widgets = [widget["properties"] for widget in json.loads(dashboard["DashboardBody"])["widgets"]]
    return [named for widget in widgets for row in widget["metrics"] for named in of_row(row)]


def of_row(row: list[Any]) -> list[Named]:
    if isinstance(row[0], dict):
        found = re.fullmatch(
            r"SEARCH\('\{\"(\w+)\",(\w+)\} MetricName=\"(\w+)\"', '\w+', \d+\)", row[0]["expression"]
        )
        assert found
        return [(found[1], found[3], {found[2]: "<any>"})]
    texts = [part for part in row if isinstance(part, str)]
    return [(texts[0], texts[1], dict(zip(texts[2::2], texts[3::2], strict=True)))]


def services() -> dict[str, str]:
    """The functions by the service that they count for."""
    return {
        function["Properties"]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]: name.removesuffix(
            "Function"
        )
        for name, function in FUNCTIONS.items()
    }


def unknown(named: Named) -> bool:
    """Whether nobody measures this."""
    namespace, metric, dimensions = named
    if namespace != NAMESPACE:
        return metric not in OF_AWS[namespace] or not dimensions
    counted, logged = rows("Counted by the functions"), rows("Made of log lines")
    if metric in counted:
        return dimensions.get("service") not in counted[metric][1].split(", ") or len(dimensions) != 1
    return metric not in logged or logged[metric][1] != ", ".join(f"`{name}`" for name in dimensions)


# ---- metrics


@pytest.mark.parametrize(
    ("name", "heading"), [("metrics.md", "Counted by the functions"), ("metrics.zh-CN.md", "由函数统计")]
)
def test_every_metric_of_the_code_has_a_line_and_every_line_a_metric(name: str, heading: str) -> None:
    counted = rows(heading, name)
    assert counted.keys() == {*Metric}
    assert {cells[0] for cells in counted.values()} == {"Count"}
    named = {service for cells in counted.values() for service in cells[1].split(", ")}
    assert named <= services().keys()


@pytest.mark.parametrize(
    ("name", "heading"), [("metrics.md", "Made of log lines"), ("metrics.zh-CN.md", "由日志生成")]
)
def test_every_metric_made_of_log_lines_has_a_line_with_its_functions(
    stack: Stack, name: str, heading: str
) -> None:
    functions = {
        metric: cells[2].removeprefix("the ").replace("API", "Api")
        for metric, cells in rows(heading, name).items()
    }
    documented = {metric: set(named.split(", ")) for metric, named in functions.items()}
    assert documented == filters(stack)


@pytest.mark.parametrize("metric", ["MessagesRefused", "RefusalsOfAll", "QuotaRefusals"])
def test_wechats_refusals_are_counted_wherever_permits_are_spent(stack: Stack, metric: str) -> None:
    """Also those of reminders: a ban that only they meet rings the alarm, too."""
    spending = {
        name.removesuffix("Function")
        for name, function in FUNCTIONS.items()
        for statement in statements(function)
        if "Users" in str(statement["Resource"]) and {*statement["Action"]} >= SPENDS
    }
    assert "WeChatReminder" in spending
    assert filters(stack)[metric] == spending


def test_what_a_filter_looks_for_is_logged(stack: Stack) -> None:
    patterns = {each["FilterPattern"] for each in stack.of_type("AWS::Logs::MetricFilter").values()}
    messages = {text for pattern in patterns for text in re.findall(r'\$\.message = "(.+?)\*?"', pattern)}
    code = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "layers/common/minipush").rglob("*.py")
    )
    assert len(messages) == 7
    assert [message for message in messages if message not in code] == []


def test_two_stacks_in_one_account_count_apart() -> None:
    assert TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == {
        "Ref": "AWS::StackName"
    }


# ---- alarms


def test_every_alarm_measures_something_that_exists(stack: Stack) -> None:
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    unmeasured = {name: [each for each in of_alarm(alarm) if unknown(each)] for name, alarm in alarms.items()}
    assert {name: each for name, each in unmeasured.items() if each} == {}


@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_every_alarm_has_a_section_in_the_runbook_and_every_section_an_alarm(
    stack: Stack, runbook: str
) -> None:
    assert sorted(headings(runbook)) == sorted(stack.of_type("AWS::CloudWatch::Alarm"))


def test_every_alarm_links_to_its_section(stack: Stack) -> None:
    for name, alarm in stack.of_type("AWS::CloudWatch::Alarm").items():
        assert alarm["AlarmDescription"].endswith(f". {LINK}{name.lower()}")


@pytest.mark.parametrize(("runbook", "parts"), [*PARTS.items()], ids=PARTS)
def test_every_section_says_what_it_means_what_to_look_at_and_what_to_do(
    runbook: str, parts: tuple[str, ...]
) -> None:
    sections = re.split(r"^#+ .*$", page(runbook), flags=re.MULTILINE)
    about_alarms = [section for section in sections if parts[0] in section]
    assert len(about_alarms) == len(headings(runbook))
    assert [section for section in about_alarms if [section.count(part) for part in parts] != [1, 1, 1]] == []


def test_both_runbooks_have_the_same_commands() -> None:
    english, chinese = (re.findall(r"`((?:make|minipush|aws) [^`]*)`|^((?:make|minipush) .*)$", page(name), re.MULTILINE) for name in RUNBOOKS)  # fmt: skip
    without_reasons = [
        {re.sub(r'"[^"]*"', '""', "".join(each)) for each in found} for found in (english, chinese)
    ]
    assert without_reasons[0] == without_reasons[1]


@pytest.mark.parametrize("given", [EVERYTHING, {}], ids=["everything", "the least"])
def test_every_function_has_an_alarm_on_its_throttles(given: dict[str, str]) -> None:
    made = Stack(**given)
    watched = {
        dimensions["FunctionName"].strip("<>")
        for alarm in made.of_type("AWS::CloudWatch::Alarm").values()
        for _, metric, dimensions in of_alarm(alarm)
        if metric == "Throttles"
    }
    assert watched == made.of_type("AWS::Lambda::Function").keys()


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_every_table_has_an_alarm_on_its_throttles(stack: Stack, metric: str) -> None:
    watched = {
        dimensions["TableName"].strip("<>")
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for _, measured, dimensions in of_alarm(alarm)
        if measured == metric
    }
    assert watched == stack.of_type("AWS::DynamoDB::Table").keys()


@pytest.mark.parametrize("given", [EVERYTHING, {}], ids=["everything", "the least"])
def test_an_alarm_on_several_metrics_adds_up_all_of_them_and_no_more_than_ten(given: dict[str, str]) -> None:
    for alarm in Stack(**given).of_type("AWS::CloudWatch::Alarm").values():
        metrics = alarm.get("Metrics", [])
        assert len(metrics) <= 10
        used = " ".join(part["Expression"] for part in metrics if "Expression" in part)
        read = {part["Id"] for part in metrics if part.get("ReturnData") is False}
        assert [each for each in read if not re.search(rf"\b{each}\b", used)] == []


def timed(stack: Stack) -> dict[str, int]:
    """The thresholds of the alarms about time, in ms by function."""
    alarms = stack.of_type("AWS::CloudWatch::Alarm").values()
    return {
        dimensions_of(alarm)["FunctionName"].strip("<>"): alarm["Threshold"]
        for alarm in alarms
        if alarm.get("MetricName") == "Duration"
    }


def test_an_alarm_about_time_rings_before_the_function_is_cut_off(stack: Stack) -> None:
    for function, threshold in timed(stack).items():
        assert threshold <= 800 * FUNCTIONS[function]["Properties"]["Timeout"]


def test_every_function_that_answers_requests_has_an_alarm_about_time(stack: Stack) -> None:
    """But the console's, which reads files of its own. Decision 74 says why those of queues and schedules have none."""
    assert timed(stack).keys() == {*ROUTES.values()} - {"ConsoleFunction"}


def test_work_that_nobody_waits_for_has_an_alarm_on_what_it_could_not_do(stack: Stack) -> None:
    """Its function may be cut off: the work is repeated, and then it is a dead letter, whose queue has an alarm."""
    queues = stack.of_type("AWS::SQS::Queue")
    mapped = stack.of_type("AWS::Lambda::EventSourceMapping").values()
    assert all("RedrivePolicy" in queues[named(each["EventSourceArn"])] for each in mapped)
    repeated = {each["FunctionName"].strip("<>") for each in mapped} | {
        each["FunctionName"].strip("<>") for each in stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    }
    assert FUNCTIONS.keys() - {*ROUTES.values()} == repeated


def named(arn: str) -> str:
    """The resource of `<X.Arn>`."""
    return arn.strip("<>").removesuffix(".Arn")


def test_every_queue_that_works_has_an_alarm_on_its_age(stack: Stack) -> None:
    watched = {
        dimensions["QueueName"].removesuffix(".QueueName>").strip("<")
        for alarm in stack.of_type("AWS::CloudWatch::Alarm").values()
        for _, metric, dimensions in of_alarm(alarm)
        if metric == "ApproximateAgeOfOldestMessage"
    }
    queues = stack.of_type("AWS::SQS::Queue")
    assert watched == {name for name, queue in queues.items() if "RedrivePolicy" in queue}


# ---- dashboards and queries


def test_the_dashboards_show_nothing_that_nobody_measures(stack: Stack) -> None:
    for given in (stack, Stack()):
        dashboards = given.of_type("AWS::CloudWatch::Dashboard")
        assert len(dashboards) == 2
        shown = [named for dashboard in dashboards.values() for named in of_dashboard(dashboard)]
        assert [named for named in shown if unknown(named)] == []


def test_every_metric_of_ours_is_on_a_dashboard(stack: Stack) -> None:
    shown = {
        named[1]
        for dashboard in stack.of_type("AWS::CloudWatch::Dashboard").values()
        for named in of_dashboard(dashboard)
    }
    assert {*rows("Counted by the functions"), *rows("Made of log lines")} - shown == set()


@pytest.mark.parametrize(
    ("metric", "left_out"),
    [("Errors", {"ConsoleFunction"}), ("Throttles", set()), ("Duration", {"ConsoleFunction"})],
)
def test_every_function_is_on_the_machines_dashboard(stack: Stack, metric: str, left_out: set[str]) -> None:
    """The console's files are served by a function that an alarm watches for throttles alone."""
    shown = {
        dimensions["FunctionName"].strip("<>")
        for _, name, dimensions in of_dashboard(
            stack.of_type("AWS::CloudWatch::Dashboard")["MachineDashboard"]
        )
        if name == metric
    }
    assert shown == FUNCTIONS.keys() - left_out


def groups_filtered_for(stack: Stack, metric: str) -> set[str]:
    filters = stack.of_type("AWS::Logs::MetricFilter").values()
    return {
        found["LogGroupName"]
        for found in filters
        for made in found["MetricTransformations"]
        if made["MetricName"] == metric
    }


@pytest.mark.parametrize(
    ("name", "heading"), [("operations.md", "Saved queries"), ("operations.zh-CN.md", "保存好的查询")]
)
def test_saved_queries_look_at_the_logs_of_all_functions_and_are_documented(
    stack: Stack, name: str, heading: str
) -> None:
    queries = stack.of_type("AWS::Logs::QueryDefinition")
    groups = {f"<{name.removesuffix('Function')}Logs>" for name in FUNCTIONS} - {"<ConsoleLogs>"}
    looked_at = {name: set(query["LogGroupNames"]) for name, query in queries.items()}
    assert looked_at.pop("FailedRemindersQuery") == groups_filtered_for(stack, "ReminderAccountsRefused")
    assert all(names == groups for names in looked_at.values())
    part = page(name).split(f"### {heading}\n")[1].split("\n## ")[0]
    names = {query["Name"].removeprefix("minipush/") for query in queries.values()}
    assert set(re.findall(r"^\| `([\w ]+)` \|", part, re.MULTILINE)) == names


def test_a_saved_query_asks_for_lines_and_fields_that_are_logged(stack: Stack) -> None:
    code = "".join(path.read_text(encoding="utf-8") for root in ("layers/common/minipush", "functions") for path in Path(ROOT, root).rglob("*.py"))  # fmt: skip
    for query in stack.of_type("AWS::Logs::QueryDefinition").values():
        text = query["QueryString"]
        assert [each for each in re.findall(r'message = "(.+?)"', text) if each not in code] == []
        fields = {
            field for line in re.findall(r"^fields (.+)$", text, re.MULTILINE) for field in line.split(", ")
        }
        ours = fields - {"@timestamp", "service", "level", "message", "exception_name"}
        assert [field for field in ours if f'"{field}"' not in code and f"{field}=" not in code] == []
