"""Campaign reports in S3: one object of JSON lines for each page of a segment.

campaigns/<campaign_id>/<segment, 4 digits>/<page, 8 digits>-<owner>.jsonl

A line has `openid`, `status` and `at`, and `reason`, `errcode`, `errmsg`, `rid`, `permit_kind` and `msgid` where they
are known. The first line has `page_at`, when the page was written, unless that is its `at`.
"""

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.reports import ReportEntry
from minipush.domain.timestamps import from_iso, iso

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MILLISECONDS = tuple(f'{ms:03}Z"' for ms in range(1000))


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
    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        where = _key(campaign_id, number, page, owner)
        body = self._client.get_object(Bucket=self._bucket, Key=where)["Body"].read()
        return [_entry(json.loads(line)) for line in body.splitlines()]


def encode(outcomes: list[Outcome], at: str) -> bytes:
    """The lines of a page that is written at `at`. Its few kinds of outcome are serialized once each.

    The openid, the instant and the msgid differ, and what the provider said with a refusal. The loop is written for
    speed: the worker's event loop competes with it for the interpreter.
    """
    kinds: dict[tuple[object, ...], str] = {}
    written = known = f'"at":"{at}"'
    status: object = None
    reason: object = None
    errcode: object = None
    permit_kind: object = None
    rest, second, second_ms, to_second, lines = "", None, 0, "", []
    for outcome in outcomes:
        if (
            outcome.status is not status
            or outcome.permit_kind is not permit_kind
            or outcome.reason is not reason
            or outcome.errcode != errcode
        ):
            kind = status, reason, errcode, permit_kind = _kind(outcome)
            rest = kinds.get(kind) or kinds.setdefault(kind, _rest(outcome))
        ms = outcome.at
        if ms is None:
            known = written
        else:
            if ms // 1000 != second:
                second = ms // 1000
                second_ms, to_second = second * 1000, f'"at":"{iso(ms)[: -len("000Z")]}'
            known = to_second + _MILLISECONDS[ms - second_ms]
        said = "" if errcode is None else _said(outcome)
        openid, msgid = encode_basestring(outcome.openid), outcome.msgid
        if msgid is None:
            lines.append(f'{{"openid":{openid},{known},{said}{rest}')
        else:
            lines.append(f'{{"openid":{openid},{known},"msgid":"{msgid}",{said}{rest}')
    return f"{_page_at(outcomes, at)}{''.join(lines)[1:]}".encode()


def _page_at(outcomes: list[Outcome], at: str) -> str:
    """The beginning of the first line."""
    first = outcomes[0].at
    return "{" if first is None or iso(first) == at else f'{{"page_at":"{at}",'


def _kind(outcome: Outcome) -> tuple[object, object, object, object]:
    return outcome.status, outcome.reason, outcome.errcode, outcome.permit_kind


def _said(outcome: Outcome) -> str:
    said = {"errmsg": outcome.errmsg, "rid": outcome.rid}
    return "".join(f'"{name}":{encode_basestring(text)},' for name, text in said.items() if text)


def _rest(outcome: Outcome) -> str:
    entry = {
        "status": outcome.status,
        "reason": outcome.reason,
        "errcode": outcome.errcode,
        "permit_kind": outcome.permit_kind.name if outcome.permit_kind else None,
    }
    given = {name: value for name, value in entry.items() if value is not None}
    return json.dumps(given, separators=(",", ":"))[1:] + "\n"


def _entry(fields: dict[str, Any]) -> ReportEntry:
    reason = fields.get("reason")
    return ReportEntry(
        openid=fields["openid"],
        status=Status(fields["status"]),
        at=from_iso(fields["at"]),
        reason=None if reason is None else Reason(reason),
        errcode=fields.get("errcode"),
        permit_kind=fields.get("permit_kind"),
        msgid=fields.get("msgid"),
        errmsg=fields.get("errmsg"),
        rid=fields.get("rid"),
        page_at=from_iso(fields["page_at"]) if "page_at" in fields else None,
    )


def _key(campaign_id: str, number: int, page: int, owner: str) -> str:
    return f"campaigns/{campaign_id}/{number:04}/{page:08}-{owner}.jsonl"
