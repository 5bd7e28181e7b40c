"""WeChat accepted a message and could not deliver it: find the delivery, and correct its campaign's counts.

WeChat's event has the openid, the template and the msgid. Nothing is stored under the msgid when a message goes out.
So this goes through the user's claims, the latest first, and looks the message up in the reports of their campaigns.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minipush.application.events.find_report_entry import FindReportEntry, FoundEntry
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.users import UserStore
from minipush.domain.campaigns import Campaign
from minipush.domain.counts import Correction
from minipush.domain.deliveries import DeliveryId, ReportedFailure
from minipush.domain.messages import Status
from minipush.domain.permits import Claim, Permit

logger = logging.getLogger(__name__)

# How far WeChat's clock, which has whole seconds, and ours may differ.
CLOCKS_DIFFER_MS = 10 * 1000
MOST_CANDIDATES = 5
# The claim may change between the read and the write: its outcome is reported as unknown, or another worker takes over.
TRIES = 3
# A failure may be reported so soon that a message sent in this time comes before one whose entry isn't written yet.
SOON_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim on which the message may have gone out; `campaign`: None for a direct send.

    `is_sure`: the message went out on it. `is_settled`: the outcome is final; an entry that isn't written yet may
    turn out to be about another message.
    """

    permit: Permit
    claimed_at: int
    campaign: Campaign | None = None
    before: Status = Status.SENT
    is_sure: bool = False
    is_settled: bool = True

    def rank(self, at: int) -> int:
        """The order among possible candidates, the most likely first."""
        if not self.is_settled:
            return 1
        return 0 if self.claimed_at > at - SOON_MS else 2


class RecordDeliveryFailure:
    def __init__(self, users: UserStore, store: CampaignStore, find_report_entry: FindReportEntry) -> None:
        self._users = users
        self._store = store
        self._find_report_entry = find_report_entry

    def __call__(self, failure: ReportedFailure) -> Status | None:
        """Return the status that the message had; None if minipush didn't send it. Idempotent. Raises StoreError."""
        for _ in range(TRIES):
            candidate = self._find(failure)
            if candidate is None:
                return None
            if self._record(candidate, failure):
                logger.info("a delivery failure was recorded", extra=_about(candidate, failure))
                return candidate.before
        return None

    def _find(self, failure: ReportedFailure) -> Candidate | None:
        """The first candidate in whose campaign no other message to this user has failed."""
        for candidate in self._candidates(failure):
            # The campaign first: until the claim is marked, a repeat of the event does both.
            if not candidate.is_settled or self._count_in_campaign(candidate, failure):
                return candidate
        return None

    def _record(self, candidate: Candidate, failure: ReportedFailure) -> bool:
        """False if the claim has changed before anything was counted.

        Where the entry isn't written yet, the claim comes first: from then on, its worker reports the message as sent.
        """
        is_marked = self._users.mark_delivery_failed(
            failure.openid, candidate.permit, failure.msgid, failure.errcode, failure.at
        )
        if candidate.is_settled:
            return is_marked or candidate.campaign is not None
        return is_marked and self._count_in_campaign(candidate, failure)

    def _count_in_campaign(self, candidate: Candidate, failure: ReportedFailure) -> bool:
        if candidate.campaign is None:
            return True
        return self._store.add_correction(
            candidate.campaign,
            Correction(
                openid=failure.openid,
                msgid=failure.msgid,
                reason=failure.reason,
                errcode=failure.errcode,
                before=candidate.before,
                at=failure.at,
            ),
        )

    def _candidates(self, failure: ReportedFailure) -> list[Candidate]:
        """The sure candidate, or else all possible ones by rank, within a rank the latest first."""
        if not failure.msgid or not failure.template_id:
            return []
        user = self._users.read(failure.openid)
        spent = user.spent_on(failure.template_id, failure.at + CLOCKS_DIFFER_MS)
        # In parallel: WeChat waits for the answer, and each candidate takes several reads.
        with ThreadPoolExecutor(MOST_CANDIDATES, thread_name_prefix="delivery-failure") as pool:
            futures = [
                pool.submit(self._candidate, permit, claim, failure)
                for permit, claim in spent[:MOST_CANDIDATES]
            ]
        found = [candidate for future in futures if (candidate := future.result())]
        sure = [candidate for candidate in found if candidate.is_sure]
        return sure[:1] or sorted(found, key=lambda candidate: candidate.rank(failure.at))

    def _candidate(self, permit: Permit, claim: Claim, failure: ReportedFailure) -> Candidate | None:
        if claim.known_msgid not in (None, failure.msgid):
            return None
        is_marked = claim.known_msgid is not None
        campaign_id = DeliveryId.of_claim(claim).campaign_id
        if campaign_id is None:
            before = Status.UNKNOWN if claim.is_reported_unknown else Status.SENT
            return Candidate(permit, claim.at, before=before, is_sure=is_marked)
        campaign = self._store.read(campaign_id)
        if campaign is None or campaign.plan.message.template_id != failure.template_id:
            return None
        entry = self._find_report_entry(campaign_id, failure.openid, claim)
        if not _fits(entry, failure.msgid):
            return None
        is_sure = is_marked or entry.msgid is not None
        return Candidate(permit, claim.at, campaign, entry.status, is_sure, entry.is_written)


def _fits(entry: FoundEntry, msgid: str) -> bool:
    return entry.status in (Status.SENT, Status.UNKNOWN) and entry.msgid in (None, msgid)


def _about(candidate: Candidate, failure: ReportedFailure) -> dict[str, object]:
    campaign_id = candidate.campaign.id if candidate.campaign else None
    return {"campaign_id": campaign_id, "msgid": failure.msgid, "is_sure": candidate.is_sure}
