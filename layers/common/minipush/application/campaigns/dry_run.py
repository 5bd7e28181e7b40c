"""A dry run: how many users a campaign would reach, its time and its cost. It sends and stores nothing."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from minipush.application.campaigns.costs import WORKERS, campaign_cost, worker_seconds
from minipush.application.campaigns.create_campaign import check_time, segments_of
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.application.ports.campaigns import Recipients
from minipush.application.ports.clock import Clock
from minipush.domain.accounts import AccountKind
from minipush.domain.campaign_errors import EstimateTimeoutError
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.eligibility import bears_tag, in_audience, missing_permit_reason, skip_reason
from minipush.domain.messages import MessageType, Reason
from minipush.domain.quotas import DailyQuota
from minipush.domain.users import User, is_openid


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunSettings:
    """`segments`: of a campaign without a named audience. `max_sends_per_second`: the account's, 0 for no limit.

    The table is first read as a whole, in a few parts. A table that is too large for `seconds` is sampled in many
    small parts: users are spread over them by hash, so the parts that are read stand for the others.
    """

    segments: int
    max_sends_per_second: int
    seconds: float = 20.0
    readers: int = 8
    readers_of_names: int = 2
    """Fewer: one page reads many named users at once, and a page that was started has to be waited for."""
    parts_of_the_whole: int = 8
    parts_of_a_sample: int = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResult:
    """`left_out`: users of the audience that would get no message. `per_second`: the rate that is set, if any.

    `reachable_now`: recipients if the campaign started now. `permits_gone`: permits for the message that today's
    audience holds and that expire before the planned time. `estimated`: only a sample was read in time, and the
    figures are scaled. `followers`, `unmapped`: for a message of the official account, users of the audience who follow
    it, and those of whom it isn't known who they are there. `quota`: of today, if the provider tells it.
    """

    recipients: int
    permits: int
    left_out: Mapping[Reason, int]
    reachable_now: int
    permits_gone: int
    seconds: float
    cost_usd: float
    per_second: int | None
    estimated: bool
    followers: int | None = None
    unmapped: int | None = None
    quota: DailyQuota | None = None


type ReadQuota = Callable[[MessageType], DailyQuota | None]
"""None if the provider doesn't tell, or not now."""


@dataclass(frozen=True, slots=True)
class Times:
    """Now, and the planned time, which is no earlier. In ms."""

    now: int
    planned: int


@dataclass(slots=True)
class AudienceTally:
    """`users`, `items`: read users and all of their permits; `permits`: the recipients' permits for the message.

    `is_whole`: the part of the table was read to its end.
    """

    is_whole: bool = False
    users: int = 0
    items: int = 0
    recipients: int = 0
    permits: int = 0
    reachable_now: int = 0
    permits_gone: int = 0
    followers: int = 0
    unmapped: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)

    def count(self, user: User, plan: Plan, times: Times) -> None:
        self.users += 1
        self.items += len(user.permits)
        if not is_openid(user.openid):
            self.left_out[Reason.INVALID_OPENID] += 1
            return
        if plan.message.type.account is AccountKind.OFFICIAL_ACCOUNT and bears_tag(user, plan.audience):
            self.followers += user.follower is not None and user.follower.follows
            self.unmapped += user.follower is None
        if in_audience(user, plan, times.planned):
            self._count_member(user, plan, times.planned)
        if in_audience(user, plan, times.now):
            self._count_now(user, plan, times)

    def _count_member(self, user: User, plan: Plan, at: int) -> None:
        permits = user.fitting(plan.message.type.permit_kinds, plan.message.template_id, at)
        reason = skip_reason(user, plan.message, plan.frequency_cap, at)
        if reason or not permits:
            self.left_out[reason or missing_permit_reason(user, plan.message)] += 1
        else:
            self.recipients += 1
            self.permits += len(permits)

    def _count_now(self, user: User, plan: Plan, times: Times) -> None:
        permits = user.fitting(plan.message.type.permit_kinds, plan.message.template_id, times.now)
        self.permits_gone += sum(permit.is_expired(times.planned) for permit in permits)
        if permits and skip_reason(user, plan.message, plan.frequency_cap, times.now) is None:
            self.reachable_now += 1

    def merge(self, other: "AudienceTally") -> None:
        self.users += other.users
        self.items += other.items
        self.recipients += other.recipients
        self.permits += other.permits
        self.reachable_now += other.reachable_now
        self.permits_gone += other.permits_gone
        self.followers += other.followers
        self.unmapped += other.unmapped
        self.left_out += other.left_out


class DryRun:
    """`monotonic`: a clock in seconds."""

    def __init__(
        self,
        recipients: Recipients,
        check_fields: CheckFields,
        check_texts: CheckTexts,
        clock: Clock,
        settings: DryRunSettings,
        read_quota: ReadQuota,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recipients = recipients
        self._check_fields = check_fields
        self._check_texts = check_texts
        self._clock = clock
        self._settings = settings
        self._read_quota = read_quota
        self._monotonic = monotonic

    def __call__(self, plan: Plan, text_check: TextCheckRequest | None = None) -> DryRunResult:
        """The result for the planned time. Raises the same errors as CreateCampaign."""
        check_time(plan.at, self._clock())
        self._check_fields(plan.message)
        self._check_texts(plan.message, text_check)
        return replace(self._estimate(plan), quota=self._read_quota(plan.message.type))

    def count_audience(self, plan: Plan) -> int:
        """How many users the campaign would be for, whether they get the message or not. Raises EstimateTimeoutError."""
        estimate = self._estimate(plan)
        return estimate.recipients + sum(estimate.left_out.values())

    def _estimate(self, plan: Plan) -> DryRunResult:
        now = self._clock()
        times = Times(now, max(plan.at or now, now))
        is_named = plan.audience.type is AudienceType.OPENIDS
        tally, share = self._read_named(plan, times) if is_named else self._read_table(plan, times)
        if not share:
            raise EstimateTimeoutError("too few users could be read in time for an estimate")
        return self._result(plan, tally, share)

    # ---- reading

    def _read_named(self, plan: Plan, times: Times) -> tuple[AudienceTally, float]:
        """In random order, so that the users that are read in time are a fair sample."""
        openids = plan.audience.openids
        shuffled = tuple(random.sample(openids, len(openids)))
        plan = replace(plan, audience=replace(plan.audience, openids=shuffled))
        tallies = self._read(
            plan, times, segments_of(plan, 1), self._settings.seconds, self._settings.readers_of_names
        )
        tally = _sum(tallies)
        return tally, tally.users / len(openids)

    def _read_table(self, plan: Plan, times: Times) -> tuple[AudienceTally, float]:
        parts = self._settings.parts_of_the_whole
        whole = self._whole_parts(plan, times, parts)
        if len(whole) < parts:
            parts = self._settings.parts_of_a_sample
            whole = self._whole_parts(plan, times, parts)
        return _sum(whole), len(whole) / parts

    def _whole_parts(self, plan: Plan, times: Times, parts: int) -> list[AudienceTally]:
        """Read the table in half of the time; return the parts that were read to their end."""
        tallies = self._read(plan, times, parts, self._settings.seconds / 2, self._settings.readers)
        return [tally for tally in tallies if tally.is_whole]

    def _read(
        self, plan: Plan, times: Times, parts: int, seconds: float, readers: int
    ) -> list[AudienceTally]:
        # A new id: Recipients may cache by the campaign's id.
        campaign = Campaign(uuid.uuid4().hex, plan, parts, CampaignStatus.RUNNING, times.now, times.now)
        until = self._monotonic() + seconds
        order = random.sample(range(parts), parts)
        with ThreadPoolExecutor(readers, thread_name_prefix="dry-run") as pool:
            return list(pool.map(lambda number: self._read_part(campaign, number, times, until), order))

    def _read_part(self, campaign: Campaign, number: int, times: Times, until: float) -> AudienceTally:
        tally, cursor = AudienceTally(), None
        while self._monotonic() < until:
            page = self._recipients.page(campaign, number, cursor)
            for recipient in page.recipients:
                tally.count(recipient.user, campaign.plan, times)
            cursor = page.cursor
            if cursor is None:
                tally.is_whole = True
                break
        return tally

    # ---- the result

    def _result(self, plan: Plan, tally: AudienceTally, share: float) -> DryRunResult:
        """`share`: how much of the audience was read; the figures are scaled by it."""
        recipients = round(tally.recipients / share)
        read = (round(tally.items / share), round(tally.users / share))
        rate = min(filter(None, (plan.max_per_second, self._settings.max_sends_per_second)), default=None)
        is_named = plan.audience.type is AudienceType.OPENIDS
        cost = campaign_cost(recipients, *read, per_second=rate, named=is_named)
        workers = min(WORKERS, segments_of(plan, self._settings.segments))
        is_official = plan.message.type.account is AccountKind.OFFICIAL_ACCOUNT
        at_full_speed = worker_seconds(recipients, *read, None) / workers
        return DryRunResult(
            recipients=recipients,
            permits=round(tally.permits / share),
            left_out={reason: round(count / share) for reason, count in tally.left_out.items()},
            reachable_now=round(tally.reachable_now / share),
            permits_gone=round(tally.permits_gone / share),
            seconds=max(at_full_speed, recipients / rate if rate else 0),
            cost_usd=cost,
            per_second=rate,
            estimated=share < 1,
            followers=round(tally.followers / share) if is_official else None,
            unmapped=round(tally.unmapped / share) if is_official else None,
        )


def _sum(tallies: Iterable[AudienceTally]) -> AudienceTally:
    total = AudienceTally()
    for tally in tallies:
        total.merge(tally)
    return total
