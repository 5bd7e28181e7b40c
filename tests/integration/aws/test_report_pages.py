"""Pages of reports over the event loop, against a server that answers as it is told."""

import asyncio
import re

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from support.told_server import KEY, RESET, SECRET, SESSION, TRIES, Server, client_of

from minipush.adapters.s3_report_pages import S3ReportPages
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome, Status
from minipush.errors import StoreError

SEGMENT = Segment("c-1", 7, "ann", 0, pages=3)
WHERE = "/reports/campaigns/c-1/0007/00000003-ann.jsonl"
BUSY = (503, b"<Error><Code>ServiceUnavailable</Code></Error>")
DENIED = (403, b"<Error><Code>AccessDenied</Code><Message>of a secret bucket</Message></Error>")


def write(server: Server) -> None:
    pages = S3ReportPages(client_of(server.url), "reports", server.url)
    asyncio.run(pages.write(SEGMENT, [Outcome("ada", Status.SENT)], 1_800_000_000_000))


def test_a_page_is_put_where_it_is_read_and_signed_as_botocore_signs_it(server: Server) -> None:
    write(server)
    [(headers, body)] = server.requests
    assert server.lines == [f"PUT {WHERE} HTTP/1.1"]
    assert b'"openid":"ada"' in body
    signed = re.search(r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})", headers["authorization"])
    assert signed
    kept = {name: headers[name] for name in signed[1].split(";") if name != "host"}
    request = AWSRequest("PUT", f"{server.url}{WHERE}", kept, body)
    request.context["timestamp"] = headers["x-amz-date"]
    auth = S3SigV4Auth(Credentials(KEY, SECRET, SESSION), "s3", "eu-west-1")
    canonical = auth.canonical_request(request)
    assert auth.signature(auth.string_to_sign(request, canonical), request) == signed[2]


@pytest.mark.parametrize("answer", [BUSY, RESET, (500, b"")])
def test_what_is_busy_or_may_be_lost_is_repeated(server: Server, answer: tuple[int, bytes] | bytes) -> None:
    server.answers = [answer]
    write(server)
    [first, second] = server.requests
    assert first[1] == second[1]


def test_a_page_is_given_up_after_the_clients_own_number_of_tries(server: Server) -> None:
    server.answers = [BUSY] * 9
    with pytest.raises(StoreError, match="ServiceUnavailable"):
        write(server)
    assert len(server.requests) == TRIES


def test_a_refusal_is_not_repeated_and_its_message_not_told(server: Server) -> None:
    server.answers = [DENIED]
    with pytest.raises(StoreError, match=r"^AccessDenied$"):
        write(server)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("dynamodb", "expected"),
    [
        ("https://dynamodb.eu-west-1.amazonaws.com", "https://reports.s3.eu-west-1.amazonaws.com/"),
        ("https://dynamodb.cn-north-1.amazonaws.com.cn", "https://reports.s3.cn-north-1.amazonaws.com.cn/"),
    ],
)
def test_the_bucket_is_at_the_address_that_aws_documents(dynamodb: str, expected: str) -> None:
    assert S3ReportPages(client_of(dynamodb), "reports").url == expected
