"""A message that WeChat took and could not deliver: find whose it was, and put the books right.

WeChat's event has the openid, the template and the msgid. Nothing was written under the msgid when the message went out,
so the user's claims are gone through, the last first: the report of a campaign says whether it was the one.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minipush.application.campaigns.create_campaign import campaign_of
from minipush.application.events.find_report_entry import FindReportEntry, Line
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.users import UserStore
from minipush.domain.campaigns import Campaign, DeliveryFailure
from minipush.domain.messages import Status
from minipush.domain.permits import Claim, Permit
from minipush.domain.subscription_events import FailedDelivery

logger = logging.getLogger(__name__)

# So far apart WeChat's clock and ours may be; its own has seconds.
CLOCKS_DIFFER_MS = 10 * 1000
MOST_CANDIDATES = 5
# A failure that is told so soon may well be of a message that was sent before the one that is still in hand.
SOON_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the message may have gone out on; `is_sure`: it did. Without a campaign it was sent directly.

    `is_settled`: what became of it stays; a campaign's line that isn't written yet may turn out to be of none.
    """

    permit: Permit
    claimed_at: int
    campaign: Campaign | None = None
    before: Status = Status.SENT
    is_sure: bool = False
    is_settled: bool = True

    def rank(self, at: int) -> int:
        """Among those that are possible, the likely ones first."""
        if not self.is_settled:
            return 1
        return 0 if self.claimed_at > at - SOON_MS else 2


class RecordDeliveryFailure:
    def __init__(self, users: UserStore, store: CampaignStore, find_report_entry: FindReportEntry) -> None:
        self._users = users
        self._store = store
        self._find_line = find_report_entry

    def __call__(self, openid: str, at: int, failure: FailedDelivery) -> bool:
        """Whether it was ours. `at` (ms): when WeChat said so. The same again changes nothing. Raises StoreError."""
        for candidate in self._candidates(openid, at, failure):
            # The campaign first: while the claim bears no mark, a repeat does both.
            if self._is_counted(candidate, openid, at, failure):
                permit = candidate.permit
                self._users.mark_delivery_failed(openid, permit, failure.msgid, failure.errcode)
                logger.info("an undelivered message was ours", extra=_about(candidate, failure))
                return True
        return False

    def _is_counted(self, candidate: Candidate, openid: str, at: int, failure: FailedDelivery) -> bool:
        if candidate.campaign is None:
            return True
        before = candidate.before
        message = DeliveryFailure(openid, failure.msgid, failure.reason, failure.errcode, before, at)
        return self._store.add_delivery_failure(candidate.campaign, message)

    def _candidates(self, openid: str, at: int, failure: FailedDelivery) -> list[Candidate]:
        """The one that is sure, or else all that are possible, of a rank the last first."""
        if not failure.msgid or not failure.template_id:
            return []
        spent = self._users.read(openid).spent_on(failure.template_id, at + CLOCKS_DIFFER_MS)
        # Side by side: WeChat waits for the answer, and each takes some reads.
        with ThreadPoolExecutor(MOST_CANDIDATES, thread_name_prefix="delivery-failure") as pool:
            asked = [
                pool.submit(self._candidate, openid, permit, claim, failure)
                for permit, claim in spent[:MOST_CANDIDATES]
            ]
        found = [candidate for each in asked if (candidate := each.result())]
        sure = [candidate for candidate in found if candidate.is_sure]
        return sure[:1] or sorted(found, key=lambda candidate: candidate.rank(at))

    def _candidate(
        self, openid: str, permit: Permit, claim: Claim, failure: FailedDelivery
    ) -> Candidate | None:
        if claim.failed_msgid not in (None, failure.msgid):
            return None
        marked = claim.failed_msgid is not None
        campaign_id = campaign_of(claim.delivery)
        if campaign_id is None:
            return Candidate(permit, claim.at, is_sure=marked)
        campaign = self._store.read(campaign_id)
        if campaign is None or campaign.plan.message.template_id != failure.template_id:
            return None
        line = self._find_line(campaign_id, openid, claim)
        if not _fits(line, failure.msgid):
            return None
        is_sure = marked or line.msgid is not None
        return Candidate(permit, claim.at, campaign, line.status, is_sure, line.is_written)


def _fits(line: Line, msgid: str) -> bool:
    return line.status in (Status.SENT, Status.UNKNOWN) and line.msgid in (None, msgid)


def _about(candidate: Candidate, failure: FailedDelivery) -> dict[str, object]:
    campaign_id = candidate.campaign.id if candidate.campaign else None
    return {"campaign_id": campaign_id, "msgid": failure.msgid, "is_sure": candidate.is_sure}
