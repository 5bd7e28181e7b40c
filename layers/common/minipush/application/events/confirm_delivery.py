"""WeChat says that a message arrived: settle the doubt about it, if there is one.

Nothing changes for a message whose outcome is known. That costs one read, and WeChat says it of every message. Two
kinds of claim leave a doubt:

- The outcome is reported as unknown, which the claim says. The campaign's report is corrected.
- The outcome isn't reported yet. If its worker dies, the next one would report it as unknown. The msgid is noted at the
  claim, where the next worker reads it.

WeChat's event has the openid, the template and the msgid, and not the campaign. A doubt is settled only where no other
message can be meant.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from minipush.application.events.find_report_entry import FindReportEntry
from minipush.application.events.recorded_claims import RecordedClaims
from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.subscription_reminders import FindReminders
from minipush.application.ports.users import UserStore
from minipush.domain.counts import Correction
from minipush.domain.deliveries import CLOCKS_DIFFER_MS, DeliveryId, ReportedArrival
from minipush.domain.ids import user_hash
from minipush.domain.messages import Status
from minipush.domain.permits import Claim, Permit
from minipush.domain.users import User

logger = logging.getLogger(__name__)

# A message may be tried again for some minutes after its claim, and WeChat reports it some time later.
REPORTED_WITHIN_MS = 60 * 60 * 1000
# The claim may change between the read and the write: from "not reported" to "reported as unknown".
TRIES = 3


@dataclass(frozen=True, slots=True)
class PossibleArrival:
    """A claim on which the message may have gone out; `campaign_id`: None for a direct send."""

    permit: Permit
    claim: Claim
    campaign_id: str | None
    is_recorded: bool

    @property
    def is_in_doubt(self) -> bool:
        if self.claim.is_reported_unknown:
            # A direct send through a long-term permit doesn't say which template it was.
            return self.campaign_id is not None or not self.permit.kind.is_reusable
        return self.campaign_id is not None and not self.is_recorded


class ConfirmDelivery:
    def __init__(
        self,
        users: UserStore,
        store: CampaignStore,
        recorded_claims: RecordedClaims,
        find_report_entry: FindReportEntry,
        find_reminders: FindReminders,
    ) -> None:
        self._users = users
        self._store = store
        self._recorded_claims = recorded_claims
        self._find_report_entry = find_report_entry
        self._find_reminders = find_reminders

    def __call__(self, arrival: ReportedArrival) -> bool:
        """Return whether a message that was reported as unknown is sent now. Idempotent. Raises StoreError."""
        for _ in range(TRIES):
            candidate = self._find(self._users.read(arrival.openid), arrival)
            if candidate is None:
                return False
            if self._settle(candidate, arrival):
                return candidate.claim.is_reported_unknown
        return False

    def _settle(self, candidate: PossibleArrival, arrival: ReportedArrival) -> bool:
        """False if the claim has changed. It comes last: until the claim is marked, a repeat does all."""
        if candidate.campaign_id is None:
            self._confirm_reminder(candidate, arrival)
        elif candidate.claim.is_reported_unknown:
            if not self._correct(candidate.campaign_id, arrival):
                return True
            about = {"campaign_id": candidate.campaign_id, "user": user_hash(arrival.openid)}
            logger.info("a doubt is settled", extra=about | {"msgid": arrival.msgid})
        return self._users.mark_confirmed(arrival.openid, candidate.permit, arrival.msgid)

    def _confirm_reminder(self, candidate: PossibleArrival, arrival: ReportedArrival) -> None:
        if reminders := self._find_reminders():
            reminders.confirm(arrival.openid, candidate.claim.delivery, arrival.msgid)

    def _correct(self, campaign_id: str, arrival: ReportedArrival) -> bool:
        campaign = self._store.read(campaign_id)
        correction = Correction(arrival.openid, arrival.msgid, None, None, Status.UNKNOWN, arrival.at)
        return campaign is not None and self._store.add_correction(campaign, correction)

    def _find(self, user: User, arrival: ReportedArrival) -> PossibleArrival | None:
        """The claim to note the msgid at. None where nothing is in doubt, or where it may be about another message."""
        spent = user.spent_on(arrival.template_id, arrival.at + CLOCKS_DIFFER_MS)
        recent = [(permit, claim) for permit, claim in spent if claim.at > arrival.at - REPORTED_WITHIN_MS]
        if any(claim.known_msgid == arrival.msgid for _, claim in recent):
            return None
        candidates = [self._candidate(*entry) for entry in recent if entry[1].known_msgid is None]
        doubts = [each for each in candidates if each.is_in_doubt and self._has_template(each, arrival)]
        return self._choose(doubts[0], candidates, arrival) if doubts else None

    def _candidate(self, permit: Permit, claim: Claim) -> PossibleArrival:
        campaign_id = DeliveryId.of_claim(claim).campaign_id
        is_recorded = campaign_id is not None and (
            claim.is_reported_unknown or self._recorded_claims.has(campaign_id, claim)
        )
        return PossibleArrival(permit, claim, campaign_id, is_recorded)

    def _has_template(self, candidate: PossibleArrival, arrival: ReportedArrival) -> bool:
        """A claim through a long-term permit doesn't say which template it was: its campaign does."""
        if candidate.permit.template_id is not None or candidate.campaign_id is None:
            return True
        campaign = self._store.read(candidate.campaign_id)
        return campaign is not None and campaign.plan.message.template_id == arrival.template_id

    def _choose(
        self, doubt: PossibleArrival, candidates: Sequence[PossibleArrival], arrival: ReportedArrival
    ) -> PossibleArrival | None:
        """The doubt, unless the event may be about another message, however long before it was sent."""
        others = [each for each in candidates if each is not doubt and self._has_template(each, arrival)]
        if all(self._is_of_another_message(each, arrival) for each in others):
            return doubt
        about = {"msgid": arrival.msgid, "user": user_hash(arrival.openid)}
        logger.info("a doubt is not settled: two messages may be meant", extra=about)
        return None

    def _is_of_another_message(self, candidate: PossibleArrival, arrival: ReportedArrival) -> bool:
        """Its campaign's report has another msgid, and the only one. The msgid of a direct send is not stored."""
        if candidate.campaign_id is None or not candidate.is_recorded or candidate.claim.is_reported_unknown:
            return False
        entry = self._find_report_entry(candidate.campaign_id, arrival.openid, candidate.claim)
        if entry.msgid in (None, arrival.msgid):
            return False
        campaign = self._store.read(candidate.campaign_id)
        return campaign is not None and campaign.plan.message.on_unknown != "retry"
