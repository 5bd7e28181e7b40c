"""What a campaign uses of AWS, and what that costs.

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

# What the engine does; tests/unit/project/test_costs.py holds these to it.
COMMIT_EVERY: Final = 250  # recipients, to a write of the cursor and a page of the report
RENEW_SECONDS: Final = 5  # until a worker says again that it carries its segment
LOOK_SECONDS: Final = 0.4  # until it looks again whether the campaign still runs
FRESH_SECONDS: Final = 20  # until it reads a page again that it isn't through with
IN_FLIGHT: Final = 200  # calls of one worker
TURNS: Final = 100  # leased at once at most, or a quarter of a second's worth
INVOCATION_SECONDS: Final = 275  # of the worker's 300: then it lands what is in flight

# What it was measured to take, and where it runs.
SECONDS_PER_MESSAGE: Final = 1 / 3_300  # of one vCPU, at 3 permits a user: `make bench`
SECONDS_PER_ITEM: Final = 5e-6  # of one vCPU, to read past one: measured on pages of a local DynamoDB
WORKER_GB: Final = 1769 / 1024  # the memory that comes with one vCPU: AWS Lambda, "Configure function memory"
WORKERS: Final = 8  # CampaignConcurrency
TABLE_WRITES: Final = 4_000  # a second, of a table that never had more: Amazon DynamoDB, "warm throughput"
ANSWER_SECONDS: Final = 0.1  # assumed of WeChat; nobody has measured it

# Sizes as DynamoDB counts them, names included: tests/unit/project/test_costs.py weighs real items.
PERMIT_BYTES: Final = 105
CLAIM_BYTES: Final = 75  # what a claim adds to it
PROFILE_BYTES: Final = 95
OVERHEAD_BYTES: Final = 100  # an item's, stored: Amazon DynamoDB, "Estimating size"
READ_UNIT_BYTES: Final = 4096  # consistent
PAGE_UNITS: Final = 256  # of a Scan's page, 1 MB
REQUEST_BYTES: Final = 1_000  # one send on the wire: 709 in HTTP as measured, and TLS and TCP, estimated
REPORT_BYTES: Final = 110  # one recipient's line
REPORT_MONTHS: Final = 3  # CampaignDays
LOG_BYTES: Final = 2_000  # to a commit; assumed
WEEK: Final = 7 / 30  # months that a permit lies in the table, and its claim after it


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
    """USD; the arguments as in `campaign_usage`. What the permits cost when they were collected is not in it."""
    return total(campaign_usage(recipients, permits, users_read, per_second=per_second, named=named))


def campaign_usage(
    recipients: int, permits: int, users_read: int, *, per_second: int | None = None, named: bool = False
) -> Usage:
    """What it takes to send to so many recipients, found among `users_read`, who hold `permits`, spent ones too.

    `per_second`: the rate that is set, if any: turns are leased, and workers are paid for while they wait.
    `named`: the users are read one by one. WeChat is taken to refuse nothing: another permit is another write.
    """
    commits = math.ceil(recipients / COMMIT_EVERY)
    seconds = worker_seconds(recipients, permits, users_read, per_second)
    invocations = max(math.ceil(seconds / INVOCATION_SECONDS), min(WORKERS, users_read))
    return Usage(
        write_units=recipients + commits + leases(recipients, per_second) + seconds / RENEW_SECONDS,
        read_units=(users_read if named else scan_units(users_read, permits, seconds))
        + seconds / LOOK_SECONDS,
        compute_gb_seconds=seconds * WORKER_GB,
        invocations=invocations,
        queue_requests=3 * invocations,  # sent, received, deleted
        report_puts=commits,
        report_gb_months=recipients * REPORT_BYTES / _GB * REPORT_MONTHS,
        table_gb_months=recipients * CLAIM_BYTES / _GB * WEEK,
        log_gb=commits * LOG_BYTES / _GB,
        egress_gb=recipients * REQUEST_BYTES / _GB,
        events=2,  # begun by a schedule, told when finished
        api_requests=1,
    )


def collection_usage(permits: int) -> Usage:
    """What it takes to take permits in, each in a call of its own: the other half of a message's writes.

    A call reads the user's partition, and runs for some 20 ms of a 512 MB function: assumed.
    """
    return Usage(
        write_units=permits,
        read_units=permits,
        compute_gb_seconds=permits * 0.020 * 0.5,
        invocations=permits,
        table_gb_months=permits * (PERMIT_BYTES + OVERHEAD_BYTES) / _GB * WEEK,
        log_gb=permits * 500 / _GB,
        api_requests=permits,
    )


def scan_units(users: int, permits: int, seconds: float = 0) -> float:
    """What is not done with while it is fresh is read again, and the page that was read ahead of need, too."""
    units = (users * PROFILE_BYTES + permits * PERMIT_BYTES) / READ_UNIT_BYTES
    stale = max(seconds / FRESH_SECONDS - units / PAGE_UNITS, 0)
    return units + 2 * stale * PAGE_UNITS


def leases(sends: int, per_second: int | None) -> int:
    """Writes to lease turns."""
    return math.ceil(sends / min(TURNS, max(1, per_second // 4))) if per_second else 0


def worker_seconds(recipients: int, permits: int, users_read: int, per_second: int | None) -> float:
    """How long workers run, together: Lambda is paid for waiting, too, for answers, for the table or for turns."""
    passed_over = (1 + permits / max(users_read, 1)) * max(users_read - recipients, 0)
    busy = recipients * max(SECONDS_PER_MESSAGE, ANSWER_SECONDS / IN_FLIGHT) + passed_over * SECONDS_PER_ITEM
    return max(busy, WORKERS * recipients / min(per_second or TABLE_WRITES, TABLE_WRITES))
