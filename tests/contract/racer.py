"""One process of a race: does its work at `go` and prints what it won."""

import asyncio
import json
import random
import sys

import boto3

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.users.ledger import DynamoLedger
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.domain import permit_kinds
from minipush.domain.permits import Permit

NOW = 1_800_000_000_000
PERMITS = [Permit(permit_kinds.FORM, f"form-{n:03}", NOW + 1000) for n in range(200)]


def main(work: str, endpoint: str, table: str, name: str) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    permits = random.Random(name).sample(PERMITS, len(PERMITS))
    print("ready", flush=True)
    sys.stdin.readline()
    if work == "claim":
        won = asyncio.run(claim_all(DynamoLedger(client, EventLoopCalls(client), table), permits, name))
    else:
        won = DynamoUserStore(client, table).add("ada", permits)
    print(json.dumps([permit.id for permit, mine in zip(permits, won, strict=True) if mine]))


async def claim_all(ledger: DynamoLedger, permits: list[Permit], name: str) -> list[bool]:
    holders = await asyncio.gather(*(ledger.claim("ada", permit, name, NOW) for permit in permits))
    return [holder == name for holder in holders]


if __name__ == "__main__":
    main(*sys.argv[1:])
