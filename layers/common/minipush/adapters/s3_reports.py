"""Campaign reports in S3: one object of JSON lines for each page of a segment.

campaigns/<campaign_id>/<segment, 4 digits>/<page, 8 digits>-<owner>.jsonl

A line has `openid`, `status` and `at`, and `reason`, `errcode`, `errmsg`, `rid`, `permit_kind` and `msgid` where they
are known. The first line has `page_at`, when the page was written, unless that is its `at`.
"""

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.domain.messages import Outcome, Reason, Status
from minipush.domain.reports import ReportEntry
from minipush.domain.timestamps import from_iso, iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client


class S3Reports:
    """`client` is called before each use: making it takes as long as making those of three other services."""

    def __init__(self, client: "Callable[[], S3Client]", bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @raises_store_error
    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        where = page_key(campaign_id, number, page, owner)
        body = self._client().get_object(Bucket=self._bucket, Key=where)["Body"].read()
        return [_entry(json.loads(line)) for line in body.splitlines()]


def encode(outcomes: list[Outcome], at: str) -> bytes:
    """The lines of a page that is written at `at`.

    A page has few kinds of outcome and spans few seconds: each is serialized once.
    """
    kinds: dict[tuple[int | None, ...], str] = {}
    seconds: dict[int, str] = {}
    instants = [at if outcome.at is None else _instant(outcome.at, seconds) for outcome in outcomes]
    lines = [_line(outcome, instant, kinds) for outcome, instant in zip(outcomes, instants, strict=True)]
    page_at = "" if instants[0] == at else f'"page_at":"{at}",'
    return ("{" + page_at + "\n{".join(lines) + "\n").encode()


def _instant(ms: int, seconds: dict[int, str]) -> str:
    second, rest = divmod(ms, 1000)
    to_second = seconds.get(second) or seconds.setdefault(second, iso(second * 1000)[: -len("000Z")])
    return f"{to_second}{rest:03}Z"


def _line(outcome: Outcome, at: str, kinds: dict[tuple[int | None, ...], str]) -> str:
    """A line without its opening brace, which the first line of a page follows with the page's own time."""
    # By identity: an enumeration's own hash is a call of Python code, and each line has three of them.
    kind = (id(outcome.status), id(outcome.reason), outcome.errcode, id(outcome.permit_kind))
    rest = kinds.get(kind) or kinds.setdefault(kind, _rest(outcome))
    msgid = "" if outcome.msgid is None else f'"msgid":"{outcome.msgid}",'
    said = "" if outcome.errcode is None else _said(outcome)
    return f'"openid":{encode_basestring(outcome.openid)},"at":"{at}",{msgid}{said}{rest}'


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
    return json.dumps(given, separators=(",", ":"))[1:]


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


def page_key(campaign_id: str, number: int, page: int, owner: str) -> str:
    return f"campaigns/{campaign_id}/{number:04}/{page:08}-{owner}.jsonl"
