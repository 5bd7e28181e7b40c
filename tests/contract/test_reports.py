"""Campaign reports: in memory and in S3 alike."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from mypy_boto3_dynamodb import DynamoDBClient
from support.campaigns import MemoryReportPages, MemoryReports

from minipush.adapters.s3_report_pages import S3ReportPages
from minipush.adapters.s3_reports import S3Reports
from minipush.application.ports.campaigns import ReportPages, Reports
from minipush.domain import permit_kinds
from minipush.domain.campaigns import Segment
from minipush.domain.messages import Fault, Outcome, Reason, Status
from minipush.domain.reports import ReportEntry
from minipush.domain.timestamps import iso
from minipush.errors import StoreError

AT = 1_800_000_000_007


@dataclass(frozen=True, slots=True)
class Written:
    """Reports, and how workers write them."""

    reports: Reports
    pages: ReportPages

    def write(self, segment: Segment, outcomes: list[Outcome], at: int) -> None:
        asyncio.run(self.pages.write(segment, outcomes, at))

    def read(self, campaign_id: str, number: int, page: int, owner: str) -> list[ReportEntry]:
        return self.reports.read(campaign_id, number, page, owner)


@pytest.fixture(params=[pytest.param("memory"), pytest.param("s3", marks=pytest.mark.emulator)])
def reports(request: pytest.FixtureRequest, aws: boto3.Session) -> Written:
    if request.param == "memory":
        memory = MemoryReports()
        return Written(memory, MemoryReportPages(memory))
    endpoint = request.getfixturevalue("aws_endpoint")
    s3 = aws.client("s3", endpoint_url=endpoint)
    bucket = f"reports-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=bucket)
    pages = S3ReportPages(request.getfixturevalue("dynamodb"), bucket, endpoint)
    return Written(S3Reports(lambda: s3, bucket), pages)


def segment(number: int = 0, pages: int = 0, owner: str = "ann", campaign_id: str = "c-1") -> Segment:
    return Segment(campaign_id, number, owner, AT, pages=pages)


def sent(*openids: str) -> list[Outcome]:
    return [Outcome(openid, Status.SENT, permit_kind=permit_kinds.FORM) for openid in openids]


def names(entries: list[ReportEntry]) -> list[str]:
    return [entry.openid for entry in entries]


def entry(openid: str, status: Status, **more: Any) -> ReportEntry:
    return ReportEntry(openid=openid, status=status, at=AT, **more)


def test_each_entry_says_what_is_known_and_when(reports: Written) -> None:
    outcomes = [
        Outcome("ada", Status.SENT, permit_kind=permit_kinds.PAY),
        Outcome("bob", Status.FAILED, Reason.REFUSED, 43101, permit_kinds.ONCE, Fault.ACCOUNT),
        Outcome("cat", Status.SKIPPED, Reason.NO_PERMIT),
        Outcome("dan", Status.UNKNOWN, permit_kind=permit_kinds.LONG, fault=Fault.TRANSIENT),
        Outcome("eve", Status.FAILED, Reason.WECHAT_UNAVAILABLE, -1),
        Outcome("fay", Status.FAILED, Reason.WECHAT_UNAVAILABLE, 0),
        Outcome("gus", Status.SENT, permit_kind=permit_kinds.ONCE, msgid=2**64 - 1),
        Outcome("hal", Status.SENT, permit_kind=permit_kinds.ONCE, msgid=0),
    ]
    reports.write(segment(), outcomes, AT)
    assert reports.read("c-1", 0, 0, "ann") == [
        entry("ada", Status.SENT, permit_kind="pay"),
        entry("bob", Status.FAILED, reason=Reason.REFUSED, errcode=43101, permit_kind="once"),
        entry("cat", Status.SKIPPED, reason=Reason.NO_PERMIT),
        entry("dan", Status.UNKNOWN, permit_kind="long"),
        entry("eve", Status.FAILED, reason=Reason.WECHAT_UNAVAILABLE, errcode=-1),
        entry("fay", Status.FAILED, reason=Reason.WECHAT_UNAVAILABLE, errcode=0),
        entry("gus", Status.SENT, permit_kind="once", msgid="18446744073709551615"),
        entry("hal", Status.SENT, permit_kind="once", msgid="0"),
    ]


def test_an_entry_has_what_the_provider_said_with_a_refusal(reports: Written) -> None:
    said = 'data."time2" ist leer 空 rid: 617682e0-09059ac5-34a8e2ea'
    outcomes = [
        Outcome("ada", Status.SENT),
        Outcome("bob", Status.FAILED, Reason.INVALID_DATA, 47003, errmsg=said, rid="r-1"),
        Outcome("cat", Status.FAILED, Reason.INVALID_DATA, 47003, errmsg="other"),
        Outcome("dan", Status.FAILED, Reason.INVALID_DATA, 47003),
    ]
    reports.write(segment(), outcomes, AT)
    found = reports.read("c-1", 0, 0, "ann")
    assert [(each.errmsg, each.rid) for each in found] == [
        (None, None),
        (said, "r-1"),
        ("other", None),
        (None, None),
    ]


@pytest.mark.emulator
def test_a_line_has_what_is_known_and_an_instant(
    aws: boto3.Session, aws_endpoint: str, dynamodb: DynamoDBClient
) -> None:
    s3 = aws.client("s3", endpoint_url=aws_endpoint)
    s3.create_bucket(Bucket=(bucket := f"reports-{uuid.uuid4().hex}"))
    bob = Outcome("bob", Status.FAILED, Reason.REFUSED, 43101, permit_kinds.ONCE)
    cat = Outcome("cat", Status.SENT, msgid=2**64 - 1)
    pages = S3ReportPages(dynamodb, bucket, aws_endpoint)
    asyncio.run(pages.write(segment(), [bob, cat], AT))
    body = s3.get_object(Bucket=bucket, Key="campaigns/c-1/0000/00000000-ann.jsonl")["Body"].read()
    instant = "2027-01-15T08:00:00.007Z"
    assert [json.loads(line) for line in body.splitlines()] == [
        {
            "openid": "bob",
            "status": "failed",
            "reason": "refused",
            "errcode": 43101,
            "permit_kind": "once",
            "at": instant,
        },
        {"openid": "cat", "status": "sent", "msgid": "18446744073709551615", "at": instant},
    ]


def test_an_entry_has_the_instant_of_its_answer_and_the_first_one_that_of_the_page(reports: Written) -> None:
    instants = [AT - 8_000, AT - 8_001, None, AT - 1, AT, AT - 7_008, AT - 8_000]
    outcomes = [Outcome(f"user-{n}", Status.SENT, msgid=n, at=at) for n, at in enumerate(instants)]
    reports.write(segment(), outcomes, AT)
    found = reports.read("c-1", 0, 0, "ann")
    assert [entry.at for entry in found] == [AT if at is None else at for at in instants]
    assert [entry.page_at for entry in found] == [AT, *[None] * (len(instants) - 1)]


@pytest.mark.parametrize("first", [AT, None])
def test_a_page_that_was_written_at_its_first_instant_does_not_say_so_twice(
    reports: Written, first: int | None
) -> None:
    reports.write(segment(), [Outcome("ada", Status.SENT, at=first)], AT)
    assert [(entry.at, entry.page_at) for entry in reports.read("c-1", 0, 0, "ann")] == [(AT, None)]


def test_a_page_is_as_long_as_it_was_and_in_order(reports: Written) -> None:
    openids = [f"user-{n}" for n in range(1000, 0, -1)]
    reports.write(segment(), sent(*openids), AT)
    assert names(reports.read("c-1", 0, 0, "ann")) == openids


def test_names_that_are_no_openids_do_not_break_the_lines(reports: Written) -> None:
    odd = ["", " ", '"', "\\", "a\nb", "a\rb", "a\tb", "\x00", "\x85", "\u2028", "张三", "😀", '{"x":1}']
    reports.write(segment(), sent(*odd), AT)
    assert names(reports.read("c-1", 0, 0, "ann")) == odd


@pytest.mark.parametrize("at", [AT, AT - 7, AT + 992])
def test_instants_have_milliseconds(reports: Written, at: int) -> None:
    reports.write(segment(), sent("ada"), at)
    (found,) = reports.read("c-1", 0, 0, "ann")
    assert found.at == at
    assert iso(found.at) == f"2027-01-15T08:00:00.{at % 1000:03}Z"


def test_pages_of_other_owners_segments_and_campaigns_are_other_pages(reports: Written) -> None:
    written = [
        segment(),
        segment(pages=1),
        segment(number=1),
        segment(owner="bob"),
        segment(campaign_id="c-2"),
        segment(number=12, pages=34),
        segment(number=123, pages=4),
    ]
    for n, each in enumerate(written):
        reports.write(each, sent(f"user-{n}"), AT)
    found = [reports.read(each.campaign_id, each.number, each.pages, each.owner) for each in written]
    assert [names(page) for page in found] == [[f"user-{n}"] for n in range(len(written))]


def test_a_page_written_again_is_as_it_was_written_last(reports: Written) -> None:
    reports.write(segment(), sent("ada"), AT)
    reports.write(segment(), sent("ada", "bob"), AT)
    assert names(reports.read("c-1", 0, 0, "ann")) == ["ada", "bob"]


def test_a_page_that_is_not_there_is_a_store_error(reports: Written) -> None:
    reports.write(segment(), sent("ada"), AT)
    with pytest.raises(StoreError):
        reports.read("c-1", 0, 0, "bob")


@pytest.mark.emulator
def test_a_page_in_a_bucket_that_is_not_there_is_a_store_error(
    dynamodb: DynamoDBClient, aws_endpoint: str
) -> None:
    with pytest.raises(StoreError, match="NoSuchBucket"):
        asyncio.run(S3ReportPages(dynamodb, "none", aws_endpoint).write(segment(), sent("ada"), AT))


def test_a_page_that_cannot_be_sent_is_a_store_error(nowhere: DynamoDBClient) -> None:
    with pytest.raises(StoreError, match="CURLE_COULDNT_CONNECT"):
        asyncio.run(S3ReportPages(nowhere, "none", "http://127.0.0.1:1").write(segment(), sent("ada"), AT))
