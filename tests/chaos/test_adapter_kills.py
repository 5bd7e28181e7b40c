"""A worker with the real channel is killed while its provider answers. What arrived is compared with what the inbox says."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from chaos.reminder_worker import Adapters, ReminderWorkerConfig, Workers
from support.deployment import Deployment
from support.reminder_channels import ChannelCase, channel_case, quiet_providers, secret_for, settings_for
from support.reminders import OPENID, SENDER_APP, strong_message

from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.centre.keys import key, user_pk
from minipush.container.message_centre import message_centre
from minipush.domain.centre.channels import ChannelStatus, UserChannel
from minipush.domain.centre.message_ids import message_id
from minipush.domain.centre.reminders import ReminderState, ReminderStatus, queue_of

pytestmark = [pytest.mark.e2e, pytest.mark.emulator]

SECONDS = 120
SENT, UNKNOWN = ReminderStatus.SENT, ReminderStatus.UNKNOWN
# Longer than a worker waits for its provider.
HANG: dict[str, Any] = {"action": "hang", "seconds": 15}


@dataclass(frozen=True)
class Kill:
    """`fault`: what keeps the worker waiting. `arrived`: how often the user has it on the screen in the end."""

    name: str
    fault: dict[str, Any]
    status: ReminderStatus
    arrived: int


KILLS = {
    "bark takes it, and shows the repeat in its place": Kill("bark", HANG | {"taken": True}, SENT, 1),
    "bark has not taken it": Kill("bark", HANG, SENT, 1),
    "mail is taken": Kill("smtp", HANG | {"phase": "dot", "taken": True}, UNKNOWN, 1),
    "mail is not taken at its dot": Kill("smtp", HANG | {"phase": "dot"}, UNKNOWN, 0),
    "mail has only a recipient": Kill("smtp", HANG | {"phase": "rcpt"}, UNKNOWN, 0),
    "aliyun takes it, and is asked": Kill("aliyun", HANG | {"taken": True}, SENT, 1),
    "tencent takes it, and can't be asked": Kill("tencent", HANG | {"taken": True}, UNKNOWN, 1),
}


@dataclass
class Run:
    """One user with one channel, and one strong push."""

    deployment: Deployment
    case: ChannelCase
    directory: Path

    def __post_init__(self) -> None:
        self.centre = message_centre()
        self.centre.apps.add(SENDER_APP, "mpa_a-secret")
        address, now = self.case.address, milliseconds()
        channel = UserChannel(address=address, status=ChannelStatus.VERIFIED, verified_at=now)
        self.centre.channel_store.put(OPENID, channel)
        self.centre.table.put({**key(user_pk(OPENID), "B#wx1"), "level": {"S": "strong"}})
        self.centre.preferences.change(OPENID, {"channels": (address.kind,)})
        message = strong_message(message_id(now, "1"), now, now + 3_600_000)
        self.place = message.place
        self.centre.reminder_queue.add(address.kind, message)
        assert self.centre.inbox.put(message)

    def config(self) -> ReminderWorkerConfig:
        providers, sms = self.case.providers, "tencent" if self.case.name == "tencent" else "aliyun"
        return ReminderWorkerConfig(
            queue=queue_of(self.case.address.kind),
            environment=self.deployment.environment | {"POWERTOOLS_LOG_LEVEL": "INFO"},
            port=0,
            duplicates=0.0,
            log=self.directory / "workers.log",
            adapters=Adapters(settings_for(providers, sms), secret_for(providers)),
        )

    def state(self) -> ReminderState:
        message = self.centre.reminder_store.read(OPENID, self.place)
        assert message
        assert message.reminder
        return message.reminder

    def hangs(self, kill: Kill) -> bool:
        [fault] = self.case.providers.control.faults()
        return bool(fault["applied"]) and len(self.case.shown()) == int(kill.fault.get("taken", False))

    def is_over(self) -> bool:
        return self.state().status.is_final


def wait_for(happens: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not happens():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS)
def test_a_worker_that_dies_while_its_provider_answers_shows_nothing_twice(
    deployment: Deployment, tmp_path: Path, kill: Kill
) -> None:
    with quiet_providers() as providers:
        case = channel_case(kill.name, providers)
        run = Run(deployment, case, tmp_path)
        case.fault(**kill.fault)
        with Workers([run.config()]) as workers:
            wait_for(lambda: run.hangs(kill))
            workers.kill()
            assert run.state().status is ReminderStatus.CLAIMED
            workers.replace_dead()
            wait_for(run.is_over)
        state, shown = run.state(), case.shown()
        case.close()
    kind = case.address.kind
    assert (state.status, len(shown)) == (kill.status, kill.arrived)
    assert (state.channel, state.in_doubt) == (
        (kind, ()) if kill.status is SENT else (state.channel, (kind,))
    )
