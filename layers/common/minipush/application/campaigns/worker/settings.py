"""The worker's settings: sizes, times and thresholds."""

from dataclasses import dataclass

from minipush.application.delivery.sudden_refusals import REST_SECONDS, RefusalThresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignRefusalThresholds(RefusalThresholds):
    """Of one worker. `window`: its last messages, which are judged.

    `slow_rate`: calls a second after the rest, slow enough for a check of `window` calls to be no burst, and fast
    enough for it to take no minute.
    """

    window: int = 100
    slow_rate: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSettings:
    """Defaults fit a Lambda function with 300 s. Times are in seconds."""

    # Segments
    segments_at_once: int = 8
    """How many a worker runs side by side, so that a campaign that mostly waits for its rate occupies no worker."""
    first_poll_seconds: float = 8.0
    """When a worker looks for further segments first: Lambda may be starting workers of their own for them."""
    poll_seconds: float = 4.0
    """How often it looks from then on. It takes few at once, to leave some to others."""
    poll_again_seconds: float = 0.5
    """The same, where the last look found all that it asked for."""
    poll_wait_seconds: int = 1
    """How long the queue may look. It asks all of its servers only if this is more than 0."""
    segments_per_poll: int = 2
    slice_seconds: float = 8.0
    """How long a segment runs at least before a full worker hands it back for another one."""

    # Recipients
    batch_size: int = 25
    batches_in_flight: int = 8
    """Of one segment. All segments of a worker together have as many calls in flight."""
    batches_unwritten: int = 40
    """How many batches may be sent before an older one is written."""
    settled_per_batch: int = 100
    """How many recipients that need no message fit in a batch."""
    fresh_seconds: float = 20.0
    """After this, a page is read again: settings and permits change."""
    throttle_poll_seconds: float = 0.01

    # The report and the checkpoint
    page_size: int = 250
    """Recipients per page. A worker that dies leaves hardly more of them in doubt."""
    page_seconds: float = 2.0
    """A slow campaign fills no page for minutes; it is written this often all the same. A worker that dies leaves the
    recipients of this time in doubt."""
    page_seconds_with_refusals: float = 5.0
    """The same while refusals (43101) are held back: the later they are believed, the more the guard knows."""
    page_retry_pauses: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0)

    # The lease
    lease_seconds: int = 20
    renew_seconds: float = 5
    sure_seconds: float = 14
    """For so long after a renewal nobody else can hold the segment, and a call that starts ends in time."""
    look_seconds: float = 0.4
    """How often the worker reads the campaign's status: operators see a pause take effect within a second."""
    hidden_seconds: int = 22
    """How long a message stays hidden from other workers: a little longer than the lease."""

    # The end of the worker's time
    landing_seconds: float = 25.0
    """Before the deadline: no new batch starts."""
    writing_seconds: float = 8.0
    """Before the deadline: no new call starts."""
    saving_seconds: float = 5.0
    """Before the deadline: the ledger isn't waited for, so that the last page can be written."""

    # Before the segment is run again
    rest_after_trouble_seconds: int = 5
    rest_after_refusals_seconds: int = REST_SECONDS

    # Thresholds
    error_window: int = 100
    """Enough messages to tell a trend from bad luck, few enough to stop early."""
    error_minimum: int = 25
    """So many messages at least are judged."""
    most_in_doubt: int = 50
    """How many users may be in doubt before it is known whether WeChat answers: see DoubtLimit."""
    refusals: CampaignRefusalThresholds = CampaignRefusalThresholds()

    @property
    def calls_in_flight(self) -> int:
        return self.batch_size * self.batches_in_flight

    @property
    def most_unwritten(self) -> int:
        """No recipient that a worker has claimed lies farther beyond its cursor."""
        return self.batch_size * (self.batches_in_flight + self.batches_unwritten + 1)
