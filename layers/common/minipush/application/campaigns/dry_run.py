"""A dry run: whom a campaign would reach, what it would take. Nothing is sent, and nothing stored."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from minipush.application.campaigns.create_campaign import check_time, segments_of
from minipush.application.delivery.audience import in_audience, skip_reason
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.application.ports.campaigns import Recipients
from minipush.application.ports.clock import Clock
from minipush.costs import WORKERS, campaign_cost, worker_seconds
from minipush.domain.campaigns import AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Reason
from minipush.domain.users import User, is_openid
from minipush.errors import StoreError

READERS = 8
# Named users are read many at once as it is, and a page that is under way has to be waited for.
READERS_OF_NAMES = 2
# A table is first read as a whole, in few parts. One that is too large for that is sampled in very many small
# ones: users are spread over them by hash, so those that are read speak for the others.
PARTS_OF_THE_WHOLE = 8
PARTS_OF_A_SAMPLE = 4096
SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class DryRunResult:
    """`left_out` belong to the audience. `per_second` is the rate that is set, if any.

    `reachable_now` would be sent to if it went now; `permits_gone` are those that the audience of now holds for
    the message, and that expire before the time that is planned.

    `estimated`: not everybody was looked at in time, and the figures are scaled.
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


@dataclass(frozen=True, slots=True)
class Times:
    """Now, and the time that is planned, which isn't before it. In ms."""

    now: int
    planned: int


@dataclass(slots=True)
class Tally:
    """`users` and `items` (their permits, spent ones too) are what was read; `permits` would serve."""

    is_whole: bool = False
    users: int = 0
    items: int = 0
    recipients: int = 0
    permits: int = 0
    reachable_now: int = 0
    permits_gone: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter)

    def count(self, user: User, plan: Plan, times: Times) -> None:
        self.users += 1
        self.items += len(user.permits)
        if not is_openid(user.openid):
            self.left_out[Reason.INVALID_OPENID] += 1
            return
        if in_audience(user, plan, times.planned):
            self._count_member(user, plan, times.planned)
        if in_audience(user, plan, times.now):
            self._count_now(user, plan, times)

    def _count_member(self, user: User, plan: Plan, at: int) -> None:
        permits = user.fitting(plan.message.type.permit_kinds, plan.message.template_id, at)
        reason = skip_reason(user, plan.message, plan.frequency_cap, at)
        if reason or not permits:
            self.left_out[reason or Reason.NO_PERMIT] += 1
        else:
            self.recipients += 1
            self.permits += len(permits)

    def _count_now(self, user: User, plan: Plan, times: Times) -> None:
        permits = user.fitting(plan.message.type.permit_kinds, plan.message.template_id, times.now)
        self.permits_gone += sum(permit.is_expired(times.planned) for permit in permits)
        if permits and skip_reason(user, plan.message, plan.frequency_cap, times.now) is None:
            self.reachable_now += 1

    def merge(self, other: "Tally") -> None:
        self.users += other.users
        self.items += other.items
        self.recipients += other.recipients
        self.permits += other.permits
        self.reachable_now += other.reachable_now
        self.permits_gone += other.permits_gone
        self.left_out += other.left_out


class DryRun:
    """`max_sends_per_second`: the account's, 0 for no limit. `monotonic` is in seconds."""

    def __init__(
        self,
        recipients: Recipients,
        check_fields: CheckFields,
        check_texts: CheckTexts,
        clock: Clock,
        segments: int,
        max_sends_per_second: int,
        seconds: float = SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recipients = recipients
        self._check_fields = check_fields
        self._check_texts = check_texts
        self._clock = clock
        self._segments = segments
        self._max_sends_per_second = max_sends_per_second
        self._seconds = seconds
        self._monotonic = monotonic

    def __call__(self, plan: Plan, text_check: TextCheckRequest | None = None) -> DryRunResult:
        """As it would go at the time that is planned. Raises as CreateCampaign."""
        now = self._clock()
        check_time(plan.at, now)
        self._check_fields(plan.message)
        self._check_texts(plan.message, text_check)
        times = Times(now, max(plan.at or now, now))
        is_named = plan.audience.type is AudienceType.OPENIDS
        tally, share = self._read_named(plan, times) if is_named else self._read_table(plan, times)
        if not share:
            raise StoreError("too little was read in time to tell anything")
        return self._result(plan, tally, share)

    # ---- reading

    def _read_named(self, plan: Plan, times: Times) -> tuple[Tally, float]:
        """In random order: however far it comes, it has a fair sample."""
        openids = plan.audience.openids
        shuffled = tuple(random.sample(openids, len(openids)))
        plan = replace(plan, audience=replace(plan.audience, openids=shuffled))
        tallies = self._read(plan, times, segments_of(plan, 1), self._seconds, READERS_OF_NAMES)
        tally = _sum(tallies)
        return tally, tally.users / len(openids)

    def _read_table(self, plan: Plan, times: Times) -> tuple[Tally, float]:
        parts = PARTS_OF_THE_WHOLE
        whole = self._whole_parts(plan, times, parts)
        if len(whole) < parts:
            parts = PARTS_OF_A_SAMPLE
            whole = self._whole_parts(plan, times, parts)
        return _sum(whole), len(whole) / parts

    def _whole_parts(self, plan: Plan, times: Times, parts: int) -> list[Tally]:
        """In half of the time."""
        tallies = self._read(plan, times, parts, self._seconds / 2, READERS)
        return [tally for tally in tallies if tally.is_whole]

    def _read(self, plan: Plan, times: Times, parts: int, seconds: float, readers: int) -> list[Tally]:
        # An id of its own: readers may keep what they read under it.
        campaign = Campaign(uuid.uuid4().hex, plan, parts, CampaignStatus.RUNNING, times.now, times.now)
        until = self._monotonic() + seconds
        order = random.sample(range(parts), parts)
        with ThreadPoolExecutor(readers, thread_name_prefix="rehearsal") as pool:
            return list(pool.map(lambda number: self._read_part(campaign, number, times, until), order))

    def _read_part(self, campaign: Campaign, number: int, times: Times, until: float) -> Tally:
        tally, cursor = Tally(), None
        while self._monotonic() < until:
            page = self._recipients.page(campaign, number, cursor)
            for recipient in page.recipients:
                tally.count(recipient.user, campaign.plan, times)
            cursor = page.cursor
            if cursor is None:
                tally.is_whole = True
                break
        return tally

    # ---- what it comes to

    def _result(self, plan: Plan, tally: Tally, share: float) -> DryRunResult:
        recipients, permits = round(tally.recipients / share), round(tally.permits / share)
        read = (round(tally.items / share), round(tally.users / share))
        rate = min(filter(None, (plan.max_per_second, self._max_sends_per_second)), default=None)
        is_named = plan.audience.type is AudienceType.OPENIDS
        cost = campaign_cost(recipients, *read, per_second=rate, named=is_named)
        workers = min(WORKERS, segments_of(plan, self._segments))
        at_full_pace = worker_seconds(recipients, *read, None) / workers
        return DryRunResult(
            recipients=recipients,
            permits=permits,
            left_out={reason: round(count / share) for reason, count in tally.left_out.items()},
            reachable_now=round(tally.reachable_now / share),
            permits_gone=round(tally.permits_gone / share),
            seconds=max(at_full_pace, recipients / rate if rate else 0),
            cost_usd=cost,
            per_second=rate,
            estimated=share < 1,
        )


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total
