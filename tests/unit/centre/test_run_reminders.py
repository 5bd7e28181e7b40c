"""The jobs of one event run side by side, and each fails alone."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any

from support.reminder_case import ReminderCase
from support.reminders import ACCEPTED, OPENID, ScriptedChannel, rejected
from support.sending import MemorySendingSwitch

from minipush.application.centre.reminder_facts import ReminderFacts
from minipush.application.centre.reminder_times import ReminderTimes
from minipush.application.centre.run_reminders import RunReminders
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.metric_names import Count
from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.domain.centre.breakers import TryCounts
from minipush.domain.centre.reminders import (
    ChannelAddress,
    ChannelKind,
    Reminder,
    ReminderQueueName,
    ReminderStatus,
)
from minipush.domain.sending import Sending
from minipush.errors import StoreError

BARK, EMAIL = ChannelKind.BARK, ChannelKind.EMAIL


@dataclass
class Switch(MemorySendingSwitch):
    looks: int = 0
    fails: bool = False

    async def look(self) -> Sending:
        self.looks += 1
        if self.fails:
            raise StoreError("throttled")
        return self.sending


class OneHangs(ScriptedChannel):
    """Never answers to the first reminder."""

    async def send(self, reminder: Reminder, address: ChannelAddress, timeout: float) -> ReminderResult:
        if not int(reminder.message_id):
            await asyncio.Event().wait()
        return await super().send(reminder, address, timeout)


def run(
    case: ReminderCase, times: ReminderTimes | None = None, count: Count = lambda _: None, **changes: object
) -> list[str]:
    """All queued jobs in one event, with ids in their order."""
    worker = replace(case.worker(ReminderQueueName.BARK), times=times or ReminderTimes(), **changes)  # type: ignore[arg-type]
    jobs = {f"message-{n}": message.job for n, message in enumerate(case.queue.messages)}
    case.queue.messages.clear()
    return asyncio.run(RunReminders(worker, case.breakers, case.sending, count)(jobs, lambda: 20))


def test_a_provider_that_hangs_for_one_reminder_holds_up_no_other() -> None:
    case = ReminderCase({BARK: OneHangs(BARK)})
    sks = [case.push(f"{n:032}") for n in range(10)]
    times = ReminderTimes(send_seconds=0.01, least_seconds=0.0)
    assert run(case, times) == []
    statuses = [case.state(sk).status for sk in sks]
    assert statuses == [ReminderStatus.UNKNOWN, *[ReminderStatus.SENT] * 9]


def test_a_job_whose_store_fails_is_delivered_again_and_the_others_are_done() -> None:
    case = ReminderCase({BARK: ScriptedChannel(BARK)})
    first, second = case.push("0" * 32), case.push("1" * 32)

    def read(openid: str, sk: str) -> ReminderFacts | None:
        if sk == first:
            raise StoreError("gone")
        return case.read_facts(openid, sk)

    assert run(case, read_facts=read) == ["message-0"]
    assert case.state(second).status is ReminderStatus.SENT


def test_a_reminder_is_counted_once_by_how_it_ended() -> None:
    """One is sent, one passes to another queue and ends there, and one has ended before."""
    script = iter([ACCEPTED, ACCEPTED, rejected(Concerns.MESSAGE)])
    case = ReminderCase({BARK: ScriptedChannel(BARK, script=script), EMAIL: ScriptedChannel(EMAIL)})
    counted: list[Any] = []
    ended = case.push("0" * 32)
    run(case, count=counted.append)
    case.queue.add(BARK, case.store.messages[OPENID, ended])
    case.push("1" * 32)
    case.push("2" * 32)
    run(case, count=counted.append)
    assert counted == [{"RemindersSent": 1}, {"RemindersSent": 1}]


def test_a_job_that_fails_in_an_unforeseen_way_goes_the_way_of_dead_letters() -> None:
    case = ReminderCase({BARK: ScriptedChannel(BARK)})
    case.push()

    def read(openid: str, sk: str) -> ReminderFacts | None:
        raise RuntimeError

    assert run(case, read_facts=read) == ["message-0"]


def test_a_queue_that_fails_leaves_what_is_known_in_the_item() -> None:
    """The channel that failed is not tried again when the job comes back."""

    class Gone:
        def add(self, *_: object) -> None:
            raise NotImplementedError

        def pass_on(self, queue: ReminderQueueName, job: ReminderJob, delay: int = 0) -> None:
            raise StoreError

    bark = ScriptedChannel(BARK, script=iter([rejected(Concerns.MESSAGE)]))
    case = ReminderCase({BARK: bark, EMAIL: ScriptedChannel(EMAIL)})
    sk = case.push()
    assert run(case, queue=Gone()) == ["message-0"]
    assert (case.state(sk).status, case.state(sk).tried) == (ReminderStatus.QUEUED, (BARK,))
    case.queue.add(BARK, case.store.messages[OPENID, sk])
    case.run_all()
    assert (case.state(sk).channel, len(bark.calls)) == (EMAIL, 1)


def test_nothing_is_sent_while_the_red_switch_cannot_be_read() -> None:
    case = ReminderCase({BARK: ScriptedChannel(BARK)})
    sks = [case.push(f"{n:032}") for n in range(2)]
    case.sending = SendingWatch(Switch(fails=True))
    assert run(case) == ["message-0", "message-1"]
    assert case.channels[BARK].calls == []
    assert {case.state(sk).status for sk in sks} == {ReminderStatus.QUEUED}


def test_the_switch_is_read_once_for_all_jobs_of_an_event() -> None:
    case = ReminderCase({BARK: ScriptedChannel(BARK)})
    switch = Switch()
    case.sending = SendingWatch(switch)
    for n in range(10):
        case.push(f"{n:032}")
    assert run(case) == []
    assert switch.looks == 1


def test_what_providers_did_not_answer_is_told_to_the_other_workers() -> None:
    busy = [rejected(Concerns.PROVIDER)] * 2
    case = ReminderCase({BARK: ScriptedChannel(BARK, script=iter(busy))})
    for n in range(3):
        case.push(f"{n:032}")
    run(case)
    assert case.health.read(BARK).breaker("bark.example").recent(case.now) == TryCounts(3, 2)
    assert case.health.writes == 1
