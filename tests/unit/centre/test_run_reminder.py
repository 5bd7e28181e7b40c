"""A reminder goes out by the user's channels in their order, and ends in one outcome."""

from dataclasses import dataclass, field, replace
from unittest.mock import Mock

import pytest
from support.recorded import until
from support.reminder_case import START, ReminderCase
from support.reminders import (
    LOST,
    OPENID,
    MemoryReminderStore,
    ScriptedChannel,
    rejected,
    verified_channel,
)

from minipush.application.centre.circuit_breakers import REPORT_MS, pause_channel
from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.breakers import FIRST_PAUSE_MS
from minipush.domain.centre.channels import ChannelStatus
from minipush.domain.centre.inbox import Level, TextCheck
from minipush.domain.centre.reminder_rules import ReminderRules
from minipush.domain.centre.reminders import (
    ChannelKind,
    ReminderQueueName,
    ReminderReason,
    ReminderState,
    ReminderStatus,
)
from minipush.domain.sending import Sending
from minipush.errors import StoreError

BARK, EMAIL, SMS = ChannelKind.BARK, ChannelKind.EMAIL, ChannelKind.SMS
OFFICIAL, SUBSCRIBE = ChannelKind.OFFICIAL, ChannelKind.SUBSCRIBE
MINUTE = 60_000


@dataclass
class SwitchPulledAtClaim(MemoryReminderStore):
    """An operator switches sending off while a claim is written."""

    case: ReminderCase = field(kw_only=True)

    def change(self, openid: str, sk: str, before: ReminderState, after: ReminderState) -> bool:
        if after.status is ReminderStatus.CLAIMED:
            self.case.switch.turn(Sending(enabled=False))
            until(lambda: self.case.sending.is_off, bool)
        return super().change(openid, sk, before, after)


def case_of(*kinds: ChannelKind, stops_in_doubt: bool = False) -> ReminderCase:
    return ReminderCase({kind: ScriptedChannel(kind) for kind in kinds}, stops_in_doubt=stops_in_doubt)


def script(case: ReminderCase, kind: ChannelKind, *results: ReminderResult) -> ScriptedChannel:
    channel = case.channels[kind]
    channel.script = iter(results)
    return channel


def test_a_reminder_arrives_at_the_first_channel() -> None:
    case = case_of(BARK, EMAIL)
    sk = case.push("m" * 32)
    case.run_all()
    state = case.state(sk)
    assert (state.status, state.channel, state.provider_id) == (ReminderStatus.SENT, BARK, "p-1")
    [reminder] = case.channels[BARK].taken
    assert (reminder.message_id, reminder.sender, reminder.title) == ("m" * 32, "Garden", "Water")
    assert reminder.unsubscribe_url == f"https://api.example/centre/unsubscribe?token={'m' * 32}"
    assert case.channels[EMAIL].calls == []


@pytest.mark.parametrize("kinds", [(BARK,), (OFFICIAL, SUBSCRIBE)])
def test_a_reminder_that_arrives_at_its_first_channel_costs_two_writes_after_the_put(
    kinds: tuple[ChannelKind, ...],
) -> None:
    case = case_of(*kinds)
    case.push()
    case.run_all()
    assert case.store.writes.total() == 2
    assert case.health.writes == 0


@pytest.mark.parametrize("kinds", [(BARK, EMAIL, SMS), (OFFICIAL, SUBSCRIBE, SMS)])
def test_a_further_channel_costs_one_write(kinds: tuple[ChannelKind, ...]) -> None:
    case = case_of(*kinds)
    for kind in kinds[:2]:
        script(case, kind, rejected(Concerns.MESSAGE))
    sk = case.push()
    case.run_all()
    assert case.state(sk).channel is kinds[2]
    assert case.store.writes.total() == 2 + 2


def test_a_chain_has_one_message_id_and_ends_with_one_outcome() -> None:
    case = case_of(BARK, EMAIL, SMS)
    script(case, BARK, rejected(Concerns.ADDRESS))
    script(case, EMAIL, rejected(Concerns.ADDRESS))
    sk = case.push("m" * 32)
    case.run_all()
    state = case.state(sk)
    assert (state.status, state.channel, state.tried) == (ReminderStatus.SENT, SMS, (BARK, EMAIL))
    assert {call.message_id for channel in case.channels.values() for call in channel.calls} == {"m" * 32}


def test_a_dead_address_is_told_once_and_never_used_again() -> None:
    case = case_of(BARK, EMAIL)
    bark = script(case, BARK, rejected(Concerns.ADDRESS))
    for n in range(3):
        case.push(f"{n:032}")
    case.run_all()
    assert len(bark.calls) == 1
    [notice] = case.users.inbox.page(OPENID, 0, None, 10).entries
    assert notice.content.body.startswith("Bark")
    assert {channel.kind: channel.status for channel in case.users.read_all(OPENID)} == {
        BARK: ChannelStatus.DEAD,
        EMAIL: ChannelStatus.VERIFIED,
    }


def test_a_refused_reminder_goes_on_though_its_dead_channel_cannot_be_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = case_of(BARK, EMAIL)
    script(case, BARK, *[rejected(Concerns.ADDRESS)] * 2)
    with monkeypatch.context() as broken:
        broken.setattr(type(case.users), "kill", Mock(side_effect=StoreError("gone")))
        sk = case.push()
        case.run_all()
    assert (case.state(sk).status, case.state(sk).channel, case.state(sk).in_doubt) == (
        ReminderStatus.SENT,
        EMAIL,
        (),
    )
    assert case.users.read_all(OPENID)[0].status is ChannelStatus.VERIFIED
    case.push("n" * 32)
    case.run_all()
    assert case.users.read_all(OPENID)[0].status is ChannelStatus.DEAD


@pytest.mark.parametrize("concerns", [Concerns.ADDRESS, Concerns.MESSAGE, Concerns.ACCOUNT])
def test_what_fails_at_every_channel_has_failed(concerns: Concerns) -> None:
    case = case_of(BARK, EMAIL)
    for kind in (BARK, EMAIL):
        script(case, kind, rejected(concerns))
    sk = case.push()
    case.run_all()
    is_dead = concerns is Concerns.ADDRESS
    reason = ReminderReason.CHANNEL_DEAD if is_dead else ReminderReason.PROVIDER_REFUSED
    assert (case.state(sk).status, case.state(sk).reason) == (ReminderStatus.FAILED, reason)


def test_without_a_channel_a_reminder_is_skipped() -> None:
    case = case_of(BARK)
    sk = case.push()
    case.users.remove(OPENID, BARK)
    case.run_all()
    state = case.state(sk)
    assert (state.status, state.reason) == (ReminderStatus.SKIPPED, ReminderReason.NO_CHANNEL)


# ---- a provider that is busy


def test_a_busy_provider_gets_the_same_reminder_again_after_growing_pauses() -> None:
    case = case_of(EMAIL, SMS)
    email = script(case, EMAIL, *[rejected(Concerns.PROVIDER)] * 4)
    sk = case.push()
    seen = []
    while case.queue.messages:
        before = len(email.calls)
        case.run_due()
        if len(email.calls) > before:
            seen.append((case.now - START) // 1000)
        if case.queue.messages:
            case.now = min(message.visible_at for message in case.queue.messages)
    assert seen == [0, 2, 10, 40, 160]
    assert not any(call.is_repeat for call in email.calls)
    assert (case.state(sk).status, case.state(sk).channel) == (ReminderStatus.SENT, EMAIL)


def test_after_the_last_pause_the_next_channel_has_its_turn() -> None:
    case = case_of(EMAIL, SMS)
    email = script(case, EMAIL, *[rejected(Concerns.PROVIDER)] * 9)
    sk = case.push()
    case.run_all()
    assert len(email.calls) == 5
    assert (case.state(sk).status, case.state(sk).channel) == (ReminderStatus.SENT, SMS)


def test_the_only_channel_is_tried_until_the_reminder_is_out_of_date() -> None:
    case = case_of(EMAIL)
    script(case, EMAIL, *[rejected(Concerns.PROVIDER)] * 99)
    sk = case.push(minutes=10)
    case.run_all()
    state = case.state(sk)
    assert (state.status, state.reason) == (ReminderStatus.FAILED, ReminderReason.PROVIDER_UNAVAILABLE)
    assert case.now == START + 10 * MINUTE


def test_a_provider_that_says_when_is_not_asked_before() -> None:
    case = case_of(EMAIL)
    email = script(case, EMAIL, rejected(Concerns.PROVIDER, retry_after=45))
    case.push()
    case.run_all(until=START + 44_000)
    assert len(email.calls) == 1
    case.run_all()
    assert (len(email.calls), case.now) == (2, START + 45_000)


def test_a_reminder_that_is_out_of_date_is_not_sent() -> None:
    case = case_of(BARK)
    sk = case.push(minutes=1)
    case.now += MINUTE
    case.run_all()
    assert case.channels[BARK].calls == []
    state = case.state(sk)
    assert (state.status, state.reason) == (ReminderStatus.SKIPPED, ReminderReason.EXPIRED)


# ---- answers that are lost


def test_a_lost_answer_is_repeated_with_the_same_id_while_the_channel_drops_repeats() -> None:
    case = case_of(OFFICIAL, EMAIL)
    official = script(case, OFFICIAL, LOST, LOST)
    official.repeat_ms = 9 * MINUTE
    sk = case.push("m" * 32)
    case.run_all()
    assert [call.is_repeat for call in official.calls] == [False, True, True]
    assert {(call.message_id, call.first_try) for call in official.calls} == {("m" * 32, START)}
    assert (case.state(sk).status, case.state(sk).channel) == (ReminderStatus.SENT, OFFICIAL)


def test_nothing_is_repeated_after_the_channel_s_time_for_repeats() -> None:
    case = case_of(OFFICIAL)
    official = script(case, OFFICIAL, *[LOST] * 99)
    official.repeat_ms = 9 * MINUTE
    sk = case.push()
    case.run_all()
    assert 1 < len(official.calls) <= 5
    assert case.now < START + 9 * MINUTE
    assert (case.state(sk).status, case.state(sk).in_doubt) == (ReminderStatus.UNKNOWN, (OFFICIAL,))


def test_a_busy_answer_does_not_start_the_time_for_repeats() -> None:
    case = case_of(OFFICIAL)
    official = script(case, OFFICIAL, rejected(Concerns.PROVIDER), LOST)
    official.repeat_ms = 9 * MINUTE
    case.push()
    case.run_all()
    assert [call.first_try for call in official.calls] == [START, START + 2_000, START + 2_000]


@pytest.mark.parametrize("concerns", [Concerns.PROVIDER, Concerns.MESSAGE, Concerns.ADDRESS])
def test_a_repeat_that_is_refused_leaves_the_first_try_in_doubt(concerns: Concerns) -> None:
    case = case_of(OFFICIAL)
    official = script(case, OFFICIAL, LOST, *[rejected(concerns)] * 9)
    official.repeat_ms = 9 * MINUTE
    sk = case.push()
    case.run_all()
    assert (case.state(sk).status, case.state(sk).in_doubt) == (ReminderStatus.UNKNOWN, (OFFICIAL,))


def test_a_channel_that_cannot_repeat_is_followed_by_the_next_one_at_once() -> None:
    case = case_of(EMAIL, SMS)
    email = script(case, EMAIL, LOST)
    sk = case.push()
    case.run_due()
    state = case.state(sk)
    assert len(email.calls) == 1
    assert (state.status, state.channel, state.in_doubt) == (ReminderStatus.SENT, SMS, (EMAIL,))


def test_who_wants_bark_once_hears_no_second_push_in_doubt() -> None:
    case = case_of(BARK, EMAIL)
    bark = script(case, BARK, LOST, LOST)
    bark.repeat_ms = 60 * MINUTE
    there = verified_channel(BARK)
    case.users.put(OPENID, replace(there, address=replace(there.address, once=True)))
    sk = case.push()
    case.run_all()
    state = case.state(sk)
    assert len(bark.calls) == 1
    assert (state.status, state.channel, state.in_doubt) == (ReminderStatus.SENT, EMAIL, (BARK,))


def test_a_user_can_have_no_second_channel_where_the_first_is_in_doubt() -> None:
    case = case_of(EMAIL, SMS, stops_in_doubt=True)
    script(case, EMAIL, LOST)
    sk = case.push()
    case.run_all()
    assert case.channels[SMS].calls == []
    assert case.state(sk).status is ReminderStatus.UNKNOWN


def test_a_reminder_that_may_have_arrived_never_counts_as_failed() -> None:
    case = case_of(EMAIL, SMS)
    script(case, EMAIL, LOST)
    script(case, SMS, rejected(Concerns.MESSAGE))
    sk = case.push()
    case.run_all()
    assert (case.state(sk).status, case.state(sk).reason) == (ReminderStatus.UNKNOWN, None)


@pytest.mark.parametrize(
    ("found", "status", "channel"),
    [
        (ReminderResult(verdict=ReminderVerdict.ACCEPTED, provider_id="biz-9"), ReminderStatus.SENT, SMS),
        (rejected(Concerns.MESSAGE), ReminderStatus.SENT, BARK),
    ],
)
def test_a_provider_that_can_be_asked_settles_the_doubt(
    found: ReminderResult, status: ReminderStatus, channel: ChannelKind
) -> None:
    case = case_of(SMS, BARK)
    sms = script(case, SMS, LOST)
    sms.find_after_ms, sms.finds = MINUTE, iter([None, found])
    sk = case.push()
    case.run_all()
    assert (len(sms.calls), len(sms.asked), case.now) == (1, 2, START + 2 * MINUTE)
    state = case.state(sk)
    assert (state.status, state.channel, state.in_doubt) == (status, channel, ())


def test_a_provider_that_never_knows_leaves_the_outcome_unknown() -> None:
    case = case_of(SMS)
    sms = script(case, SMS, LOST)
    sms.find_after_ms = MINUTE
    sk = case.push()
    case.run_all()
    assert (len(sms.calls), len(sms.asked)) == (1, 3)
    assert case.state(sk).status is ReminderStatus.UNKNOWN


def test_a_channel_that_breaks_in_an_unforeseen_way_may_have_sent() -> None:
    class Broken(ScriptedChannel):
        async def send(self, *_: object) -> ReminderResult:
            raise RuntimeError

    case = ReminderCase({EMAIL: Broken(EMAIL)})
    sk = case.push()
    case.run_all()
    assert case.state(sk).status is ReminderStatus.UNKNOWN


# ---- rules are judged when the job runs


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (ReminderRules(level=Level.NONE), ReminderReason.UNBOUND),
        (ReminderRules(level=Level.WEAK), ReminderReason.WEAK),
        (ReminderRules(is_app_banned=True), ReminderReason.APP_BANNED),
        (ReminderRules(is_app_held=True), ReminderReason.APP_HELD),
        (ReminderRules(muted_until=START + 1), ReminderReason.DO_NOT_DISTURB),
        (ReminderRules(is_quiet=True), ReminderReason.QUIET_HOURS),
        (ReminderRules(text_check=TextCheck.BLOCKED), ReminderReason.CONTENT_BLOCKED),
    ],
)
def test_what_changes_while_the_job_is_queued_counts(rules: ReminderRules, reason: ReminderReason) -> None:
    case = case_of(BARK)
    sk = case.push()
    case.rules = rules
    case.run_all()
    assert case.channels[BARK].calls == []
    assert (case.state(sk).status, case.state(sk).reason) == (ReminderStatus.SKIPPED, reason)


def test_a_mute_that_is_over_stops_nothing() -> None:
    case = case_of(BARK)
    sk = case.push()
    case.rules = ReminderRules(muted_until=START)
    case.run_all()
    assert case.state(sk).status is ReminderStatus.SENT


def test_a_mute_between_two_channels_stops_the_second() -> None:
    case = case_of(EMAIL, SMS)
    script(case, EMAIL, rejected(Concerns.MESSAGE))
    sk = case.push()
    case.run(case.queue.visible()[0])
    case.rules = ReminderRules(muted_until=START + 1)
    case.run_all()
    assert case.channels[SMS].calls == []
    assert case.state(sk).reason is ReminderReason.DO_NOT_DISTURB


def test_a_deleted_message_reminds_nobody() -> None:
    case = case_of(BARK)
    sk = case.push()
    case.store.messages[OPENID, sk] = replace(case.store.messages[OPENID, sk], is_deleted=True)
    case.run_all()
    assert case.channels[BARK].calls == []
    assert case.state(sk).reason is ReminderReason.DELETED


def test_a_message_that_is_deleted_later_is_taken_off_the_phone() -> None:
    case = case_of(BARK)
    sk = case.push("m" * 32)
    case.run_all()
    case.store.messages[OPENID, sk] = replace(case.store.messages[OPENID, sk], is_deleted=True)
    case.queue.add(BARK, case.store.messages[OPENID, sk])
    case.run_all()
    assert [(call.message_id, call.is_recall) for call in case.channels[BARK].calls] == [
        ("m" * 32, False),
        ("m" * 32, True),
    ]
    assert case.state(sk).status is ReminderStatus.SENT


@pytest.mark.parametrize("text_check", [TextCheck.PENDING])
def test_a_text_that_is_not_checked_does_not_leave(text_check: TextCheck) -> None:
    case = case_of(BARK)
    sk = case.push()
    case.store.messages[OPENID, sk] = replace(case.store.messages[OPENID, sk], text_check=text_check)
    case.run_all()
    [reminder] = case.channels[BARK].taken
    assert (reminder.title, reminder.body, reminder.url) == ("Garden", "Garden", None)


def test_the_order_counts_that_the_user_has_when_the_job_runs() -> None:
    case = case_of(BARK, EMAIL)
    sk = case.push()
    case.order = [EMAIL, BARK]
    case.run_all()
    assert case.state(sk).channel is EMAIL


# ---- jobs that come early, late and twice


def test_a_job_waits_for_an_item_that_is_put_after_it() -> None:
    case = case_of(BARK)
    sk = case.push()
    message = case.store.messages.pop((OPENID, sk))
    case.run_due()
    case.now += 2_000
    case.store.put(message)
    case.run_all()
    assert case.state(sk).status is ReminderStatus.SENT


def test_a_job_whose_item_never_comes_is_dropped_after_a_minute() -> None:
    case = case_of(BARK)
    sk = case.push()
    del case.store.messages[OPENID, sk]
    case.run_all()
    assert case.now == START + MINUTE


def test_a_job_that_comes_twice_sends_once() -> None:
    case = case_of(BARK)
    case.push()
    [message] = case.queue.messages
    case.queue.messages.append(replace(message))
    case.run_all()
    assert len(case.channels[BARK].calls) == 1


def test_a_worker_without_time_calls_nobody_and_passes_the_job_on() -> None:
    case = case_of(BARK)
    sk = case.push()
    [message] = case.queue.messages
    case.run(message, seconds=2.5)
    assert case.channels[BARK].calls == []
    assert case.state(sk).status is ReminderStatus.QUEUED
    case.run_all()
    assert case.state(sk).status is ReminderStatus.SENT


def test_a_job_in_the_wrong_queue_finds_the_right_one() -> None:
    case = case_of(EMAIL)
    sk = case.push()
    case.queue.messages.clear()
    case.queue.pass_on(ReminderQueueName.SMS, ReminderJob(openid=OPENID, sk=sk, queued_at=START))
    case.run_all()
    assert case.state(sk).status is ReminderStatus.SENT


def test_a_channel_that_is_not_offered_any_more_is_passed_over() -> None:
    case = case_of(SMS, BARK)
    case.channels = {BARK: case.channels[BARK]}
    sk = case.push()
    for job in range(2):
        [message] = case.queue.messages
        assert message.queue is (ReminderQueueName.BARK if job else ReminderQueueName.SMS)
        case.run(message)
    assert (case.state(sk).status, case.queue.messages) == (ReminderStatus.SENT, [])


# ---- the red switch


@pytest.mark.parametrize("kind", ChannelKind)
def test_while_sending_is_off_a_reminder_waits_and_its_provider_is_not_called(kind: ChannelKind) -> None:
    case = case_of(kind)
    case.switch.turn(Sending(enabled=False))
    sk = case.push()
    case.run_all(until=START + 10 * MINUTE)
    assert case.channels[kind].calls == []
    assert not case.state(sk).status.is_final
    case.switch.turn(Sending())
    case.run_all()
    assert len(case.channels[kind].calls) == 1
    assert (case.state(sk).status, case.store.writes.total()) == (ReminderStatus.SENT, 2)


def test_while_sending_is_off_no_other_channel_has_its_turn() -> None:
    case = case_of(BARK, EMAIL, OFFICIAL)
    case.switch.turn(Sending(enabled=False))
    case.push()
    case.run_all(until=START + MINUTE)
    assert [len(channel.calls) for channel in case.channels.values()] == [0, 0, 0]
    assert [message.queue for message in case.queue.messages] == [ReminderQueueName.BARK]


def test_while_sending_is_off_a_reminder_is_looked_at_once_a_minute() -> None:
    case = case_of(BARK)
    case.switch.turn(Sending(enabled=False))
    case.push()
    case.run_due()
    assert [message.visible_at - case.now for message in case.queue.messages] == [MINUTE]


def test_a_reminder_that_waited_for_the_switch_too_long_is_out_of_date() -> None:
    case = case_of(BARK)
    case.switch.turn(Sending(enabled=False))
    sk = case.push(minutes=5)
    case.run_all()
    state = case.state(sk)
    assert (state.status, state.reason) == (ReminderStatus.SKIPPED, ReminderReason.EXPIRED)
    assert case.channels[BARK].calls == []


def test_a_doubt_is_not_repeated_while_sending_is_off() -> None:
    case = case_of(OFFICIAL, EMAIL)
    official = script(case, OFFICIAL, LOST)
    official.repeat_ms = 9 * MINUTE
    sk = case.push()
    case.run_due()
    case.switch.turn(Sending(enabled=False))
    case.run_all(until=START + MINUTE)
    assert (len(official.calls), case.channels[EMAIL].calls) == (1, [])
    case.switch.turn(Sending())
    case.run_all()
    assert [call.is_repeat for call in official.calls] == [False, True]
    assert case.state(sk).status is ReminderStatus.SENT


@pytest.mark.parametrize("lost", [0, 1])
def test_a_switch_that_is_pulled_after_the_claim_stops_the_call_and_costs_no_try(lost: int) -> None:
    case = case_of(OFFICIAL)
    official = script(case, OFFICIAL, *[LOST] * lost)
    official.repeat_ms = 9 * MINUTE
    sk = case.push()
    case.run_due() if lost else None
    case.store = SwitchPulledAtClaim(case.store.messages, case=case)
    case.run_all(until=START + MINUTE)
    state = case.state(sk)
    assert len(official.calls) == lost
    assert (state.tries, state.first_try) == (lost, START if lost else None)
    case.switch.turn(Sending())
    case.store = MemoryReminderStore(case.store.messages)
    case.run_all()
    assert [call.is_repeat for call in official.calls] == [False, True][: lost + 1]
    assert case.state(sk).status is ReminderStatus.SENT


def test_the_red_switch_opens_no_breaker() -> None:
    case = case_of(SUBSCRIBE)
    script(case, SUBSCRIBE, *[rejected(Concerns.RED_SWITCH)] * 30)
    for n in range(30):
        case.push(f"{n:032}")
    case.run_due()
    case.breakers.report()
    assert not case.breakers.is_barred(SUBSCRIBE, "subscribe.example")
    assert case.health.writes == 0


# ---- the breaker


def test_a_channel_that_is_not_needed_costs_its_provider_no_probe() -> None:
    case = case_of(OFFICIAL, SUBSCRIBE)
    for _ in range(20):
        case.breakers.note(SUBSCRIBE, "subscribe.example", is_bad=True)
    case.breakers.report()
    case.now += FIRST_PAUSE_MS
    writes = case.health.writes
    sk = case.push()
    case.run_all()
    assert (case.state(sk).channel, case.health.writes) == (OFFICIAL, writes)


def test_a_dead_address_answers_a_probe_as_any_other() -> None:
    case = case_of(BARK)
    for _ in range(20):
        case.breakers.note(BARK, "bark.example", is_bad=True)
    case.breakers.report()
    case.now += FIRST_PAUSE_MS
    script(case, BARK, rejected(Concerns.ADDRESS))
    case.push()
    case.run_all()
    case.breakers.report()
    assert case.health.read(BARK).breaker("bark.example").is_closed


def test_dead_addresses_do_not_count_while_the_provider_answers() -> None:
    case = case_of(BARK)
    script(case, BARK, rejected(Concerns.ADDRESS))
    case.push()
    case.run_all()
    case.now += REPORT_MS
    case.breakers.report()
    assert case.health.writes == 0


def test_reminders_pass_over_a_provider_that_does_not_answer() -> None:
    case = case_of(BARK, EMAIL)
    bark = script(case, BARK, *[rejected(Concerns.PROVIDER)] * 20)
    for n in range(20):
        case.push(f"{n:032}")
        case.run(case.queue.visible()[0])
    case.breakers.report()
    sk = case.push("m" * 32)
    case.run_due()
    assert case.state(sk).channel is EMAIL
    assert len(bark.calls) == 20


def test_a_doubt_waits_for_a_paused_channel_only_where_there_is_no_other() -> None:
    cases = [case_of(OFFICIAL), case_of(OFFICIAL, EMAIL)]
    for case in cases:
        official = script(case, OFFICIAL, LOST)
        official.repeat_ms = 9 * MINUTE
        sk = case.push()
        case.run_due()
        pause_channel(case.health, OFFICIAL, is_paused=True)
        case.run_all(until=START + MINUTE)
        pause_channel(case.health, OFFICIAL, is_paused=False)
        case.run_all()
        assert case.state(sk).status is ReminderStatus.SENT
    assert [len(case.channels[OFFICIAL].calls) for case in cases] == [2, 1]


def test_a_paused_channel_without_another_waits_for_the_operator() -> None:
    case = case_of(BARK)
    pause_channel(case.health, BARK, is_paused=True)
    sk = case.push()
    case.run_all(until=START + 5 * MINUTE)
    assert case.channels[BARK].calls == []
    pause_channel(case.health, BARK, is_paused=False)
    case.run_all()
    assert case.state(sk).status is ReminderStatus.SENT
    assert case.store.writes.total() == 2


def test_a_round_over_paused_channels_ends_when_all_were_asked() -> None:
    """The queues don't throw the job back and forth."""
    case = case_of(BARK, EMAIL, SMS)
    for kind in (BARK, EMAIL, SMS):
        pause_channel(case.health, kind, is_paused=True)
    case.push(minutes=2)
    jobs = 0
    while case.queue.messages:
        jobs += case.run_due()
        if case.queue.messages:
            case.now = min(message.visible_at for message in case.queue.messages)
    assert jobs <= 3 * 2 * 4 * 2
    assert case.now == START + 2 * MINUTE
