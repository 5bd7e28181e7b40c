"""How far a campaign has come, and how fast it goes."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from minipush.domain.campaign_minutes import RATED_MINUTES, recipients_since
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Segment
from minipush.domain.counts import Counts
from minipush.domain.timestamps import MINUTE_MS


class Warning(enum.StrEnum):  # noqa: A001  # the contract's word
    """What an operator should know before a campaign starts. The values are part of the HTTP contract."""

    UNKNOWN_TAG = "unknown_tag"
    EMPTY_AUDIENCE = "empty_audience"
    NO_TEXT_CHECK = "no_text_check"
    RETIRED_INTERFACE = "retired_interface"


@dataclass(frozen=True, slots=True)
class Progress:
    """`seen` of `expected` recipients have been dealt with; `estimated`: their number is a guess.

    `seen` never goes back, and equals `expected` only at the end. `per_second`: recipients, in the last minutes.
    `eta`: when the last one is expected to be dealt with (ms); None unless the campaign gets on.
    """

    campaign: Campaign
    counts: Counts
    segments_done: int
    seen: int
    expected: int
    estimated: bool
    per_second: float
    eta: int | None


def progress_of(campaign: Campaign, segments: Sequence[Segment], now: int) -> Progress:
    counts = Counts()
    for segment in segments:
        counts.merge(segment.counts)
    done = sum(segment.done for segment in segments)
    seen, expected, is_estimated = _extent(campaign, counts.total, done)
    rate = _per_second(campaign, segments, now)
    eta = now + round(1000 * (expected - seen) / rate) if rate else None
    counts = counts.corrected(campaign.corrections)
    return Progress(campaign, counts, done, seen, expected, is_estimated, rate, eta)


def _extent(campaign: Campaign, total: int, done: int) -> tuple[int, int, bool]:
    """Seen, expected, and whether the latter is an estimate."""
    if campaign.status is CampaignStatus.COMPLETED:
        return total, total, False
    audience = campaign.plan.audience
    if audience.type is AudienceType.OPENIDS:
        named = len(audience.openids) or audience.left_out
        return total if campaign.status.is_final else min(total, named - 1), named, False
    guess = campaign.expected
    if guess is None:
        # Segments are alike: those that are done tell of the others.
        guess = round(total * campaign.segments / (done + 0.5))
    return total, max(guess, total if campaign.status.is_final else total + 1), True


def _per_second(campaign: Campaign, segments: Sequence[Segment], now: int) -> float:
    if campaign.status is not CampaignStatus.RUNNING:
        return 0.0
    first = now // MINUTE_MS - RATED_MINUTES + 1
    recipients = sum(recipients_since(segment.minutes, first) for segment in segments)
    elapsed = now - max(first * MINUTE_MS, campaign.changed_at)
    return round(1000 * recipients / max(elapsed, 1000), 3)
