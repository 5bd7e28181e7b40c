"""Whether the outcome of a claim is in its campaign's report, without reading the report."""

from collections.abc import Sequence

from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.clock import Clock
from minipush.domain.campaigns import Segment
from minipush.domain.permits import Claim

# What was recorded stays so: older segments only say "not yet" more often, and that is safe.
FRESH_MS = 1000
MOST_CAMPAIGNS = 50


class RecordedClaims:
    """Reads a campaign's segments once a second at most: WeChat reports each of its messages."""

    def __init__(self, store: CampaignStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._kept: dict[str, tuple[int, list[Segment]]] = {}

    def has(self, campaign_id: str, claim: Claim) -> bool:
        """False where the outcome may still be missing. Raises StoreError."""
        read_at, segments = self._kept.get(campaign_id, (0, []))
        if _is_recorded(claim, segments):
            return True
        if self._clock() < read_at + FRESH_MS:
            return False
        segments = self._read(campaign_id)
        is_recorded = _is_recorded(claim, segments)
        # An owner that wrote no page is in no segment. Nothing is missing in a campaign that is gone.
        return all(segment.done for segment in segments) if is_recorded is None else is_recorded

    def _read(self, campaign_id: str) -> list[Segment]:
        read_at, segments = self._clock(), self._store.segments(campaign_id)
        self._kept.pop(campaign_id, None)
        self._kept[campaign_id] = read_at, segments
        for oldest in list(self._kept)[:-MOST_CAMPAIGNS]:
            self._kept.pop(oldest, None)
        return segments


def _is_recorded(claim: Claim, segments: Sequence[Segment]) -> bool | None:
    """None if the claim's owner is in no segment."""
    for segment in segments:
        if segment.owner == claim.owner:
            return segment.done or claim.at < segment.recorded_until
        if any(owner == claim.owner for _, owner in segment.owners):
            return segment.done
    return None
