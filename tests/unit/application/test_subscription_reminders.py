"""WeChat's late reports about reminders by subscription message, whose claims have the reminder's id as the delivery."""

from dataclasses import replace

import pytest
from support.centre_inbox import inbox_message
from support.sent_campaigns import NOW, World

from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.message_ids import id_at
from minipush.domain.centre.reminders import ChannelKind, ReminderState, ReminderStatus
from minipush.errors import StoreError

SUBSCRIBE = ChannelKind.SUBSCRIBE
SENT = ReminderState(
    status=ReminderStatus.SENT,
    until=NOW + 1,
    channel=SUBSCRIBE,
    owner="a-worker",
    lease_until=NOW + 30_000,
    first_try=NOW,
    tries=1,
    provider_id="7",
)
UNKNOWN = replace(
    SENT, status=ReminderStatus.UNKNOWN, tried=(SUBSCRIBE,), in_doubt=(SUBSCRIBE,), lease_until=0, provider_id=None
)  # fmt: skip


def remind(world: World, state: ReminderState, at: int = NOW) -> InboxMessage:
    """Ada is reminded of a message that was stored at `at`, or updated then."""
    message = replace(inbox_message(reminder=state), at=at)
    world.inbox.put(message)
    delivery = id_at(message.id, at)
    world.claim(delivery, at=at)
    if state.status is ReminderStatus.UNKNOWN:
        world.reports_unknown(delivery)
    return message


def state_of(world: World, message: InboxMessage) -> ReminderState:
    found = world.inbox.read("ada", message.place)
    assert found
    assert found.reminder
    return found.reminder


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("at", [NOW, NOW + 5], ids=["new", "updated"])
def test_a_reminder_that_did_not_arrive_is_failed(world: World, at: int) -> None:
    message = remind(world, SENT, at)
    for _ in range(2):
        assert world.fails()
    assert state_of(world, message).status is ReminderStatus.FAILED


def test_a_doubt_ends_when_wechat_says_that_the_message_failed(world: World) -> None:
    message = remind(world, UNKNOWN)
    assert world.fails()
    assert state_of(world, message).status is ReminderStatus.FAILED


def test_a_doubt_ends_when_wechat_says_that_the_message_arrived(world: World) -> None:
    message = remind(world, UNKNOWN)
    assert world.arrives()
    after = state_of(world, message)
    assert (after.status, after.provider_id) == (ReminderStatus.SENT, "7")


def test_an_earlier_direct_message_is_meant_where_the_reminder_has_another_msgid(world: World) -> None:
    world.claim("work-1", at=NOW - 1000)
    message = remind(world, SENT)
    assert world.fails("6")
    assert state_of(world, message) == SENT
    assert world.marks["work-1"] == "6"


def test_a_reminder_is_meant_by_its_msgid_though_a_direct_message_came_later(world: World) -> None:
    message = remind(world, SENT)
    world.claim("work-1", at=NOW + 1000)
    assert world.fails("7", at=NOW + 2000)
    assert state_of(world, message).status is ReminderStatus.FAILED
    assert world.marks["work-1"] is None


def test_a_report_waits_for_the_worker_that_is_still_to_write_the_outcome(world: World) -> None:
    remind(world, replace(SENT, status=ReminderStatus.CLAIMED, provider_id=None))
    with pytest.raises(StoreError):
        world.fails()
    assert set(world.marks.values()) == {None}
