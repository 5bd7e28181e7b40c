"""Many processes at the same permits, on a DynamoDB that keeps conditions."""

import asyncio
import json
import os
import sys
from collections import Counter
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.memory import MemoryTemplates
from support.racing import at_once
from support.tables import create_tables

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.application.permits.collect_permits import CollectPermits
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit
from minipush.domain.reported_permits import ReportedFormId

pytestmark = pytest.mark.emulator

NOW = 1_800_000_000_000
PROCESSES = 4
PERMITS = [Permit(permit_kinds.FORM, f"form-{n:03}", NOW + 1000) for n in range(200)]
RACER = Path(__file__).with_name("racer.py")


def race(work: str, endpoint: str, table: str) -> list[list[str]]:
    """What each of the processes won."""
    with ExitStack() as racing:
        racers = [racing.enter_context(start(work, endpoint, table, f"racer-{n}")) for n in range(PROCESSES)]
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        return [json.loads(racer.communicate(timeout=120)[0]) for racer in racers]


def start(*words: str) -> Popen[str]:
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = os.environ | {"PYTHONPATH": paths}
    return Popen([sys.executable, str(RACER), *words], stdin=PIPE, stdout=PIPE, text=True, env=environment)


def test_four_processes_claim_and_each_permit_is_won_once(
    dynamodb: DynamoDBClient, aws_endpoint: str
) -> None:
    table, _ = create_tables(dynamodb)
    DynamoUserStore(dynamodb, table).add("ada", PERMITS)
    won = race("claim", aws_endpoint, table)
    assert Counter(id_ for mine in won for id_ in mine) == Counter(permit.id for permit in PERMITS)
    claims = {
        permit.id: permit.claim and permit.claim.holder
        for permit in DynamoUserStore(dynamodb, table).read("ada").permits
    }
    assert claims == {id_: f"racer-{n}" for n, mine in enumerate(won) for id_ in mine}


def test_four_processes_collect_the_same_and_it_is_stored_once(
    dynamodb: DynamoDBClient, aws_endpoint: str
) -> None:
    table, _ = create_tables(dynamodb)
    won = race("collect", aws_endpoint, table)
    assert Counter(id_ for mine in won for id_ in mine) == Counter(permit.id for permit in PERMITS)
    assert len(DynamoUserStore(dynamodb, table).read("ada").permits) == len(PERMITS)


def test_collecting_while_spending_brings_nothing_back(dynamodb: DynamoDBClient) -> None:
    table, _ = create_tables(dynamodb)
    users, ledger = DynamoUserStore(dynamodb, table), DynamoLedger(dynamodb, EventLoopCalls(dynamodb), table)
    collect = CollectPermits(users, lambda: NOW, 500, MemoryTemplates())
    reported = [ReportedFormId(f"form-{n:03}") for n in range(100)]
    collect("ada", reported)

    async def spend_all() -> tuple[list[str | None], int]:
        permits = users.read("ada").permits
        again = [asyncio.create_task(asyncio.to_thread(collect, "ada", reported)) for _ in range(4)]
        won = await asyncio.gather(*(ledger.claim("ada", permit, "d", NOW) for permit in permits))
        return list(won), sum([(await each).stored for each in again])

    assert asyncio.run(spend_all()) == (["d"] * 100, 0)
    assert users.read("ada").live(NOW) == []


def test_parallel_uploads_fill_the_cap_and_no_more(dynamodb: DynamoDBClient) -> None:
    table, _ = create_tables(dynamodb)
    users = DynamoUserStore(dynamodb, table)
    collect = CollectPermits(users, lambda: NOW, 200, MemoryTemplates(), is_counted=True)
    uploads = [[ReportedFormId(f"f{n}-{m}") for m in range(100)] for n in range(20)]
    results = at_once([partial(collect, "ada", upload) for upload in uploads])
    assert len(users.read("ada").permits) == 200
    assert sum(result.stored for result in results) == 200
