"""What a careful team would write: per user a Query, a conditional write and a pooled request, in threads."""

import math
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3
import requests
from botocore.config import Config
from requests.adapters import HTTPAdapter

from benchmarks.cloud import body_of
from benchmarks.contender import Job, Send, openids

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

THREADS = 32


def prepare(job: Job) -> Send:
    client = boto3.client("dynamodb", config=Config(max_pool_connections=THREADS))
    session = requests.Session()
    session.trust_env = False  # it may name other certificates
    session.verify = job.ca or True
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS))

    def send() -> dict[str, float]:
        with ThreadPoolExecutor(THREADS) as threads:
            for _ in threads.map(partial(_to_one, client, session, job), openids(job.users)):
                pass
        return {}

    return send


def _to_one(client: "DynamoDBClient", session: requests.Session, job: Job, openid: str) -> None:
    permit = _soonest(client, job.table, openid)
    client.update_item(
        TableName=job.table,
        Key={"openid": permit["openid"], "sk": permit["sk"]},
        UpdateExpression="SET claim = :claim",
        ConditionExpression="attribute_not_exists(claim)",
        ExpressionAttributeValues={":claim": {"S": "bench"}},
    )
    body = body_of(job, openid, permit["sk"]["S"].rpartition("#")[2])
    session.post(job.send_url, data=body, timeout=10).json()


def _soonest(client: "DynamoDBClient", table: str, openid: str) -> dict[str, Any]:
    answer: Any = client.query(
        TableName=table,
        KeyConditionExpression="openid = :openid",
        ExpressionAttributeValues={":openid": {"S": openid}},
        ConsistentRead=True,
    )
    now = time.time() * 1000
    free = [item for item in answer["Items"] if "claim" not in item]
    return min((item for item in free if _expires_at(item) > now), key=_expires_at)


def _expires_at(item: dict[str, Any]) -> float:
    return float(item["expires_at"]["N"]) if "expires_at" in item else math.inf
