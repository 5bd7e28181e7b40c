"""What the audit stores of many requests."""

from dataclasses import dataclass, field

from support.memory import MemoryAudit

from minipush.application.record_acts import RecordActs
from minipush.domain.audit import Act
from minipush.domain.timestamps import MINUTE_MS
from minipush.errors import StoreError

NOW = 1_800_000_000_000
SEND = "POST /messages"


def act(action: str = SEND, at: int = NOW, operator: str = "shop", **about: str | int | list[str]) -> Act:
    return Act(at=at, operator=operator, action=action, request_id=f"r-{at}", status=200, about=about)


@dataclass
class World:
    now: int = NOW
    audit: MemoryAudit = field(default_factory=MemoryAudit)

    def __post_init__(self) -> None:
        self.record = RecordActs(self.audit, lambda: self.now, {SEND})


def test_each_rare_act_has_a_line_of_its_own() -> None:
    world = World()
    for number in range(3):
        world.record(act("PATCH /users/{openid}", NOW + number, user="u"))
    assert [one.at for one in world.audit.acts] == [NOW, NOW + 1, NOW + 2]


def test_frequent_acts_of_a_minute_share_a_line_and_none_is_lost() -> None:
    world = World()
    for second in range(0, 121, 10):
        world.record(act(at=NOW + second * 1000, template_id="T1", recipients=2, user="u"))
    assert [one.about for one in world.audit.acts] == [
        {"template_id": "T1", "requests": 1, "recipients": 2},
        {"template_id": "T1", "requests": 6, "recipients": 12},
        {"template_id": "T1", "requests": 6, "recipients": 12},
    ]


def test_a_burst_within_a_minute_is_in_the_audit_when_it_ends() -> None:
    world = World()
    world.record(act(recipients=1))
    for second in range(50):
        world.record(act(at=NOW + 1000 + second, recipients=100))
    recipients = [one.about["recipients"] for one in world.audit.acts]
    assert recipients == [1, *[200] * 25]


def test_up_to_a_hundred_recipients_wait_for_the_next_line() -> None:
    world = World()
    for number in range(101):
        world.record(act(at=NOW + number, recipients=1))
    assert len(world.audit.acts) == 1
    world.record(act(at=NOW + 200, recipients=1))
    assert [one.about["recipients"] for one in world.audit.acts] == [1, 101]


def test_each_key_and_each_template_has_lines_of_its_own() -> None:
    world = World()
    for operator, template in (("shop", "T1"), ("shop", "T2"), ("news", "T1"), ("shop", "T1")):
        world.record(act(operator=operator, template_id=template))
    assert [(one.operator, one.about["template_id"]) for one in world.audit.acts] == [
        ("shop", "T1"),
        ("shop", "T2"),
        ("news", "T1"),
    ]


def test_a_keys_use_is_stored_at_most_once_a_minute() -> None:
    world = World()
    for at in (NOW, NOW + 1, NOW + MINUTE_MS - 1):
        world.now = at
        world.record.note_use("shop")
    assert world.audit.used_at == {"shop": NOW}
    world.now = NOW + MINUTE_MS
    world.record.note_use("shop")
    assert world.audit.used_at == {"shop": NOW + MINUTE_MS}


class Broken(MemoryAudit):
    def add(self, act: Act) -> None:
        raise StoreError("out of reach")

    def note_use(self, operator: str, at: int, unless_after: int) -> None:
        raise StoreError("out of reach")


def test_a_store_that_fails_fails_no_request() -> None:
    world = World(audit=Broken())
    world.record(act("PATCH /users/{openid}"))
    world.record.note_use("shop")
