"""Workers of reminders are killed between claim, send and settle; jobs come twice; answers are lost.

What the providers took is compared with what the inboxes say.
"""

import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from chaos.reminder_provider import Faults, Provider, serving
from chaos.reminder_worker import ReminderWorkerConfig, Workers
from support.deployment import Deployment
from support.reminders import SENDER_APP, strong_message, verified_channel

from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.container.message_centre import message_centre
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.preferences import OnUnknown
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName, ReminderState, ReminderStatus

pytestmark = [pytest.mark.e2e, pytest.mark.emulator]

PUSHES = int(os.environ.get("CHAOS_REMINDERS", "60"))
USERS = 20
SECONDS = max(150, PUSHES)
ONCE = (ChannelKind.EMAIL, ChannelKind.SMS, ChannelKind.OFFICIAL, ChannelKind.SUBSCRIBE)


@dataclass
class Run:
    """Users with channels in an order of their own, and strong pushes to them."""

    deployment: Deployment
    provider: Provider
    directory: Path
    duplicates: float
    on_unknown: OnUnknown = OnUnknown.NEXT

    def __post_init__(self) -> None:
        self.centre = message_centre()
        self.centre.apps.add(SENDER_APP, "mpa_a-secret")
        self.chance = random.Random(7)
        self.sks: dict[str, tuple[str, str]] = {}
        self.orders = {f"user-{n}": self._user(f"user-{n}") for n in range(USERS)}

    def _user(self, openid: str) -> list[ChannelKind]:
        order = self.chance.sample([*ChannelKind], self.chance.randint(1, 4))
        for kind in order:
            self.centre.channel_store.put(openid, verified_channel(kind, f"{kind}-of-{openid}"))
        binding = {**key(user_pk(openid), "B#wx1"), "level": {"S": "strong"}}
        self.centre.table.put(binding)
        self.centre.preferences.change(openid, {"channels": tuple(order), "on_unknown": self.on_unknown})
        return order

    def push(self, number: int) -> None:
        openid, now = f"user-{number % USERS}", milliseconds()
        id_ = message_id(now, f"{number}")
        message = strong_message(id_, now, now + 3_600_000, openid=openid)
        self.sks[id_] = (openid, message.place)
        self.centre.reminder_queue.add(self.orders[openid][0], message)
        assert self.centre.inbox.put(message)

    def states(self) -> dict[str, ReminderState]:
        found = {}
        for id_, (openid, place) in self.sks.items():
            message = self.centre.reminder_store.read(openid, place)
            assert message
            assert message.reminder
            found[id_] = message.reminder
        return found

    def work(self) -> dict[str, ReminderState]:
        configs = [
            ReminderWorkerConfig(
                queue=queue,
                environment=self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
                port=self.provider.port,
                duplicates=self.duplicates,
                log=self.directory / "workers.log",
            )
            for queue in ReminderQueueName
        ]
        until = time.monotonic() + SECONDS
        with Workers(configs) as workers:
            for number in range(PUSHES):
                self.push(number)
            while True:
                workers.replace_dead()
                states = self.states()
                if all(state.status.is_final for state in states.values()):
                    return states
                assert time.monotonic() < until, [s for s in states.values() if not s.status.is_final]
                time.sleep(0.5)


def check(provider: Provider, states: dict[str, ReminderState]) -> None:
    """The inboxes' outcomes against the provider's log. Prints the counts."""
    print(f"{len(provider.killed)} workers killed, {len(provider.written_down())} found by their id")
    for kind in ChannelKind:
        sent = {id_ for id_, s in states.items() if s.status is ReminderStatus.SENT and s.channel is kind}
        doubted = {id_ for id_, s in states.items() if kind in s.in_doubt}
        print(f"{kind}: taken {len(provider.taken[kind])}, sent {len(sent)}, in doubt {len(doubted)}")
        assert max(provider.shown[kind].values(), default=0) <= 1, kind
        assert sent <= set(provider.taken[kind]), kind
        assert set(provider.taken[kind]) <= sent | doubted, kind
        assert kind is not ChannelKind.SMS or not provider.written_down() & doubted
    repeated = {kind for kind, _, is_repeat in provider.calls if is_repeat}
    assert repeated <= {ChannelKind.BARK, ChannelKind.OFFICIAL}


def test_kills_and_duplicates_show_nobody_a_reminder_twice(deployment: Deployment, tmp_path: Path) -> None:
    faults = Faults(kills=0.08, lost=0.05, lost_of={ChannelKind.SMS: 0.9}, busy=0.1, refused=0.15)
    with serving(Provider(faults, random.Random(11))) as provider:
        run = Run(deployment, provider, tmp_path, duplicates=0.2)
        states = run.work()
    check(provider, states)
    assert len(provider.killed) >= 3
    assert {state.status for state in states.values()} >= {ReminderStatus.SENT, ReminderStatus.UNKNOWN}


def test_where_every_answer_is_lost_nothing_goes_out_twice_and_who_can_be_asked_is_asked(
    deployment: Deployment, tmp_path: Path
) -> None:
    with serving(Provider(Faults(lost=1.0), random.Random(12))) as provider:
        run = Run(deployment, provider, tmp_path, duplicates=0.1, on_unknown=OnUnknown.STOP)
        states = run.work()
    check(provider, states)
    assert provider.written_down() == set(provider.taken[ChannelKind.SMS])
    found = [s for s in states.values() if s.channel is ChannelKind.SMS]
    assert {(s.status, s.in_doubt) for s in found} == {(ReminderStatus.SENT, ())}
    others = [s for s in states.values() if s.channel is not ChannelKind.SMS]
    assert {s.status for s in others} == {ReminderStatus.UNKNOWN}
    assert all(len(s.in_doubt) == 1 for s in others)


def test_without_faults_every_reminder_arrives_at_its_first_channel(
    deployment: Deployment, tmp_path: Path
) -> None:
    with serving(Provider(Faults(), random.Random(13))) as provider:
        run = Run(deployment, provider, tmp_path, duplicates=0.0)
        states = run.work()
    check(provider, states)
    for id_, state in states.items():
        openid, _ = run.sks[id_]
        assert (state.status, state.channel) == (ReminderStatus.SENT, run.orders[openid][0])
