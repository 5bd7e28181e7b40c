"""What became of each recipient, as JSON lines in S3: an object for each page of a segment.

campaigns/<campaign_id>/<segment, 4 digits>/<page, 8 digits>-<carrier>.jsonl
"""

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.errors import raises_store_error
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome
from minipush.domain.timestamps import iso

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Reports:
    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @raises_store_error
    def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=_key(segment.campaign_id, segment.number, segment.pages, segment.owner),
            Body=encode(outcomes, iso(at)),
            ContentType="application/x-ndjson",
        )

    @raises_store_error
    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[dict[str, object]]:
        where = _key(campaign_id, number, page, owner)
        body = self._client.get_object(Bucket=self._bucket, Key=where)["Body"].read()
        return [json.loads(line) for line in body.splitlines()]


def encode(outcomes: list[Outcome], at: str) -> bytes:
    """A page has few kinds of outcome: but for the openid and WeChat's number, each is written once."""
    kinds: dict[tuple[object, ...], str] = {}
    lines = []
    for outcome in outcomes:
        kind = (outcome.status, outcome.reason, outcome.errcode, outcome.permit_kind)
        rest = kinds.get(kind)
        if rest is None:
            rest = kinds[kind] = _rest(outcome, at)
        msgid = "" if outcome.msgid is None else f'"msgid":"{outcome.msgid}",'
        lines.append(f'{{"openid":{encode_basestring(outcome.openid)},{msgid}{rest}\n')
    return "".join(lines).encode()


def _rest(outcome: Outcome, at: str) -> str:
    entry = {
        "status": outcome.status,
        "reason": outcome.reason,
        "errcode": outcome.errcode,
        "permit_kind": outcome.permit_kind.name if outcome.permit_kind else None,
        "at": at,
    }
    given = {name: value for name, value in entry.items() if value is not None}
    return json.dumps(given, separators=(",", ":"))[1:]


def _key(campaign_id: str, number: int, page: int, owner: str) -> str:
    return f"campaigns/{campaign_id}/{number:04}/{page:08}-{owner}.jsonl"
