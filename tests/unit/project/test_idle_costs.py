"""What a deployment without traffic costs: the pages count what template.yaml has."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from support.template import of_type

from local.processes import ROOT

PAGES = {"docs/capacity.md": "### Without traffic", "docs/costs.zh-CN.md": "## 没有流量时"}


def unconditional(type_: str) -> list[Mapping[str, Any]]:
    return [resource["Properties"] for resource in of_type(type_).values() if "Condition" not in resource]


def metrics_of(alarm: Mapping[str, Any]) -> int:
    return sum("MetricStat" in metric for metric in alarm.get("Metrics", [])) or 1


def section(page: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8").split(f"{PAGES[page]}\n")[1]
    return re.split(r"^##", text, flags=re.MULTILINE)[0]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_counts_the_secrets_alarms_and_dashboards_of_the_template(page: str) -> None:
    rows = [row for row in section(page).splitlines() if row.startswith("| ")]
    counts = [[int(number) for number in re.findall(r"(?<![\d.])\d+(?![\d.])", row)] for row in rows]
    alarms = unconditional("AWS::CloudWatch::Alarm")
    assert counts[2][0] == len(unconditional("AWS::SecretsManager::Secret"))
    assert counts[3][:2] == [len(alarms), sum(map(metrics_of, alarms))]
    assert counts[4][0] == len(unconditional("AWS::CloudWatch::Dashboard"))


@pytest.mark.parametrize("page", PAGES)
def test_the_items_add_up(page: str) -> None:
    prices = [re.findall(r"\| (\d+\.\d\d) \| (\d+\.\d\d) \|$", row) for row in section(page).splitlines()]
    *items, together = [tuple(map(float, found[0])) for found in prices if found]
    assert tuple(round(sum(column), 2) for column in zip(*items, strict=True)) == together
