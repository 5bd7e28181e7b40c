"""Campaigns and direct sends to one user, as they are when WeChat reports what became of the messages."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from support.campaigns import MemoryCampaigns, MemoryReports
from support.centre_inbox import MemoryInbox
from support.memory import MemoryStore
from support.reminders import InboxReminders

from minipush.adapters.wechat.reasons import reason_of
from minipush.application.campaigns.read_campaigns import ReadCampaigns
from minipush.application.campaigns.read_report import ReadReport
from minipush.application.centre.late_outcomes import SubscriptionOutcomes
from minipush.application.events.confirm_delivery import ConfirmDelivery
from minipush.application.events.find_report_entry import FindReportEntry
from minipush.application.events.record_delivery_failure import RecordDeliveryFailure
from minipush.application.events.recorded_claims import RecordedClaims
from minipush.channels import SUBSCRIBE_MESSAGE
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.counts import Counts
from minipush.domain.deliveries import ReportedArrival, ReportedFailure
from minipush.domain.messages import Message, Outcome, Status
from minipush.domain.permits import Permit, PermitKind
from minipush.domain.reports import ReportEntry

NOW = 1_800_000_000_000


@dataclass
class World:
    """Campaigns whose workers have sent to ada and others. `kind`: of the permits that a claim takes by default."""

    kind: PermitKind = permit_kinds.ONCE
    users: MemoryStore = field(default_factory=MemoryStore)
    store: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    reports: MemoryReports = field(default_factory=MemoryReports)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)

    def __post_init__(self) -> None:
        self.find_report_entry = FindReportEntry(self.store, self.reports)
        self.reminders = SubscriptionOutcomes(
            inbox=self.inbox, reminders=InboxReminders(self.inbox), clock=lambda: self.now
        )
        self.record = RecordDeliveryFailure(
            self.users, self.store, self.find_report_entry, lambda: self.reminders
        )
        self.now = NOW
        self.recorded_claims = RecordedClaims(self.store, lambda: self.now)
        self.confirm = ConfirmDelivery(
            self.users, self.store, self.recorded_claims, self.find_report_entry, lambda: self.reminders
        )
        self.show = ReadCampaigns(self.store, lambda: NOW)
        self.report = ReadReport(self.store, self.reports)

    def campaign(self, id_: str = "c-1", template_id: str = "T1", *, on_unknown: Any = None) -> Campaign:
        message = Message(SUBSCRIBE_MESSAGE, template_id, on_unknown=on_unknown)
        plan = Plan(id_, message, Audience(AudienceType.ALL))
        return self.store.create(Campaign(id_, plan, 2, CampaignStatus.RUNNING, NOW, NOW, NOW))

    def claim(
        self,
        delivery: str = "c-1",
        owner: str = "ann",
        *,
        at: int = NOW,
        kind: PermitKind | None = None,
    ) -> None:
        """The user has been sent to."""
        kind = kind or self.kind
        permit = Permit(kind, delivery if kind is permit_kinds.ONCE else "", template_id="T1")
        self.users.add("ada", [permit])
        asyncio.run(self.users.claim("ada", permit, f"{delivery}/{owner}", at))

    def page(
        self,
        outcomes: Iterable[Outcome],
        *,
        id_: str = "c-1",
        owner: str = "ann",
        number: int = 0,
        at: int = NOW,
        recorded_until: int = 0,
    ) -> None:
        """Write a page, as a worker does."""
        outcomes = list(outcomes)
        segment = self.store.take(id_, number, owner, NOW, NOW)
        self.reports.write(segment, outcomes, at)
        segment.counts.add(outcomes)
        self.store.save(replace(segment, pages=segment.pages + 1, recorded_until=recorded_until))

    def fails(
        self,
        msgid: str = "7",
        errcode: int | None = 5,
        *,
        at: int = NOW,
        template_id: str = "T1",
    ) -> bool:
        """Whether minipush sent the message."""
        official = not self.kind.is_collected
        before = self.record(
            ReportedFailure(
                openid="ada",
                template_id="" if official else template_id,
                msgid=msgid,
                errcode=None if official else errcode,
                reason=reason_of(None if official else errcode),
                at=at,
                permit_kind=self.kind if official else None,
            )
        )
        return before is not None

    def counts(self, id_: str = "c-1") -> Counts:
        progress = self.show.read(id_)
        assert progress
        return progress.counts

    def entries(self, id_: str = "c-1") -> list[ReportEntry]:
        return self.report(id_, 100, None)[0]

    def arrives(self, msgid: str = "7", *, at: int = NOW, template_id: str = "T1") -> bool:
        """Whether that settles a doubt in a report."""
        return self.confirm(ReportedArrival(openid="ada", template_id=template_id, msgid=msgid, at=at))

    def reports_unknown(self, delivery: str = "c-1", owner: str = "ann") -> str | None:
        """What a worker does before it reports the outcome as unknown."""
        permit = next(
            permit
            for permit in self.users.read("ada").permits
            if permit.claim and permit.claim.delivery == delivery
        )
        return asyncio.run(self.users.report_unknown("ada", permit, f"{delivery}/{owner}"))

    @property
    def confirmed(self) -> dict[str, str | None]:
        """By delivery."""
        claims = [permit.claim for permit in self.users.read("ada").permits if permit.claim]
        return {claim.delivery: claim.confirmed_msgid for claim in claims}

    @property
    def marks(self) -> dict[str, str | None]:
        """By delivery."""
        claims = [permit.claim for permit in self.users.read("ada").permits if permit.claim]
        return {claim.delivery: claim.failed_msgid for claim in claims}


def sent(openid: str = "ada", msgid: int | None = 7) -> Outcome:
    return Outcome(openid, Status.SENT, permit_kind=permit_kinds.ONCE, msgid=msgid)


UNKNOWN = Outcome("ada", Status.UNKNOWN, permit_kind=permit_kinds.ONCE)
