"""Writes the pages of reports to S3, in the event loop: see s3_reports.py for what a page is.

A worker writes a page for each checkpoint. botocore's client would cost more than the call, and its construction more
than ten pages. (Amazon S3, PutObject; Amazon S3, Virtual hosting of buckets)
"""

import re
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from minipush.adapters.aws.event_loop_tries import EventLoopTries
from minipush.adapters.aws.signed_headers import SignedHeaders, host_of
from minipush.adapters.s3_reports import encode, page_key
from minipush.curl import CurlAnswer
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome
from minipush.domain.timestamps import iso
from minipush.errors import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CONNECTIONS: Final = 8
MOST_BYTES: Final = 1 << 16
_CODE: Final = re.compile(rb"<Code>(\w+)</Code>")


class S3ReportPages:
    """`client`: the one of DynamoDB, whose credentials, region and time-outs are used.

    `endpoint`: that of S3, if it isn't AWS's own; buckets are in its path then.
    """

    def __init__(self, client: "DynamoDBClient", bucket: str, endpoint: str = "") -> None:
        self.url = f"{endpoint.rstrip('/')}/{bucket}/" if endpoint else _bucket_url(client, bucket)
        self._host, self._path = host_of(self.url), urlsplit(self.url).path
        self._headers = SignedHeaders(client, "s3")
        self._tries = EventLoopTries(client, CONNECTIONS, MOST_BYTES)

    async def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        where = page_key(segment.campaign_id, segment.number, segment.pages, segment.owner)
        try_once = partial(self.exchange, quote(where), encode(outcomes, iso(at)))
        answer = await self._tries.until_done(try_once, _is_done, _error_name)
        if isinstance(answer, CurlAnswer):
            raise StoreError(_error_name(answer))

    async def exchange(self, where: str, body: bytes) -> CurlAnswer:
        """One try of a call."""
        own = {"content-type": "application/x-ndjson", "host": self._host}
        headers = self._headers.of("PUT", f"{self._path}{where}", own, body)
        return await self._tries.call("PUT", f"{self.url}{where}", headers, body)


def _bucket_url(client: "DynamoDBClient", bucket: str) -> str:
    """The service's name comes first in its host, and the bucket's before that of S3."""
    _, _, rest = host_of(client.meta.endpoint_url).partition(".")
    return f"https://{bucket}.s3.{rest}/"


def _is_done(_: CurlAnswer) -> bool:
    return True


def _error_name(answer: CurlAnswer) -> str:
    if answer.code:
        return answer.error
    code = _CODE.search(answer.body)
    return code[1].decode() if code else f"HTTP {answer.status}"
