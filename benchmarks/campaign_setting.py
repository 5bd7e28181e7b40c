"""The settings of the simulated campaigns, and what the simulation assumes of AWS."""

from dataclasses import dataclass
from typing import Final

from minipush.application.campaigns.costs import (
    ANSWER_SECONDS,
    IN_FLIGHT,
    PERMIT_BYTES,
    PROFILE_BYTES,
    READ_UNIT_BYTES,
    SECONDS_PER_ITEM,
    SECONDS_PER_MESSAGE,
)

PERMITS: Final = 3  # per user
USER_BYTES: Final = PROFILE_BYTES + PERMITS * PERMIT_BYTES
CLAIM_SECONDS: Final = 0.02  # a batch of claims; assumed
PAGE_SECONDS: Final = 0.1  # to read 1 MB; assumed
START_SECONDS: Final = 3  # from the queue's message to the first send; assumed
UNEVEN: Final = 0.2  # a segment's largest deviation from the mean; assumed

# DynamoDB, "Understanding DynamoDB warm throughput" and "Quotas in Amazon DynamoDB"
PARTITION_WRITES: Final = 1_000
PARTITION_READS: Final = 3_000
TABLE_WRITES: Final = 40_000
DOUBLING_SECONDS: Final = 30 * 60
# Lambda, "Configuring scaling behavior for SQS event source mappings": five at first, 300 more each minute
FIRST_WORKERS: Final = 5
MORE_WORKERS: Final = 300 / 60  # a second

DAY: Final = 24 * 60 * 60
BEGINS: Final = 9 * 60 * 60  # in Beijing
SWEEP_SECONDS: Final = (
    30 * 60
)  # from midnight until the sweep resumes paused campaigns: half an hour on average


@dataclass(frozen=True, slots=True)
class Setting:
    """`partitions`: of the Users table; a new one has 4, for 4,000 writes a second.

    `share`: of the users are recipients. `killed_after`: a worker's mean life in seconds.
    """

    name: str
    segments: int = 8
    workers: int = 8
    partitions: int = 4
    per_second: int | None = None
    answer_seconds: float = ANSWER_SECONDS
    share: float = 1.0
    killed_after: float | None = None
    in_order: bool = False
    daily_quota: int | None = None

    @property
    def seconds_per_user(self) -> float:
        return max(self._worker_seconds.values())

    @property
    def slowest(self) -> str:
        return max(self._worker_seconds, key=self._worker_seconds.__getitem__)

    @property
    def _worker_seconds(self) -> dict[str, float]:
        """Per user. A worker computes, waits for answers and reads the next page at the same time."""
        return {
            "CPU": self.share * SECONDS_PER_MESSAGE + (1 - self.share) * (1 + PERMITS) * SECONDS_PER_ITEM,
            "answers": self.share * (self.answer_seconds + CLAIM_SECONDS) / IN_FLIGHT,
            "pages": PAGE_SECONDS * USER_BYTES / 2**20,
        }

    @property
    def partition_seconds_per_user(self) -> float:
        """Of the partition that has the user."""
        return max(self._partition_seconds.values())

    @property
    def scarcest(self) -> str:
        return max(self._partition_seconds, key=self._partition_seconds.__getitem__)

    @property
    def _partition_seconds(self) -> dict[str, float]:
        reads = USER_BYTES / READ_UNIT_BYTES / PARTITION_READS
        return {"writes": self.share / PARTITION_WRITES, "reads": reads}
