"""Calls to DynamoDB over the event loop, against a server that answers as it is told."""

import asyncio
import json
import re
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.told_server import KEY, RESET, SECRET, SESSION, TRIES, Server, client_of

from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.errors import StoreError

BUSY = (400, b'{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}')
INVALID = (400, b'{"__type":"com.amazon.coral.validate#ValidationException","message":"has a secret item"}')
FAILED = (500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}')


def call(server: Server, body: bytes = b'{"TableName":"t"}') -> dict[str, Any]:
    async def one() -> dict[str, Any]:
        return await EventLoopCalls(client_of(server.url))("Scan", body)

    return asyncio.run(one())


def test_a_call_is_signed_as_botocore_signs_it(server: Server) -> None:
    call(server)
    [(headers, body)] = server.requests
    signed = re.search(r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", headers["authorization"])
    assert signed
    kept = {name: headers[name] for name in signed[1].split(";") if name != "host"}
    request = AWSRequest("POST", f"{server.url}/", kept, body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = SigV4Auth(Credentials(KEY, SECRET, SESSION), "dynamodb", "eu-west-1")
    canonical = auth.canonical_request(request)
    assert auth.signature(auth.string_to_sign(request, canonical), request) == signed[2]
    assert {"host", "x-amz-date", "x-amz-security-token", "x-amz-target"} <= set(signed[1].split(";"))
    assert headers["x-amz-target"] == "DynamoDB_20120810.Scan"
    assert headers["content-type"] == "application/x-amz-json-1.0"


@pytest.mark.parametrize("answer", [BUSY, FAILED, RESET, (503, b"<html>"), (200, b"")])
def test_what_is_busy_or_may_be_lost_is_repeated(server: Server, answer: tuple[int, bytes] | bytes) -> None:
    server.answers = [answer, (200, b'{"Count":1}')]
    assert call(server) == {"Count": 1}
    assert len(server.requests) == 2


def test_a_call_is_given_up_after_the_clients_own_number_of_tries(server: Server) -> None:
    server.answers = [BUSY] * 9
    with pytest.raises(StoreError, match="ProvisionedThroughputExceededException"):
        call(server)
    assert len(server.requests) == TRIES


def test_a_refusal_is_not_repeated_and_its_message_not_told(server: Server) -> None:
    server.answers = [INVALID]
    with pytest.raises(StoreError, match=r"^ValidationException$"):
        call(server)
    assert len(server.requests) == 1


def test_a_table_out_of_reach_is_a_store_error() -> None:
    with pytest.raises(StoreError, match="CURLE_COULDNT_CONNECT"):
        call(Server("http://127.0.0.1:1"))


def test_calls_go_on_in_a_second_event_loop(server: Server) -> None:
    calls = EventLoopCalls(client_of(server.url))

    async def three() -> None:
        for n in range(3):
            await calls("Scan", json.dumps({"n": n}).encode())

    asyncio.run(three())
    asyncio.run(three())
    assert [json.loads(body)["n"] for _, body in server.requests] == [0, 1, 2, 0, 1, 2]
