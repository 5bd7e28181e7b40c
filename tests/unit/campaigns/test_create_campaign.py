"""Creating a campaign from a plan, also again after a failure half-way."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import pytest
from support.campaigns import MemoryCampaignEvents, MemoryCampaigns, MemoryQueue, MemorySchedules
from support.http_app import FakeTextCheck
from support.memory import MemoryStore, MemoryTemplates, MemoryTextCheckCache
from support.sending import MemorySendingSwitch

from minipush.adapters.wechat.text_check import WeChatTextCheck
from minipush.application.campaigns.assess_audience import AssessAudience
from minipush.application.campaigns.campaign_lifecycle import CampaignLifecycle
from minipush.application.campaigns.create_campaign import (
    FARTHEST_MS,
    LATE_MS,
    CreateCampaign,
)
from minipush.application.messages.check_fields import CheckFields
from minipush.application.messages.check_text import CheckTexts, TextCheckRequest
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.campaign_errors import CampaignIdTakenError, InvalidScheduleError
from minipush.domain.campaigns import Audience, AudienceType, CampaignStatus, Plan
from minipush.domain.deliveries import DeliveryId, campaign_id_of_occurrence, campaign_id_of_work
from minipush.domain.message_errors import BlockedTextError, InvalidDataError
from minipush.domain.messages import Message
from minipush.domain.templates import SyncedTemplates, Template
from minipush.errors import OperatorLimitError, StoreError
from minipush.wechat.text_check import Suggestion, TextVerdict

HOUR_MS = 60 * 60 * 1000
SEGMENTS = 4
PLAN = Plan("Evening", Message(TEMPLATE_MESSAGE, "T1"), Audience(AudienceType.ALL))


def named(count: int) -> Plan:
    return replace(PLAN, audience=Audience(AudienceType.OPENIDS, tuple(f"user-{n}" for n in range(count))))


@dataclass
class FailingQueue(MemoryQueue):
    """Queues the first segment and fails, `failures` times."""

    failures: int = 0

    def put(self, campaign_id: str, numbers: Iterable[int], delay_seconds: int = 0) -> None:
        if self.failures:
            self.failures -= 1
            super().put(campaign_id, list(numbers)[:1], delay_seconds)
            raise StoreError("out of reach")
        super().put(campaign_id, numbers, delay_seconds)


@dataclass
class FailingSchedules(MemorySchedules):
    failures: int = 0

    def set(self, campaign_id: str, at: int) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreError("out of reach")
        super().set(campaign_id, at)


@dataclass
class World:
    now: int = 1_800_000_000_000
    store: MemoryCampaigns = field(default_factory=MemoryCampaigns)
    queue: FailingQueue = field(default_factory=FailingQueue)
    schedules: FailingSchedules = field(default_factory=FailingSchedules)
    templates: MemoryTemplates = field(default_factory=MemoryTemplates)
    text_check: FakeTextCheck = field(default_factory=FakeTextCheck)
    users: int = 0
    counted: int = 0

    def __post_init__(self) -> None:
        self.switch = MemorySendingSwitch()
        self.lifecycle = CampaignLifecycle(
            self.store,
            self.queue,
            lambda: self.schedules,
            MemoryCampaignEvents(),
            lambda: self.now,
            self.switch,
        )
        self.create = CreateCampaign(
            store=self.store,
            check_fields=CheckFields(self.templates),
            check_texts=CheckTexts(
                WeChatTextCheck(self.text_check.check), MemoryTextCheckCache(), lambda: self.now
            ),
            lifecycle=self.lifecycle,
            count_audience=self.count_audience,
            assess=AssessAudience(MemoryStore(), lambda: self.now),
            clock=lambda: self.now,
            segments=SEGMENTS,
        )

    def count_audience(self, _: Plan) -> int:
        self.counted += 1
        return self.users

    @property
    def queued(self) -> list[int]:
        """Segments, by number."""
        return sorted(number for _, number, _ in self.queue.messages)


@pytest.fixture
def world() -> World:
    return World()


def test_a_campaign_for_now_runs_and_all_its_segments_are_queued(world: World) -> None:
    made = world.create(PLAN, "c-1")
    assert (made.status, made.started_at, made.created_at) == (CampaignStatus.RUNNING, world.now, world.now)
    assert world.queued == list(range(SEGMENTS))
    assert {(id_, delay) for id_, _, delay in world.queue.messages} == {("c-1", 0)}
    assert world.schedules.due == {}


@pytest.mark.parametrize(("openids", "segments"), [(1, 1), (500, 1), (501, 2), (10_000, 20)])
def test_a_named_audience_has_a_segment_for_each_500(world: World, openids: int, segments: int) -> None:
    assert world.create(named(openids), "c-1").segments == segments
    assert world.queued == list(range(segments))


def test_a_campaign_for_later_waits_for_its_time(world: World) -> None:
    made = world.create(replace(PLAN, at=world.now + HOUR_MS), "c-1")
    assert (made.status, made.started_at) == (CampaignStatus.SCHEDULED, None)
    assert world.schedules.due == {"c-1": world.now + HOUR_MS}
    assert world.queue.messages == []


@pytest.mark.parametrize("ago", [0, LATE_MS])
def test_what_was_due_within_the_last_minute_starts_at_once(world: World, ago: int) -> None:
    assert world.create(replace(PLAN, at=world.now - ago), "c-1").status is CampaignStatus.RUNNING
    assert world.queued == list(range(SEGMENTS))


@pytest.mark.parametrize("off", [-LATE_MS - 1, FARTHEST_MS + 1])
def test_nothing_is_planned_for_the_past_or_for_years_ahead(world: World, off: int) -> None:
    with pytest.raises(InvalidScheduleError):
        world.create(replace(PLAN, at=world.now + off), "c-1")
    assert world.store.campaigns == {}


@pytest.mark.parametrize("plan", [PLAN, named(3), named(600)])
def test_the_same_id_makes_one_campaign(world: World, plan: Plan) -> None:
    first = world.create(plan, "c-1")
    assert world.create(plan, "c-1") == first
    assert len(world.store.campaigns) == 1


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, name="Another"),
        replace(PLAN, message=replace(PLAN.message, page="pages/other")),
        replace(PLAN, max_per_second=1),
        named(3),
        named(600),
    ],
)
def test_another_campaign_under_the_same_id_is_refused_not_dropped(world: World, other: Plan) -> None:
    first = world.create(PLAN, "c-1")
    with pytest.raises(CampaignIdTakenError):
        world.create(other, "c-1")
    assert list(world.store.campaigns.values()) == [first]


def test_another_long_audience_under_the_same_id_is_refused_by_its_number(world: World) -> None:
    world.create(named(600), "c-1")
    with pytest.raises(CampaignIdTakenError):
        world.create(named(601), "c-1")


def test_a_repeat_queues_what_a_failing_queue_left_out(world: World) -> None:
    world.queue.failures = 1
    with pytest.raises(StoreError):
        world.create(PLAN, "c-1")
    world.create(PLAN, "c-1")
    assert set(world.queued) == set(range(SEGMENTS))


def test_a_repeat_sets_the_schedule_that_could_not_be_set(world: World) -> None:
    plan = replace(PLAN, at=world.now + HOUR_MS)
    world.schedules.failures = 1
    with pytest.raises(StoreError):
        world.create(plan, "c-1")
    world.create(plan, "c-1")
    assert world.schedules.due == {"c-1": world.now + HOUR_MS}


@pytest.mark.parametrize(
    ("late", "status", "queued"),
    [
        (HOUR_MS, CampaignStatus.RUNNING, list(range(SEGMENTS))),
        (2 * HOUR_MS, CampaignStatus.PAUSED, []),
    ],
)
def test_a_repeat_after_the_planned_time_starts_what_was_never_scheduled_unless_it_is_overdue(
    world: World, late: int, status: CampaignStatus, queued: list[int]
) -> None:
    plan = replace(PLAN, at=world.now + HOUR_MS)
    world.schedules.failures = 1
    with pytest.raises(StoreError):
        world.create(plan, "c-1")
    world.now += HOUR_MS + late
    assert world.create(plan, "c-1").status is status
    assert world.queued == queued


@pytest.mark.parametrize("step", ["pause", "cancel"])
def test_a_repeat_does_not_restart_what_was_stopped_meanwhile(world: World, step: str) -> None:
    world.create(PLAN, "c-1")
    stopped = getattr(world.lifecycle, step)("c-1")
    world.queue.messages.clear()
    assert world.create(PLAN, "c-1") == stopped
    assert world.queue.messages == []


def test_a_repeat_does_not_schedule_what_was_cancelled_meanwhile(world: World) -> None:
    plan = replace(PLAN, at=world.now + HOUR_MS)
    world.create(plan, "c-1")
    world.lifecycle.cancel("c-1")
    assert world.create(plan, "c-1").status is CampaignStatus.CANCELLED
    assert world.schedules.due == {}


def test_a_repeat_queues_only_segments_that_are_not_done(world: World) -> None:
    world.create(PLAN, "c-1")
    segment = world.store.take("c-1", 2, "owner", world.now, world.now + 1)
    world.store.save(replace(segment, done=True))
    world.queue.messages.clear()
    world.create(PLAN, "c-1")
    assert world.queued == [0, 1, 3]


def test_an_occurrence_has_one_campaign() -> None:
    assert campaign_id_of_occurrence("rule/2026-11-21T08:00:00Z") == campaign_id_of_occurrence(
        "rule/2026-11-21T08:00:00Z"
    )
    assert campaign_id_of_occurrence("rule/2026-11-21T08:00:00Z") != campaign_id_of_occurrence(
        "rule/2026-11-22T08:00:00Z"
    )


def test_a_campaigns_deliveries_are_told_from_direct_ones() -> None:
    for id_ in (campaign_id_of_work("0f3b"), campaign_id_of_occurrence("x")):
        assert DeliveryId(id_).campaign_id == id_
    assert DeliveryId("0f3bd2a0c6e74cb1a3e9a5d7c8e21b64").campaign_id is None


UNFIT = replace(PLAN, message=Message(SUBSCRIBE_MESSAGE, "T1", data={"thing1": {"value": "字" * 21}}))


@pytest.mark.parametrize("at", [None, HOUR_MS])
def test_no_campaign_comes_of_a_message_that_wechat_would_refuse(world: World, at: int | None) -> None:
    with pytest.raises(InvalidDataError, match="data/thing1/value"):
        world.create(replace(UNFIT, at=at and world.now + at), "c-1")
    assert (world.store.campaigns, world.queued, world.schedules.due) == ({}, [], {})


def test_a_campaign_that_was_made_is_completed_whatever_a_later_sync_says(world: World) -> None:
    fit = replace(UNFIT, message=replace(UNFIT.message, data={"thing1": {"value": "字"}}))
    world.queue.failures = 1
    with pytest.raises(StoreError):
        world.create(fit, "c-1")
    changed = Template("T1", "", "", "", is_long_term=False, keys=("thing1", "time2"), enums={})
    world.templates.known = SyncedTemplates(world.now, (changed,))
    assert world.create(fit, "c-1").status is CampaignStatus.RUNNING
    assert set(world.queued) == set(range(SEGMENTS))


ASKED = TextCheckRequest("anna")
SAYING = replace(PLAN, message=replace(PLAN.message, data={"keyword1": {"value": "茶"}}))


@pytest.mark.parametrize("at", [None, HOUR_MS])
def test_no_campaign_comes_of_a_text_that_wechat_objects_to(world: World, at: int | None) -> None:
    world.text_check.verdict = TextVerdict(Suggestion.RISKY, 10001)
    with pytest.raises(BlockedTextError, match="advertising"):
        world.create(replace(SAYING, at=at and world.now + at), "c-1", ASKED)
    assert (world.store.campaigns, world.queued, world.schedules.due) == ({}, [], {})


def test_what_wechat_would_refuse_anyway_is_not_asked_about(world: World) -> None:
    for plan in (UNFIT, replace(SAYING, at=world.now - LATE_MS - 1)):
        with pytest.raises((InvalidDataError, InvalidScheduleError)):
            world.create(plan, "c-1", ASKED)
    assert world.text_check.asked == []


def test_a_campaign_that_was_made_is_completed_whatever_wechat_says_of_it_later(world: World) -> None:
    world.queue.failures = 1
    with pytest.raises(StoreError):
        world.create(SAYING, "c-1", ASKED)
    world.now += 8 * 24 * HOUR_MS
    world.text_check.verdict = TextVerdict(Suggestion.RISKY)
    assert world.create(SAYING, "c-1", ASKED).status is CampaignStatus.RUNNING
    assert set(world.queued) == set(range(SEGMENTS))


def test_without_a_check_nothing_is_asked(world: World) -> None:
    world.create(SAYING, "c-1")
    assert world.text_check.asked == []


# ---- the limit of an operator key

LIMITED = replace(PLAN, max_audience=3)


def test_a_campaign_to_more_users_than_its_key_allows_is_refused_and_leaves_nothing(world: World) -> None:
    world.users = 4
    with pytest.raises(OperatorLimitError) as refused:
        world.create(LIMITED, "c-1")
    assert refused.value.field == "audience"
    assert (world.store.campaigns, world.queued) == ({}, [])


def test_a_campaign_to_as_many_users_as_its_key_allows_runs(world: World) -> None:
    world.users = 3
    assert world.create(LIMITED, "c-1").plan.max_audience == 3


def test_named_users_are_counted_without_a_read(world: World) -> None:
    with pytest.raises(OperatorLimitError):
        world.create(replace(named(4), max_audience=3), "c-1")
    assert world.counted == 0


def test_without_a_limit_nobody_is_counted(world: World) -> None:
    world.create(PLAN, "c-1")
    assert world.counted == 0


def test_a_repeat_counts_nobody_again(world: World) -> None:
    world.create(LIMITED, "c-1")
    world.users = 1_000_000
    assert world.create(LIMITED, "c-1").id == "c-1"
