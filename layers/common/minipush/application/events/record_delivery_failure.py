"""WeChat accepted a message and could not deliver it: find the delivery, and correct its campaign's counts.

WeChat's event has the openid, the template and the msgid. Nothing is stored under the msgid when a message goes out.
So this goes through the user's claims, the latest first, and looks the message up in the reports of their campaigns.
The official account's event has no template, and may lack the msgid. Unless a report has its msgid, the last message of
ten minutes is meant.
"""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from minipush.application.events.find_report_entry import FindReportEntry, FoundEntry
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.subscription_reminders import FindReminders
from minipush.application.ports.users import UserStore
from minipush.domain.campaigns import Campaign
from minipush.domain.counts import Correction
from minipush.domain.deliveries import (
    CLOCKS_DIFFER_MS,
    NO_MSGID,
    OFFICIAL_REPORTED_WITHIN_MS,
    DeliveryId,
    ReportedFailure,
)
from minipush.domain.ids import user_hash
from minipush.domain.messages import Status
from minipush.domain.permits import Claim, Permit
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

MOST_CANDIDATES = 5
# The claim may change between the read and the write: its outcome is reported as unknown, or another worker takes over.
TRIES = 3
# A failure may be reported so soon that a message sent in this time comes before one whose entry isn't written yet.
SOON_MS = 60 * 1000


@dataclass(frozen=True, slots=True)
class PossibleFailure:
    """A claim on which the message may have gone out; `campaign`: None for a direct send.

    `msgid`: what the report or WeChat says, empty where neither does. `is_sure`: the message went out on it. `is_settled`: the outcome is final; an entry that isn't written yet may
    turn out to be about another message.
    """

    permit: Permit
    claimed_at: int
    campaign: Campaign | None = None
    before: Status = Status.SENT
    is_sure: bool = False
    is_settled: bool = True
    msgid: str = ""

    @property
    def is_marked(self) -> bool:
        """Whether an earlier try has marked the claim."""
        return self.permit.claim is not None and self.permit.claim.failed_msgid == self.msgid

    def rank(self, at: int) -> int:
        """The order among possible candidates, the most likely first."""
        if not self.is_settled:
            return 1
        return 0 if self.claimed_at > at - SOON_MS else 2


class RecordDeliveryFailure:
    def __init__(
        self,
        users: UserStore,
        store: CampaignStore,
        find_report_entry: FindReportEntry,
        find_reminders: FindReminders,
    ) -> None:
        self._users = users
        self._store = store
        self._find_report_entry = find_report_entry
        self._find_reminders = find_reminders

    def __call__(self, failure: ReportedFailure) -> Status | None:
        """Return the status that the message had; None if minipush didn't send it. Idempotent. Raises StoreError."""
        for _ in range(TRIES):
            candidate = self._find(failure)
            if candidate is None:
                return None
            if self._record(candidate, failure):
                self._fail_reminder(candidate, failure)
                logger.info("a delivery failure was recorded", extra=_about(candidate, failure))
                return candidate.before
        return None

    def _find(self, failure: ReportedFailure) -> PossibleFailure | None:
        """The first candidate in whose campaign no other message to this user has failed."""
        for candidate in self._candidates(failure):
            # The campaign first: until the claim is marked, a repeat of the event does both.
            if not candidate.is_settled or self._count_in_campaign(candidate, failure):
                return candidate
        return None

    def _record(self, candidate: PossibleFailure, failure: ReportedFailure) -> bool:
        """False if the claim has changed before anything was counted.

        Where the entry isn't written yet, the claim comes first: from then on, its worker reports the message as sent.
        """
        is_marked = candidate.is_marked or self._users.mark_delivery_failed(
            failure.openid, candidate.permit, candidate.msgid, failure.errcode, failure.at
        )
        if candidate.is_settled:
            return is_marked or candidate.campaign is not None
        return is_marked and self._count_in_campaign(candidate, failure)

    def _fail_reminder(self, candidate: PossibleFailure, failure: ReportedFailure) -> None:
        """After the claim: a repeat of the event finds the claim by its mark, and does both."""
        claim, reminders = candidate.permit.claim, self._find_reminders()
        if claim and reminders and candidate.campaign is None:
            reminders.fail(failure.openid, claim.delivery, failure.reason)

    def _count_in_campaign(self, candidate: PossibleFailure, failure: ReportedFailure) -> bool:
        if candidate.campaign is None:
            return True
        return self._store.add_correction(
            candidate.campaign,
            Correction(
                openid=failure.openid,
                msgid=candidate.msgid,
                reason=failure.reason,
                errcode=failure.errcode,
                before=candidate.before,
                at=failure.at,
            ),
        )

    def _candidates(self, failure: ReportedFailure) -> list[PossibleFailure]:
        """The sure candidate, or else all possible ones by rank, within a rank the latest first."""
        spent = self._spent(failure)
        # In parallel: WeChat waits for the answer, and each candidate takes several reads.
        with ThreadPoolExecutor(MOST_CANDIDATES, thread_name_prefix="delivery-failure") as pool:
            futures = [
                pool.submit(self._candidate, permit, claim, failure)
                for permit, claim in spent[:MOST_CANDIDATES]
            ]
        results = (future.result() for future in futures)
        found = [each for each in results if each and (each.is_sure or _is_recent(each.claimed_at, failure))]
        sure = [candidate for candidate in found if candidate.is_sure]
        return sure[:1] or sorted(found, key=lambda candidate: candidate.rank(failure.at))

    def _spent(self, failure: ReportedFailure) -> list[tuple[Permit, Claim]]:
        """The claims on which the message may have gone out, the last one first."""
        until = failure.at + CLOCKS_DIFFER_MS
        if failure.permit_kind is None:
            if not failure.msgid or not failure.template_id:
                return []
            return self._users.read(failure.openid).spent_on(failure.template_id, until)
        spent = self._users.read(failure.openid).spent_by_kind(failure.permit_kind, until)
        if failure.msgid:
            return spent
        return [entry for entry in spent if _is_recent(entry[1].at, failure)]

    def _candidate(self, permit: Permit, claim: Claim, failure: ReportedFailure) -> PossibleFailure | None:
        is_marked = claim.known_msgid is not None
        if is_marked and not _is_told(claim, failure):
            return None
        campaign_id = DeliveryId.of_claim(claim).campaign_id
        if campaign_id is None:
            return self._direct(permit, claim, failure)
        campaign = self._store.read(campaign_id)
        if campaign is None or failure.template_id not in ("", campaign.plan.message.template_id):
            return None
        entry = self._find_report_entry(campaign_id, failure.openid, claim)
        if not _fits(entry, failure.msgid):
            return None
        if not failure.msgid and not entry.is_written:
            raise StoreError("the recipient's msgid is not in the report yet")
        is_sure = is_marked or (entry.msgid is not None and bool(failure.msgid))
        msgid = failure.msgid or entry.msgid or NO_MSGID
        return PossibleFailure(permit, claim.at, campaign, entry.status, is_sure, entry.is_written, msgid)

    def _direct(self, permit: Permit, claim: Claim, failure: ReportedFailure) -> PossibleFailure | None:
        """The msgid of a direct send is not stored, unless it is a reminder."""
        reminders = self._find_reminders()
        known = reminders.msgid(failure.openid, claim.delivery) if reminders else None
        if known and failure.msgid and known != failure.msgid:
            return None
        before = Status.UNKNOWN if claim.is_reported_unknown else Status.SENT
        msgid = failure.msgid or claim.failed_msgid or NO_MSGID
        is_sure = claim.known_msgid is not None or known == failure.msgid
        return PossibleFailure(permit, claim.at, before=before, is_sure=is_sure, msgid=msgid)


def _is_recent(claimed_at: int, failure: ReportedFailure) -> bool:
    return failure.permit_kind is None or claimed_at > failure.at - OFFICIAL_REPORTED_WITHIN_MS


def _is_told(claim: Claim, failure: ReportedFailure) -> bool:
    """Whether the claim is marked with this very report."""
    return claim.known_msgid == failure.msgid if failure.msgid else claim.failed_at == failure.at


def _fits(entry: FoundEntry, msgid: str) -> bool:
    return entry.status in (Status.SENT, Status.UNKNOWN) and (not msgid or entry.msgid in (None, msgid))


def _about(candidate: PossibleFailure, failure: ReportedFailure) -> dict[str, object]:
    campaign_id = candidate.campaign.id if candidate.campaign else None
    about = {"campaign_id": campaign_id, "user": user_hash(failure.openid)}
    return about | {"msgid": failure.msgid, "is_sure": candidate.is_sure}
