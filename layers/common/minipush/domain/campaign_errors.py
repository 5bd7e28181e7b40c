"""What can go wrong with a campaign, and in its worker."""

from typing import TYPE_CHECKING

from minipush.errors import MinipushError, RejectedRequestError, StoreError

if TYPE_CHECKING:
    from minipush.domain.campaigns import CampaignStatus


class EstimateTimeoutError(StoreError):
    """A dry run could not read enough users in time for an estimate."""


class NoProgressError(StoreError):
    """The store let no part of a segment advance.

    The message returns to the queue, and after some tries it moves to the dead-letter queue.
    """


class InvalidScheduleError(RejectedRequestError):
    """A campaign can't start at the given time."""


class CampaignIdTakenError(RejectedRequestError):
    """A campaign with this id exists, and it was created from another request."""

    def __init__(self, campaign_id: str) -> None:
        super().__init__(
            f"the campaign {campaign_id} exists with another message, audience or limit: "
            "an occurrence has to be unique to one firing of one rule"
        )


class UnknownCampaignError(MinipushError):
    """No campaign has this id."""


class ReportTooLongError(MinipushError):
    """A campaign's report has too many pages to be searched for a user who has no claim."""

    def __init__(self, pages: int) -> None:
        super().__init__(f"the report has {pages} pages")


class ForbiddenTransitionError(MinipushError):
    """The campaign's status forbids the step."""

    def __init__(self, status: "CampaignStatus") -> None:
        super().__init__(status.value)
        self.status = status


class SegmentLeasedError(MinipushError):
    """Another worker holds the segment's lease, until `until` (ms) at least."""

    def __init__(self, until: int) -> None:
        super().__init__(until)
        self.until = until


class LeaseLostError(MinipushError):
    """Another worker took this one for dead and has taken over the segment."""
