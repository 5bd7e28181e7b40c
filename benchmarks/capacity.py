"""Regenerates the tables of docs/capacity.md: a campaign's cost and duration."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.campaign_setting import DAY, Setting
from benchmarks.simulated_campaign import Simulation
from minipush.application.campaigns.costs import (
    CHECKPOINT_EVERY,
    CLAIM_BYTES,
    INVOCATION_SECONDS,
    LOG_BYTES,
    LOOK_SECONDS,
    POLL_SECONDS,
    PRICES,
    RENEW_SECONDS,
    REPORT_BYTES,
    REQUEST_BYTES,
    Usage,
    campaign_usage,
    collection_usage,
    costs_by_item,
    total,
)

MILLION: Final = 1_000_000

SETTINGS: Final = (
    Setting("defaults"),
    Setting("defaults, table warmed to 8,000 writes/s", partitions=8),
    Setting("8 workers, 32 segments queued far apart", segments=32),
    Setting("8 workers, 32 segments queued in order", segments=32, in_order=True),
    Setting("32 workers, 32 segments", segments=32, workers=32),
    Setting("32 workers, 32 segments, warmed to 32,000", segments=32, workers=32, partitions=32),
    Setting("defaults, WeChat answers in 1 s", answer_seconds=1.0),
    Setting("defaults, 1,000 messages/s", per_second=1_000),
    Setting("defaults, every worker killed after 5 minutes", killed_after=300),
    Setting("defaults, a tag that 1 % of the users have", share=0.01),
    Setting("defaults, 1,000,000 a day, WeChat's quota for template messages", daily_quota=1_000_000),
    Setting("defaults, 10,000,000 a day, WeChat's quota for subscription messages", daily_quota=10_000_000),
)
USERS: Final = (1_000_000, 10_000_000, 100_000_000)


def duration(seconds: float) -> str:
    if seconds < 2 * 60:
        return f"{seconds:.0f} s"
    if seconds < 2 * 60 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 2 * DAY else f"{seconds / DAY:.1f} days"


def times() -> str:
    """Duration, and what limited the workers most."""
    rows = [[setting.name, *(_time(users, setting) for users in USERS)] for setting in SETTINGS]
    return _markdown(["", *(f"{users:,} users" for users in USERS)], rows)


def _time(users: int, setting: Setting) -> str:
    result = Simulation(users, setting)()
    return f"{duration(result.seconds)} ({result.limit})"


COUNTED: Final = {
    "write_units": f"a claim per message; a checkpoint for {CHECKPOINT_EVERY} recipients; a lease renewal every {RENEW_SECONDS} s",
    "read_units": f"a consistent Scan of all users, 4 KB per unit; a read of the campaign's status every {LOOK_SECONDS} s",
    "compute_gb_seconds": "the workers' time, with 1,769 MB",
    "invocations": f"{INVOCATION_SECONDS} s each",
    "queue_requests": f"four for each message; renewals; a look for further segments every {POLL_SECONDS:.0f} s",
    "report_puts": f"one for {CHECKPOINT_EVERY} recipients",
    "report_gb_months": f"{REPORT_BYTES} bytes per recipient, 90 days",
    "table_gb_months": f"{CLAIM_BYTES} bytes per claim, 7 days; with point-in-time recovery",
    "log_gb": f"{LOG_BYTES:,} bytes for {CHECKPOINT_EVERY} recipients (assumed)",
    "egress_gb": f"{REQUEST_BYTES:,} bytes per message, to the internet",
    "events": "the schedule's start, and the event at the end",
    "api_requests": "the request that creates the campaign",
}


def bill() -> str:
    """A million messages to a million users with three permits each."""
    usage = campaign_usage(MILLION, 3 * MILLION, MILLION)
    rows = [
        [
            name.replace("_", " "),
            COUNTED[name],
            _figure(getattr(usage, name)),
            f"{PRICES[name]:.3g}",
            f"{cost:.3f}",
        ]
        for name, cost in costs_by_item(usage).items()
    ]
    rows.append(["**total**", "", "", "", f"**{total(usage):.2f}**"])
    return _markdown(["", "counted as", "units", "USD per unit", "USD"], rows)


def _figure(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 1 else f"{amount:.2g}"


CASES: Final[dict[str, Usage]] = {
    "1,000,000 messages, 3 permits per user": campaign_usage(MILLION, 3 * MILLION, MILLION),
    "the same, 10 permits per user": campaign_usage(MILLION, 10 * MILLION, MILLION),
    "the same, 3 permits, at 1,000 a second": campaign_usage(MILLION, 3 * MILLION, MILLION, per_second=1_000),
    "the same at 100 a second": campaign_usage(MILLION, 3 * MILLION, MILLION, per_second=100),
    "10,000 messages, a tag that 1 % of 1,000,000 users have": campaign_usage(10_000, 3 * MILLION, MILLION),
    "10,000 messages to named users": campaign_usage(10_000, 30_000, 10_000, named=True),
    "collecting 1,000,000 permits, one per call": collection_usage(MILLION),
}


def cases() -> str:
    return _markdown(["", "USD"], ([name, f"{total(usage):.2f}"] for name, usage in CASES.items()))


def _markdown(head: list[str], rows: Iterable[list[str]]) -> str:
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows))


def rewrite(page: str) -> str:
    """Replace each of the page's tables by the new one with the same header. Raises ValueError."""
    for make in (bill, cases, times):
        table = make()
        head = table.partition("\n")[0]
        old = re.findall(rf"^{re.escape(head)}\n(?:\|.*\n)+", page, re.MULTILINE)
        if len(old) != 1:
            raise ValueError(f"{len(old)} tables have the header {head}")
        page = page.replace(old[0], f"{table}\n")
    return page


def main() -> None:
    path = Path("docs/capacity.md")
    path.write_text(rewrite(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
