"""What operators see of the reminders' channels, and do with them, over HTTP."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from support.http_app import KEY, Answer, HttpApp
from support.reminders import MemoryChannelHealth, MemoryChannelRefusals

from minipush.application.centre.control_channels import ControlChannels
from minipush.application.ports.centre.channel_refusals import ChannelRefusal
from minipush.application.ports.centre.reminder_queue import QueueCounts
from minipush.domain.centre.breakers import FIRST_PAUSE_MS, Breaker, TryCounts
from minipush.domain.centre.reminders import ChannelKind, ReminderQueueName
from minipush.domain.timestamps import iso

BARK = ChannelKind.BARK


@dataclass
class DeadLetters:
    dead: dict[ReminderQueueName, int] = field(
        default_factory=lambda: {ReminderQueueName.BARK: 250, ReminderQueueName.WECHAT: 1}
    )

    def count(self, queue: ReminderQueueName) -> QueueCounts:
        return QueueCounts(queued=3, delayed=2, dead=self.dead.get(queue, 0))

    def redrive(self, queue: ReminderQueueName, most: int) -> int:
        moved = min(most, self.dead[queue])
        self.dead[queue] -= moved
        return moved


class Case:
    def __init__(self) -> None:
        self.app = HttpApp()
        self.health = MemoryChannelHealth()
        self.refusals = MemoryChannelRefusals()
        control = ControlChannels(
            health=self.health,
            refusals=self.refusals,
            dead_letters=DeadLetters(),
            clock=lambda: self.app.now,
        )
        self.app.centre.override(control_channels=control)

    def ask(self, route: str, kind: str = "bark", token: str = KEY) -> Answer:
        return self.app.ask(route, token=token, path={"kind": kind})

    @property
    def channels(self) -> Mapping[str, Mapping[str, object]]:
        listed = self.ask("GET /centre/channels").json
        assert listed["next_cursor"] is None
        return {channel["kind"]: channel for channel in listed["items"]}


@pytest.fixture
def case() -> Iterator[Case]:
    made = Case()
    yield made
    made.app.runner.close()


def test_every_kind_is_listed_with_its_queue(case: Case) -> None:
    assert case.channels["bark"] == {
        "kind": "bark",
        "breaker": "closed",
        "paused": False,
        "open_hosts": [],
        "last_minute": {"tries": 0, "unavailable": 0},
        "queued": 3,
        "delayed": 2,
        "dead_letters": 250,
        "last_refusal": None,
    }
    assert case.channels.keys() == {*ChannelKind}
    assert case.channels["official"]["dead_letters"] == case.channels["subscribe"]["dead_letters"] == 1


def test_an_open_breaker_is_seen_until_a_try_closes_it(case: Case) -> None:
    opened = Breaker().noted(TryCounts(20, 20), case.app.now)
    case.health.health[BARK] = case.health.read(BARK).with_breaker("api.day.app", opened)
    assert (case.channels["bark"]["breaker"], case.channels["bark"]["open_hosts"]) == (
        "open",
        ["api.day.app"],
    )
    assert case.channels["bark"]["last_minute"] == {"tries": 20, "unavailable": 20}
    case.app.now += FIRST_PAUSE_MS
    closed = opened.with_probe(case.app.now).noted(TryCounts(1, 0), case.app.now)
    case.health.health[BARK] = case.health.read(BARK).with_breaker("api.day.app", closed)
    assert case.channels["bark"]["breaker"] == "closed"
    assert case.channels["bark"]["last_minute"] == {"tries": 1, "unavailable": 0}


def test_a_channel_is_paused_and_resumed(case: Case) -> None:
    assert case.ask("POST /centre/channels/{kind}/pause").json["paused"] is True
    assert case.channels["bark"]["paused"] is True
    assert case.channels["email"]["paused"] is False
    assert case.ask("POST /centre/channels/{kind}/resume").json["paused"] is False
    assert case.channels["bark"]["paused"] is False


def test_dead_letters_are_moved_two_hundred_at_a_time(case: Case) -> None:
    answers = [case.ask("POST /centre/channels/{kind}/redrive").json for _ in range(3)]
    assert answers == [{"moved": 200, "left": 50}, {"moved": 50, "left": 0}, {"moved": 0, "left": 0}]


def test_the_last_refusal_of_the_account_is_shown(case: Case) -> None:
    case.refusals.keep(BARK, ChannelRefusal(case.app.now, "404 this is no Bark server"))
    shown = {"at": iso(case.app.now), "detail": "404 this is no Bark server"}
    assert case.channels["bark"]["last_refusal"] == shown
    assert case.channels["email"]["last_refusal"] is None


@pytest.mark.parametrize("step", ["pause", "resume", "redrive"])
def test_who_may_only_read_changes_nothing(case: Case, step: str) -> None:
    assert case.ask("GET /centre/channels", token="mp_reader").status == 200
    assert case.ask(f"POST /centre/channels/{{kind}}/{step}", token="mp_reader").status == 403


def test_a_kind_that_does_not_exist_is_refused(case: Case) -> None:
    assert case.ask("POST /centre/channels/{kind}/pause", "pigeon").status == 422


def test_what_operators_do_is_in_the_audit(case: Case) -> None:
    case.ask("POST /centre/channels/{kind}/pause")
    [act] = case.app.audit.acts
    assert act.action == "POST /centre/channels/{kind}/pause"
