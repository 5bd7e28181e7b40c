"""A sweep over a table of several pages, run after run, while users come and go."""

import json
import time
from dataclasses import dataclass
from datetime import time as clock_time
from itertools import batched
from typing import Any

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.accounts import ACCOUNT
from support.dynamodb_proxy import LosesAnswers
from support.tables import create_tables

from minipush.adapters.dynamodb.users.sweeps import DynamoSweepStore
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.permits.sweep_expired import SweepExpired
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.timestamps import HOUR_MS
from minipush.domain.users import QuietHours

pytestmark = pytest.mark.emulator

NOW = time.time_ns() // 1_000_000
EIGHT = 1_800_000_000_000  # 08:00 UTC
USERS = 3000
PADDING = "p" * 900


def fill(dynamodb: DynamoDBClient, table: str) -> None:
    """Each user holds one permit that expired and one that lives, in items wide enough for several pages."""
    items = [
        {
            "openid": {"S": f"user-{n:05}"},
            "sk": {"S": f"P#form##1#{PADDING}{state}"},
            "expires_at": {"N": str(NOW + offset)},
            "ttl": {"N": str((NOW + offset) // 1000)},
        }
        for n in range(USERS)
        for state, offset in (("old", -5000), ("new", 3_600_000))
    ]
    for batch in batched(items, 25, strict=False):
        dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]})


def test_a_pass_whose_answers_are_lost_publishes_its_measure(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    losing: Any = LosesAnswers(dynamodb)
    store = DynamoSweepStore(losing, users, state, ACCOUNT)
    assert SweepExpired(store, lambda: NOW, grace_ms=0)(lambda: False).version == 1
    assert SweepExpired(store, lambda: NOW + 1, grace_ms=0)(lambda: True).finished
    pool = store.pool()
    assert pool
    assert pool.now == NOW


def test_what_an_earlier_shape_left_is_not_taken_up(dynamodb: DynamoDBClient) -> None:
    """A pass half-way and a measure, as they were kept before reach was measured."""
    users, state = create_tables(dynamodb)
    measure = {"now": NOW - 1, "reachable_users": 5, "permits": 5, "expiring": {}, "last_reachable": "ada"}
    place = {"measure": measure, "removed": 0, "cursor": {}, "version": 3, "finished": False}
    for id_, value in (("sweep", place), ("pool", measure)):
        dynamodb.put_item(TableName=state, Item={"id": {"S": id_}, "value": {"S": json.dumps(value)}})
    store = DynamoSweepStore(dynamodb, users, state, ACCOUNT)
    assert store.pool() is None
    assert SweepExpired(store, lambda: NOW, grace_ms=0)(lambda: True).finished
    pool = store.pool()
    assert pool
    assert (pool.now, pool.permits) == (NOW, 0)


@dataclass
class SmallPages:
    """A client whose scans stop after so many items."""

    client: DynamoDBClient
    size: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def scan(self, **arguments: Any) -> Any:
        return self.client.scan(Limit=self.size, **arguments)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_users_cut_by_pages_are_measured_by_their_settings(dynamodb: DynamoDBClient, size: int) -> None:
    """Run after run, each by another process: anna opted out, bo is quiet until 10:00, cy is without settings."""
    users, state = create_tables(dynamodb)
    people = DynamoUserStore(dynamodb, users)
    for openid in ("anna", "bo", "cy"):
        people.add(openid, [Permit(permit_kinds.FORM, f"f{n}", EIGHT + (n + 1) * HOUR_MS) for n in range(4)])
    people.change("anna", {"opt_out": True, "tags": ("vip", "trial")})
    hours = QuietHours(clock_time(7), clock_time(10), "UTC")
    people.change("bo", {"quiet_hours": hours, "tags": ("vip",)})
    client: Any = SmallPages(dynamodb, size)
    finished = False
    while not finished:
        store = DynamoSweepStore(client, users, state, ACCOUNT)
        finished = SweepExpired(store, lambda: EIGHT, grace_ms=0)(iter([True, False]).__next__).finished
    pool = store.pool()
    assert pool
    assert (pool.reachable_users, pool.permits) == (2, 12)
    assert [pool.reaches[""].users_at(hour) for hour in range(5)] == [1, 1, 2, 2, 0]
    assert [pool.reaches[""].expired_by(hour) for hour in range(5)] == [0, 3, 6, 9, 12]
    tags = store.tags()
    assert tags
    assert tags.largest_first() == [("vip", 2), ("trial", 1)]


def test_a_table_of_many_pages_is_swept_in_as_many_runs_as_it_takes(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    fill(dynamodb, users)
    runs, finished = 0, False
    while not finished:
        # a new process each time: nothing but the table remembers
        store = DynamoSweepStore(dynamodb, users, state, ACCOUNT)
        sweep = SweepExpired(store, lambda: NOW, grace_ms=0)(iter([True, False]).__next__)
        runs, finished = runs + 1, sweep.finished
    assert runs > 3
    assert sweep.removed == USERS
    pool = store.pool()
    assert pool
    assert (pool.reachable_users, pool.permits) == (USERS, USERS)
    assert dynamodb.scan(TableName=users, Select="COUNT")["Count"] <= USERS
    assert SweepExpired(store, lambda: NOW, grace_ms=0)(lambda: True).removed == 0
