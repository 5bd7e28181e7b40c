"""A sweep over a table of several pages, run after run, while users come and go."""

import time
from itertools import batched

import pytest
from contract.conftest import create_tables
from mypy_boto3_dynamodb import DynamoDBClient

from minipush.adapters.sweeps import DynamoSweepStore
from minipush.usecases.sweep_expired import SweepExpired

pytestmark = pytest.mark.emulator

NOW = time.time_ns() // 1_000_000
USERS = 3000
PADDING = "p" * 900


def fill(dynamodb: DynamoDBClient, table: str) -> None:
    """Each user holds one permit that expired and one that lives, in items wide enough for several pages."""
    items = [
        {
            "openid": {"S": f"user-{n:05}"},
            "sk": {"S": f"T#form#{PADDING}{state}"},
            "expires_at": {"N": str(NOW + offset)},
            "ttl": {"N": str((NOW + offset) // 1000)},
        }
        for n in range(USERS)
        for state, offset in (("old", -5000), ("new", 3_600_000))
    ]
    for batch in batched(items, 25, strict=False):
        dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": item}} for item in batch]})


def test_a_table_of_many_pages_is_swept_in_as_many_runs_as_it_takes(dynamodb: DynamoDBClient) -> None:
    users, state = create_tables(dynamodb)
    fill(dynamodb, users)
    runs, finished = 0, False
    while not finished:
        # a new process each time: nothing but the table remembers
        store = DynamoSweepStore(dynamodb, users, state)
        sweep = SweepExpired(store, lambda: NOW, grace_ms=0)(iter([True, False]).__next__)
        runs, finished = runs + 1, sweep.finished
    assert runs > 3
    assert sweep.removed == USERS
    pool = store.pool()
    assert pool
    assert (pool.reachable_users, pool.permits) == (USERS, USERS)
    assert dynamodb.scan(TableName=users, Select="COUNT")["Count"] <= USERS
    assert SweepExpired(store, lambda: NOW, grace_ms=0)(lambda: True).removed == 0
