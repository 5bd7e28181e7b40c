"""What WeChat says late of reminders by the official account: which message is meant, and what becomes of it."""

from dataclasses import replace

import pytest
from support.centre_inbox import NOW, inbox_message
from support.reminders import InboxReminders
from support.sent_campaigns import World

from minipush.application.centre.late_outcomes import FailOfficialReminder
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.late_outcomes import arrived_late, failed_late
from minipush.domain.centre.reminders import ChannelKind, ReminderReason, ReminderState, ReminderStatus
from minipush.domain.deliveries import ReportedFailure
from minipush.domain.messages import Reason
from minipush.domain.permit_kinds import FOLLOW
from minipush.errors import StoreError

MINUTE = 60_000
BARK, EMAIL, OFFICIAL = ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.OFFICIAL
SENT = ReminderState(
    status=ReminderStatus.SENT,
    until=NOW + 60 * MINUTE,
    channel=OFFICIAL,
    owner="a-worker",
    lease_until=NOW + MINUTE,
    first_try=NOW,
    tries=1,
    provider_id="2",
)
UNKNOWN = replace(
    SENT, status=ReminderStatus.UNKNOWN, tried=(OFFICIAL,), in_doubt=(OFFICIAL,), lease_until=0, provider_id=None
)  # fmt: skip
# The official account is in doubt, and the next channel has its turn.
MOVED_ON = replace(
    UNKNOWN, status=ReminderStatus.CLAIMED, channel=EMAIL, first_try=NOW + 2 * MINUTE, official_try=NOW
)  # fmt: skip


class Case:
    """Ada follows the official account, and was reminded by it. Operators send her messages there, too."""

    def __init__(self, state: ReminderState = SENT) -> None:
        self.world = World(kind=FOLLOW)
        self.reminders = InboxReminders(self.world.inbox)
        self.message = self.remind(state)
        self.fail = FailOfficialReminder(
            inbox=self.world.inbox,
            reminders=self.reminders,
            users=self.world.users,
            clock=lambda: self.world.now,
        )

    def remind(self, state: ReminderState, request: str = "one", at: int = NOW) -> InboxMessage:
        message = inbox_message(request, at, reminder=state)
        self.world.inbox.put(message)
        return message

    def fails(self, msgid: str = "2", reason: Reason = Reason.REFUSED, at: int = NOW + 5000) -> bool:
        """Whether the message that failed was a reminder."""
        return self.fail(
            ReportedFailure(
                openid="ada",
                template_id="",
                msgid=msgid,
                errcode=None,
                reason=reason,
                at=at,
                permit_kind=FOLLOW,
            )
        )

    @property
    def state(self) -> ReminderState | None:
        found = self.world.inbox.read("ada", self.message.place)
        return found.reminder if found else None

    @property
    def outcome(self) -> tuple[ReminderStatus, ReminderReason | None]:
        state = self.state
        assert state
        return state.status, state.reason


@pytest.fixture
def case() -> Case:
    return Case()


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (Reason.REFUSED, ReminderReason.PROVIDER_REFUSED),
        (Reason.WECHAT_UNAVAILABLE, ReminderReason.PROVIDER_UNAVAILABLE),
    ],
)
def test_a_reminder_that_did_not_arrive_is_failed(case: Case, reason: Reason, told: ReminderReason) -> None:
    assert case.fails(reason=reason)
    assert case.outcome == (ReminderStatus.FAILED, told)


def test_a_repeat_of_the_report_writes_nothing(case: Case) -> None:
    assert case.fails()
    assert case.fails()
    assert case.reminders.writes == 1


@pytest.mark.parametrize("msgid", ["", "9"])
@pytest.mark.parametrize("state", [UNKNOWN, replace(UNKNOWN, in_doubt=(OFFICIAL, BARK))])
def test_a_repeat_of_the_report_is_not_about_the_message_before(msgid: str, state: ReminderState) -> None:
    case = Case(UNKNOWN)
    last = case.remind(replace(state, first_try=NOW + 9), "two", NOW + 9)
    case.world.claim("work-1", at=NOW - MINUTE)
    assert case.fails(msgid)
    assert case.fails(msgid)
    assert (case.state, case.reminders.writes) == (UNKNOWN, 1)
    after = case.world.inbox.read("ada", last.place)
    assert after
    assert after.reminder != state


def test_another_report_is_about_the_message_before() -> None:
    case = Case(UNKNOWN)
    case.remind(replace(UNKNOWN, first_try=NOW + 9), "two", NOW + 9)
    assert case.fails("")
    assert case.fails("", at=NOW + 6000)
    assert case.outcome[0] is ReminderStatus.FAILED


def test_an_earlier_message_to_the_user_is_not_meant(case: Case) -> None:
    case.world.claim("work-1", at=NOW - 5 * MINUTE)
    assert case.fails()
    assert case.world.marks == {"work-1": None}


@pytest.mark.parametrize("at", [NOW - MINUTE, NOW + 1000])
def test_a_message_with_another_msgid_is_no_reminder(case: Case, at: int) -> None:
    case.world.claim("work-1", at=at)
    assert not case.fails("1")
    assert case.state == SENT


def test_a_reminder_is_found_by_its_msgid_among_many_messages() -> None:
    case = Case()
    for number in range(150):
        case.remind(replace(SENT, provider_id=f"x{number}"), f"n{number}", NOW + number + 1)
    assert case.fails()
    assert case.outcome == (ReminderStatus.FAILED, ReminderReason.PROVIDER_REFUSED)


@pytest.mark.parametrize(("claimed_at", "is_reminder"), [(NOW - 1, True), (NOW + 1, False)])
def test_without_a_msgid_the_last_message_is_meant(claimed_at: int, *, is_reminder: bool) -> None:
    case = Case(replace(SENT, provider_id=None))
    case.world.claim("work-1", at=claimed_at)
    assert case.fails("") is is_reminder


def test_without_a_msgid_of_two_reminders_the_last_is_meant(case: Case) -> None:
    last = case.remind(replace(SENT, first_try=NOW + 9, provider_id="3"), "two", NOW + 1)
    assert case.fails("")
    assert case.state == SENT
    found = case.world.inbox.read("ada", last.place)
    assert found
    assert found.reminder
    assert found.reminder.status is ReminderStatus.FAILED


@pytest.mark.parametrize("msgid", ["", "9"])
def test_a_reminder_of_more_than_ten_minutes_ago_is_not_meant_by_another_msgid(msgid: str) -> None:
    case = Case(UNKNOWN)
    assert not case.fails(msgid, at=NOW + 10 * MINUTE)
    assert case.state == UNKNOWN


def test_a_doubt_ends_when_wechat_says_that_the_message_failed() -> None:
    case = Case(UNKNOWN)
    assert case.fails("9")
    state = case.state
    assert state
    assert (state.status, state.in_doubt) == (ReminderStatus.FAILED, ())


def test_a_reminder_that_went_out_by_another_channel_is_not_meant() -> None:
    case = Case(replace(SENT, channel=EMAIL))
    assert not case.fails()
    assert case.state is not None
    assert case.state.status is ReminderStatus.SENT


def test_a_report_waits_for_the_worker_that_is_still_to_write_the_outcome() -> None:
    case = Case(replace(SENT, status=ReminderStatus.CLAIMED, provider_id=None))
    with pytest.raises(StoreError):
        case.fails()
    case.world.claim("work-1", at=NOW + 1)
    assert not case.fails("1")


@pytest.mark.parametrize("msgid", ["", "9"])
@pytest.mark.parametrize(
    ("state", "status"),
    [
        (replace(MOVED_ON, lease_until=0), ReminderStatus.CLAIMED),
        (replace(MOVED_ON, status=ReminderStatus.WAITING), ReminderStatus.WAITING),
        (replace(MOVED_ON, status=ReminderStatus.SENT, provider_id="9"), ReminderStatus.SENT),
        (replace(MOVED_ON, status=ReminderStatus.UNKNOWN), ReminderStatus.FAILED),
    ],
)
def test_a_reminder_whose_next_channel_had_its_turn_is_meant_and_not_the_message_before(
    state: ReminderState, status: ReminderStatus, msgid: str
) -> None:
    case = Case(state)
    case.world.claim("work-1", at=NOW - MINUTE)
    assert case.fails(msgid)
    assert case.state
    assert (case.state.status, case.state.in_doubt, case.state.channel) == (status, (), EMAIL)
    assert case.fails(msgid)
    assert case.reminders.writes == 1


def test_a_report_waits_for_the_worker_that_sends_by_the_next_channel() -> None:
    """What the worker writes would put the doubt back."""
    case = Case(replace(MOVED_ON, lease_until=NOW + MINUTE))
    with pytest.raises(StoreError):
        case.fails("")


def test_a_reminder_that_the_account_refused_at_once_is_not_meant() -> None:
    case = Case(replace(UNKNOWN, tried=(BARK, OFFICIAL), in_doubt=(BARK,)))
    assert not case.fails("")


def test_another_channel_in_doubt_may_have_reached_the_user() -> None:
    after = failed_late(replace(SENT, in_doubt=(BARK,)), OFFICIAL, ReminderReason.PROVIDER_REFUSED)
    assert (after.status, after.in_doubt, after.reason) == (ReminderStatus.UNKNOWN, (BARK,), None)


@pytest.mark.parametrize("state", [SENT, replace(UNKNOWN, in_doubt=(BARK,))])
def test_an_arrival_settles_only_a_doubt_about_its_channel(state: ReminderState) -> None:
    assert arrived_late(state, OFFICIAL, "9") == state


def test_an_arrival_settles_the_doubt() -> None:
    after = arrived_late(replace(UNKNOWN, in_doubt=(OFFICIAL, BARK)), OFFICIAL, "9")
    assert (after.status, after.channel, after.provider_id) == (ReminderStatus.SENT, OFFICIAL, "9")
    assert after.in_doubt == (BARK,)
