"""What a campaign uses of AWS, and its cost.

On-demand list prices of us-east-1 in USD, first tier, without free tiers, taxes and discounts, as read on
21 November 2026. AWS's pages: Amazon DynamoDB pricing for on-demand capacity (halved on 1 November 2024), AWS
Lambda pricing (arm64), Amazon SQS pricing (standard queues), Amazon S3 pricing (S3 Standard), Amazon CloudWatch
pricing (logs, standard class), Amazon EventBridge pricing (custom events, Scheduler), Amazon API Gateway
pricing (HTTP API), Amazon EC2 on-demand pricing (data transfer out). docs/capacity.md says how each was counted.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

from minipush.application.campaigns.worker.settings import WorkerSettings
from minipush.domain.campaigns import SENDS_PER_SEGMENT

_MILLION: Final = 1_000_000
_GB: Final = 1_000_000_000

PRICES: Final[Mapping[str, float]] = {
    "write_units": 0.625 / _MILLION,
    "read_units": 0.125 / _MILLION,
    "compute_gb_seconds": 0.0000133334,
    "invocations": 0.20 / _MILLION,
    "queue_requests": 0.40 / _MILLION,
    "report_puts": 0.005 / 1_000,
    "report_gb_months": 0.023,
    "table_gb_months": 0.25 + 0.20,  # with point-in-time recovery
    "log_gb": 0.50,
    "egress_gb": 0.09,
    "events": 1.00 / _MILLION,
    "api_requests": 1.00 / _MILLION,
}
"""Per unit. The names are those of `Usage`."""

# What the worker does.
_WORKER: Final = WorkerSettings()
CHECKPOINT_EVERY: Final = _WORKER.page_size  # recipients: a write of the cursor, and a page of the report
LEASE_SECONDS: Final = _WORKER.lease_seconds
RENEW_SECONDS: Final = _WORKER.renew_seconds  # from one renewal of the lease to the next
LOOK_SECONDS: Final = _WORKER.look_seconds  # from one read of the campaign's status to the next
POLL_SECONDS: Final = (
    _WORKER.poll_seconds + _WORKER.poll_wait_seconds
)  # from one look at the queue to the next
FRESH_SECONDS: Final = _WORKER.fresh_seconds  # until an unfinished page is read again
IN_FLIGHT: Final = _WORKER.calls_in_flight
SLOTS: Final = (
    100  # reserved at once at most, or a quarter of a second's worth; held to the rate limiter by a test
)
TIMEOUT_SECONDS: Final = 300  # the worker function's; held to template.yaml by a test
INVOCATION_SECONDS: Final = round(TIMEOUT_SECONDS - _WORKER.landing_seconds)  # then no new batch starts

# What was measured, and where the worker runs.
SECONDS_PER_MESSAGE: Final = 1 / 2_800  # of one vCPU, at 3 permits a user: `make bench`
SECONDS_PER_ITEM: Final = 5e-6  # of one vCPU, to skip one: measured on pages of a local DynamoDB
WORKER_GB: Final = 1769 / 1024  # the memory for one vCPU: AWS Lambda, "Configure function memory"
WORKERS: Final = 8  # CampaignConcurrency
TABLE_WRITES: Final = 4_000  # a second, of a new table: Amazon DynamoDB, "warm throughput"
ANSWER_SECONDS: Final = 0.1  # WeChat's answer: assumed, not measured

# Sizes as DynamoDB counts them, names included: tests/unit/project/test_costs.py weighs real items.
PERMIT_BYTES: Final = 105
CLAIM_BYTES: Final = 75  # what a claim adds to it
PROFILE_BYTES: Final = 95
OVERHEAD_BYTES: Final = 100  # an item's, stored: Amazon DynamoDB, "Estimating size"
READ_UNIT_BYTES: Final = 4096  # consistent
PAGE_UNITS: Final = 256  # of a Scan's page, 1 MB
REQUEST_BYTES: Final = 1_000  # one send on the wire: 709 in HTTP as measured, and TLS and TCP, estimated
REPORT_BYTES: Final = 110  # one recipient's entry
REPORT_MONTHS: Final = 3  # CampaignDays
LOG_BYTES: Final = 2_000  # per checkpoint; assumed
WEEK: Final = 7 / 30  # in months: how long the table keeps a permit, and then its claim


@dataclass(frozen=True, slots=True)
class Usage:
    """Counted units. DynamoDB's write unit is 1 KB, its read unit 4 KB, consistent."""

    write_units: float = 0
    read_units: float = 0
    compute_gb_seconds: float = 0
    invocations: float = 0
    queue_requests: float = 0
    report_puts: float = 0
    report_gb_months: float = 0
    table_gb_months: float = 0
    log_gb: float = 0
    egress_gb: float = 0
    events: float = 0
    api_requests: float = 0


def costs_by_item(usage: Usage) -> dict[str, float]:
    """USD by item."""
    return {name: amount * PRICES[name] for name, amount in asdict(usage).items()}


def total(usage: Usage) -> float:
    """USD."""
    return sum(costs_by_item(usage).values())


def campaign_cost(
    recipients: int, permits: int, users_read: int, *, per_second: int | None = None, named: bool = False
) -> float:
    """USD; arguments as for `campaign_usage`. Without the cost of collecting the permits."""
    return total(campaign_usage(recipients, permits, users_read, per_second=per_second, named=named))


def campaign_usage(
    recipients: int, permits: int, users_read: int, *, per_second: int | None = None, named: bool = False
) -> Usage:
    """Usage of a campaign that finds its recipients among `users_read`, who hold `permits`, spent ones included.

    `per_second`: the rate that is set, if any: slots are reserved, and workers are paid for while they wait. It is
    assumed that each segment has a worker of its own; campaigns that share workers cost less.
    Queue requests: sent, received, hidden, deleted; hidden anew with each renewal; and looks for further segments.
    `named`: the users are read one by one. Assumes that WeChat rejects no permit: each further permit is a write more.
    """
    checkpoints = math.ceil(recipients / CHECKPOINT_EVERY)
    seconds = worker_seconds(recipients, permits, users_read, per_second)
    invocations = max(math.ceil(seconds / INVOCATION_SECONDS), min(workers(per_second), users_read))
    return Usage(
        write_units=recipients + checkpoints + reservations(recipients, per_second) + seconds / RENEW_SECONDS,
        read_units=(users_read if named else scan_units(users_read, permits, seconds))
        + seconds / LOOK_SECONDS,
        compute_gb_seconds=seconds * WORKER_GB,
        invocations=invocations,
        queue_requests=4 * invocations + seconds / RENEW_SECONDS + seconds / POLL_SECONDS,
        report_puts=checkpoints,
        report_gb_months=recipients * REPORT_BYTES / _GB * REPORT_MONTHS,
        table_gb_months=recipients * CLAIM_BYTES / _GB * WEEK,
        log_gb=checkpoints * LOG_BYTES / _GB,
        egress_gb=recipients * REQUEST_BYTES / _GB,
        events=2,  # the schedule's start, and the event at the end
        api_requests=1,
    )


def collection_usage(permits: int) -> Usage:
    """Usage of collecting permits, one per call: a write to count the call, and the other write of a message.

    A call reads the user's partition, and runs for about 20 ms in a function of 512 MB (assumed).
    """
    return Usage(
        write_units=2 * permits,
        read_units=permits,
        compute_gb_seconds=permits * 0.020 * 0.5,
        invocations=permits,
        table_gb_months=permits * (PERMIT_BYTES + OVERHEAD_BYTES) / _GB * WEEK,
        log_gb=permits * 500 / _GB,
        api_requests=permits,
    )


def scan_units(users: int, permits: int, seconds: float = 0) -> float:
    """Read units of a Scan. A page that isn't done while it is fresh is read again, and so is the page read ahead."""
    units = (users * PROFILE_BYTES + permits * PERMIT_BYTES) / READ_UNIT_BYTES
    stale = max(seconds / FRESH_SECONDS - units / PAGE_UNITS, 0)
    return units + 2 * stale * PAGE_UNITS


def reservations(sends: int, per_second: int | None) -> int:
    """Writes to reserve slots."""
    return math.ceil(sends / min(SLOTS, max(1, per_second // 4))) if per_second else 0


def worker_seconds(recipients: int, permits: int, users_read: int, per_second: int | None) -> float:
    """The running time of all workers together, waits for answers, for the table and for slots included."""
    skipped = (1 + permits / max(users_read, 1)) * max(users_read - recipients, 0)
    busy = recipients * max(SECONDS_PER_MESSAGE, ANSWER_SECONDS / IN_FLIGHT) + skipped * SECONDS_PER_ITEM
    return max(busy, workers(per_second) * recipients / min(per_second or TABLE_WRITES, TABLE_WRITES))


def workers(per_second: int | None) -> int:
    """How many workers a campaign occupies; up to ten times as many, but no more than all, if its audience is filtered."""
    return min(WORKERS, math.ceil(per_second / SENDS_PER_SEGMENT)) if per_second else WORKERS
