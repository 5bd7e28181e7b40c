"""Every store of the wanted stock keeps the same promises."""

import pytest
from support.accounts import ACCOUNT
from support.memory import MemoryTargetStore
from support.tables import create_tables

from minipush.adapters.dynamodb.state.subscription_targets import DynamoTargetStore
from minipush.application.ports.subscription_targets import TargetStore
from minipush.domain.prompts import SubscriptionTargets, Target

GOALS = (
    Target("T_-2", 3, set_at=1_800_000_000_123),
    Target("T1", 100, long_term=True),
    Target("T3", 1, long_term=False),
)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("dynamodb", marks=pytest.mark.emulator)])
def store(request: pytest.FixtureRequest) -> TargetStore:
    if request.param == "memory":
        return MemoryTargetStore()
    client = request.getfixturevalue("dynamodb")
    return DynamoTargetStore(client, create_tables(client)[1], ACCOUNT)


def test_before_the_first_plan_nothing_is_wanted(store: TargetStore) -> None:
    assert store.read() == SubscriptionTargets()


def test_what_was_kept_is_read_as_it_was_and_in_its_order(store: TargetStore) -> None:
    plan = SubscriptionTargets(GOALS, pause_hours=7)
    store.keep(plan)
    assert store.read() == plan


def test_a_later_plan_replaces_all_of_an_earlier_one(store: TargetStore) -> None:
    store.keep(SubscriptionTargets(GOALS, pause_hours=7))
    store.keep(SubscriptionTargets(GOALS[:1]))
    assert store.read() == SubscriptionTargets(GOALS[:1])
