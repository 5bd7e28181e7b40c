"""The price list, and the usage that is computed for a campaign."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minipush.adapters.dynamodb.users.items import Item, key, marker_item, permit_item
from minipush.adapters.s3_reports import encode
from minipush.application.campaigns import costs
from minipush.application.campaigns.costs import (
    CLAIM_BYTES,
    PERMIT_BYTES,
    PRICES,
    PROFILE_BYTES,
    REPORT_BYTES,
    Usage,
    campaign_cost,
    campaign_usage,
    collection_usage,
    costs_by_item,
    reservations,
    scan_units,
    total,
    worker_seconds,
)
from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.application.delivery import rate_limiter
from minipush.domain import permit_kinds
from minipush.domain.messages import Outcome, Status
from minipush.domain.permits import LIFE_MS, Permit

ROOT = Path(__file__).parents[3]
MILLION = 1_000_000
OPENID = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M"
HOLDER = "c-" + 24 * "a" + "/" + 32 * "b"
NOW = 1_763_700_000_000


class Template(yaml.SafeLoader):
    """Ignores CloudFormation's own tags: the tests need only plain values."""


Template.add_multi_constructor("!", lambda *_: None)


def weight(item: Item) -> int:
    """In bytes, as DynamoDB counts: names and text in UTF-8, numbers by half of their digits and one byte."""
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Mapping[str, Any]) -> int:
    match value:
        case {"S": text}:
            return len(text.encode())
        case {"N": digits}:
            return (len(digits) + 1) // 2 + 1
    raise AssertionError(value)


def test_every_unit_that_is_counted_has_a_price() -> None:
    assert PRICES.keys() == {field.name for field in fields(Usage)}


def test_a_cost_is_amount_times_price_item_by_item() -> None:
    by_item = costs_by_item(Usage(write_units=2 * MILLION, report_puts=4_000, log_gb=0.5))
    assert {name: cost for name, cost in by_item.items() if cost} == pytest.approx(
        {"write_units": 1.25, "report_puts": 0.02, "log_gb": 0.25}
    )


def test_a_million_sends_are_a_million_claims_and_few_writes_besides() -> None:
    usage = campaign_usage(MILLION, 3 * MILLION, MILLION)
    assert MILLION <= usage.write_units < 1.01 * MILLION


def test_a_message_costs_two_writes_and_one_for_its_upload() -> None:
    writes = campaign_usage(MILLION, MILLION, MILLION).write_units + collection_usage(MILLION).write_units
    assert writes / MILLION == pytest.approx(3, abs=0.01)


def test_users_who_are_passed_over_cost_reads_but_no_writes() -> None:
    few, many = (campaign_usage(1_000, 3 * users, users) for users in (1_000, MILLION))
    assert many.write_units - few.write_units < 100
    assert many.read_units > 900 * few.read_units


def test_named_users_are_read_one_by_one() -> None:
    named, scanned = (campaign_usage(10_000, 30_000, 10_000, named=named) for named in (True, False))
    assert named.read_units - scanned.read_units == 10_000 - scan_units(10_000, 30_000)


def test_what_is_read_too_early_is_read_again() -> None:
    assert scan_units(MILLION, 3 * MILLION, seconds=600) == scan_units(MILLION, 3 * MILLION)
    pages = scan_units(MILLION, 3 * MILLION) / 256
    slow = scan_units(MILLION, 3 * MILLION, seconds=20 * (pages + 10))
    assert slow - scan_units(MILLION, 3 * MILLION) == pytest.approx(10 * 2 * 256)


@pytest.mark.parametrize(("rate", "slots"), [(1, 1), (40, 10), (2_000, 100)])
def test_slots_are_reserved_a_quarter_of_a_second_at_once_and_a_hundred_at_most(
    rate: int, slots: int
) -> None:
    assert reservations(1_000, rate) == 1_000 / slots


def test_workers_are_paid_for_while_they_wait_for_a_slow_rate() -> None:
    assert worker_seconds(36_000, 0, 36_000, per_second=10) == 3_600
    assert worker_seconds(360_000, 0, 360_000, per_second=200) == 2 * 1_800


def test_workers_are_paid_for_while_they_wait_for_the_table() -> None:
    shared = worker_seconds(36_000, 0, 36_000, per_second=None)
    assert shared == worker_seconds(36_000, 0, 36_000, per_second=5_000) == 8 * 36_000 / 4_000


@given(st.integers(0, 10**8), st.integers(0, 10), st.integers(0, 10**8))
def test_more_recipients_never_cost_less(recipients: int, permits: int, others: int) -> None:
    users = recipients + others
    less, more = (asdict(campaign_usage(n, permits * users, users)) for n in (recipients // 2, recipients))
    assert all(less[name] <= more[name] for name in less)


def test_a_campaign_to_nobody_costs_next_to_nothing() -> None:
    assert campaign_cost(0, 0, 0) < 0.001


def test_the_cost_is_the_sum_of_its_items() -> None:
    usage = campaign_usage(MILLION, 3 * MILLION, MILLION, per_second=500)
    by_hand = sum(amount * PRICES[name] for name, amount in asdict(usage).items())
    assert campaign_cost(MILLION, 3 * MILLION, MILLION, per_second=500) == pytest.approx(by_hand)
    assert total(usage) == pytest.approx(by_hand)


def test_a_permit_weighs_what_the_price_of_reading_it_assumes() -> None:
    permits = [
        Permit(permit_kinds.FORM, 32 * "f", NOW + LIFE_MS),
        Permit(permit_kinds.PAY, "wx" + 34 * "9", NOW + LIFE_MS),
    ]
    for permit in permits:
        assert weight(permit_item(OPENID, permit)) == pytest.approx(PERMIT_BYTES, rel=0.1)


def test_a_claim_adds_what_the_price_of_keeping_it_assumes() -> None:
    marked = marker_item(OPENID, Permit(permit_kinds.LONG, ""), HOLDER, NOW)
    claim = {name: marked[name] for name in ("claim", "claimed_at")}
    assert weight(claim) == pytest.approx(CLAIM_BYTES, rel=0.15)


def test_settings_weigh_what_the_price_of_reading_them_assumes() -> None:
    profile = key(OPENID, "!profile") | {"last_seen": {"N": str(NOW)}, "unionid": {"S": OPENID}}
    assert weight(profile) == pytest.approx(PROFILE_BYTES, rel=0.1)


def test_a_line_of_the_report_weighs_what_the_price_of_keeping_it_assumes() -> None:
    sent = Outcome(OPENID, Status.SENT, permit_kind=permit_kinds.FORM)
    assert len(encode([sent], "2026-11-21T12:00:00.000Z")) == pytest.approx(REPORT_BYTES, rel=0.15)


def test_the_engine_is_priced_with_its_own_figures() -> None:
    settings = WorkerSettings()
    assert settings.page_size == costs.CHECKPOINT_EVERY
    assert settings.lease_seconds == costs.LEASE_SECONDS
    assert settings.renew_seconds == costs.RENEW_SECONDS
    assert settings.look_seconds == costs.LOOK_SECONDS
    assert settings.fresh_seconds == costs.FRESH_SECONDS
    assert settings.batch_size * settings.batches_in_flight == costs.IN_FLIGHT
    assert costs.SLOTS == rate_limiter.CHUNK


def test_the_worker_is_priced_as_the_template_has_it() -> None:
    template = yaml.load((ROOT / "template.yaml").read_text(), Template)
    worker = template["Resources"]["CampaignWorkerFunction"]["Properties"]
    assert worker["MemorySize"] / 1024 == costs.WORKER_GB
    assert worker["Timeout"] == costs.TIMEOUT_SECONDS
    assert worker["Timeout"] - WorkerSettings().landing_seconds == costs.INVOCATION_SECONDS
    assert template["Parameters"]["CampaignConcurrency"]["Default"] == costs.WORKERS
