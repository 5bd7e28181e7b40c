"""The fault plan of a seed: the population, the campaign's audience, and what fails when."""

import enum
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chaos.receipts import Receipts

from local.simulator.wechat import SUBSCRIBE_SEND, TEMPLATE_SEND
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE
from minipush.domain.campaigns import AudienceType
from minipush.domain.messages import MessageType

MESSAGE_REFUSED = 47003


class Incident(enum.StrEnum):
    KILL = "a worker is killed"
    FREEZE = "a worker stops for longer than its lease"
    PAUSE = "an operator pauses"
    CANCEL = "an operator cancels"
    DOUBLE = "the segments are queued once more"
    REVOKE = "WeChat revokes the access token"
    KILL_OVER_TOKEN = "a worker is killed while it fetches the access token"
    KILL_IN_BACK_OFF = "a worker is killed while it waits for a busy WeChat"


# The incidents that a plan draws from, by weight. A cancel and the last two are drawn apart.
WEIGHTS = {
    Incident.KILL: 4,
    Incident.FREEZE: 3,
    Incident.PAUSE: 2,
    Incident.DOUBLE: 3,
    Incident.REVOKE: 2,
}


@dataclass(frozen=True)
class Event:
    """`after`: the share of the audience whose messages WeChat has accepted by then."""

    after: float
    incident: Incident


@dataclass(frozen=True)
class UserPlan:
    """How many permits of each kind a user has; `fakes`: ids that WeChat never issued."""

    forms: int
    fakes: int
    payments: int
    accepts: int
    long_term: bool
    is_about_to_expire: bool
    opts_out: bool
    is_tagged: bool
    is_named: bool


@dataclass(frozen=True)
class FaultPlan:
    seed: int
    users: tuple[UserPlan, ...]
    message_type: MessageType
    audience_type: AudienceType
    segments: int
    workers: int
    max_per_second: int | None
    latency_ms: float
    quota: float | None
    table_failures: float
    table_failure_seconds: float
    duplicates: float
    faults: tuple[Mapping[str, Any], ...]
    events: tuple[Event, ...]
    receipts: Receipts = Receipts.NEVER

    @property
    def send_path(self) -> str:
        return TEMPLATE_SEND if self.message_type is TEMPLATE_MESSAGE else SUBSCRIBE_SEND

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.message_type} to {self.audience_type} of {len(self.users)}, "
            f"{self.segments} segments, {self.workers} workers, {self.max_per_second}/s, "
            f"{self.latency_ms:.0f} ms, receipts {self.receipts}, quota {self.quota}, table {self.table_failures:.0%}, duplicates {self.duplicates:.0%}; "
            + ", ".join(
                [*(str(fault["action"]) for fault in self.faults), *(e.incident.name for e in self.events)]
            )
        )


def plan_faults(seed: int) -> FaultPlan:
    chance, more = random.Random(seed), random.Random(f"{seed} more")
    message_type = chance.choices((TEMPLATE_MESSAGE, SUBSCRIBE_MESSAGE), (3, 1))[0]
    return FaultPlan(
        seed=seed,
        users=tuple(_user(chance) for _ in range(chance.randint(50, 400))),
        message_type=message_type,
        audience_type=chance.choice(_audiences(message_type)),
        segments=chance.randint(1, 6),
        workers=chance.randint(2, 4),
        max_per_second=chance.choice((None, 50, 100, 200)),
        latency_ms=chance.choice((0, 20, 80)),
        quota=chance.choice((None, None, 0.3, 0.7)),
        table_failures=chance.choice((0, 0.02, 0.1, 0.25)),
        table_failure_seconds=chance.uniform(1, 6),
        duplicates=chance.choice((0, 0, 0.3)),
        faults=tuple(_faults(chance, message_type)),
        events=tuple(sorted([*_events(chance), *_rare_events(more)], key=lambda event: event.after)),
        receipts=more.choice(list(Receipts)),
    )


def _audiences(message_type: MessageType) -> list[AudienceType]:
    """Subscriptions don't expire, so no audience of expiring permits for them."""
    several = [AudienceType.ALL, AudienceType.ALL, AudienceType.OPENIDS, AudienceType.TAG]
    return several if message_type is SUBSCRIBE_MESSAGE else [*several, AudienceType.EXPIRING]


def _user(chance: random.Random) -> UserPlan:
    return UserPlan(
        forms=chance.choice((0, 1, 1, 2, 3)),
        fakes=chance.choices((0, 1, 2), (8, 1, 1))[0],
        payments=chance.choices((0, 1), (3, 1))[0],
        accepts=chance.choice((0, 1, 1, 2)),
        long_term=chance.random() < 0.1,
        is_about_to_expire=chance.random() < 0.5,
        opts_out=chance.random() < 0.1,
        is_tagged=chance.random() < 0.5,
        is_named=chance.random() < 0.7,
    )


def _faults(chance: random.Random, message_type: MessageType) -> list[dict[str, Any]]:
    """Random faults of calls to WeChat; the first that applies decides a call's outcome."""
    path = TEMPLATE_SEND if message_type is TEMPLATE_MESSAGE else SUBSCRIBE_SEND
    possible: list[dict[str, Any]] = [
        {"action": "reset_before", "probability": 0.05, "times": 15},
        {"action": "reset_after", "probability": 0.05, "times": 15},
        {"action": "hang", "taken": True, "seconds": 3, "probability": 0.02, "times": 4},
        {"action": "hang", "taken": False, "seconds": 3, "probability": 0.02, "times": 4},
        {"action": "garbage", "taken": chance.random() < 0.5, "probability": 0.02, "times": 4},
        {"action": "http_status", "status": 502, "probability": 0.05, "times": 10},
        {"action": "http_status", "status": 500, "taken": True, "probability": 0.05, "times": 10},
        {"action": "http_status", "status": 503, "taken": True, "probability": 0.05, "times": 10},
        {"action": "errcode", "errcode": -1, "probability": 0.2, "times": 20},
        {
            "action": "errcode",
            "errcode": 45011,
            "after": chance.randint(0, 60),
            "times": chance.randint(1, 20),
        },
        {"action": "latency", "ms": 600, "probability": 0.05, "times": 20},
    ]
    chosen = chance.sample(possible, chance.randint(2, 6))
    faults = [fault | {"path": path, "seed": chance.randrange(1000)} for fault in chosen]
    # In every plan: a user refused for good gets no second try, so a permit that isn't given back shows.
    refused = {"action": "errcode", "errcode": MESSAGE_REFUSED, "probability": 0.1, "times": 6}
    return [*faults, refused | {"path": path, "seed": 0}]


def _events(chance: random.Random) -> list[Event]:
    incidents = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=chance.randint(2, 6))
    if chance.random() < 0.1:
        incidents.append(Incident.CANCEL)
    return [Event(chance.uniform(0, 0.9), incident) for incident in incidents]


def _rare_events(chance: random.Random) -> list[Event]:
    rare = (Incident.KILL_OVER_TOKEN, Incident.KILL_IN_BACK_OFF)
    return [Event(chance.uniform(0, 0.9), incident) for incident in rare if chance.random() < 0.3]
