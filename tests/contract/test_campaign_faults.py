"""The campaign store under DynamoDB's faults: lost answers, batches processed in part, no connection."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pycurl
import pytest
from botocore.config import Config
from mypy_boto3_dynamodb import DynamoDBClient
from support.dynamodb_proxy import Client, LosesAnswers
from support.sample_campaigns import NOW, campaign, ids, named
from support.segments import SegmentStore
from support.tables import create_campaigns_table

from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.campaigns.running_segments import DynamoRunningSegments
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.channels import message_type
from minipush.curl import CurlAnswer
from minipush.domain.campaign_errors import SegmentLeasedError
from minipush.domain.campaign_minutes import Closed, Minute
from minipush.domain.campaigns import CampaignStatus, Segment
from minipush.errors import StoreError

RUNNING, PAUSED = frozenset({CampaignStatus.RUNNING}), CampaignStatus.PAUSED


class TakesHalf(Client):
    """Processes one half of each batch."""

    def batch_write_item(self, **request: Any) -> Any:
        ((table, asked),) = request["RequestItems"].items()
        half = (len(asked) + 1) // 2
        self.real.batch_write_item(RequestItems={table: asked[:half]})
        return {"UnprocessedItems": {table: asked[half:]} if asked[half:] else {}}

    def batch_get_item(self, **request: Any) -> Any:
        ((table, asked),) = request["RequestItems"].items()
        keys, how = asked["Keys"], {"ConsistentRead": asked["ConsistentRead"]}
        half = (len(keys) + 1) // 2
        answer = self.real.batch_get_item(RequestItems={table: {"Keys": keys[:half], **how}})
        rest = {table: {"Keys": keys[half:], **how}} if keys[half:] else {}
        return {"Responses": answer["Responses"], "UnprocessedKeys": rest}


class TakesNothing(Client):
    def batch_write_item(self, **request: Any) -> Any:
        return {"UnprocessedItems": request["RequestItems"]}

    def batch_get_item(self, **request: Any) -> Any:
        return {"Responses": {}, "UnprocessedKeys": request["RequestItems"]}


class SmallPages(Client):
    """Returns pages of two items, as a large table does."""

    def query(self, **request: Any) -> Any:
        return self.real.query(**{"Limit": 2} | request)


class DiesAfterTheSlices(Client):
    def put_item(self, **request: Any) -> Any:
        raise SystemExit


@dataclass
class Interrupted(Client):
    """Calls `happens` after the first read."""

    happens: Callable[[], object]

    def get_item(self, **request: Any) -> Any:
        answer = self.real.get_item(**request)
        happens, self.happens = self.happens, lambda: None
        happens()
        return answer


@pytest.fixture
def table(dynamodb: DynamoDBClient) -> str:
    return create_campaigns_table(dynamodb)


@pytest.fixture
def over(dynamodb: DynamoDBClient, table: str) -> Callable[[type[Client]], DynamoCampaignStore]:
    """Makes stores with such a client, all with the same table."""
    return lambda client: DynamoCampaignStore(client(dynamodb), table, 90, message_type, lambda _: None)  # type: ignore[arg-type]


type Over = Callable[[type[Client]], DynamoCampaignStore]


@pytest.mark.emulator
def test_a_lost_answer_makes_no_ones_step_anothers(over: Over) -> None:
    store = over(LosesAnswers)
    made = store.create(campaign())
    stepped = store.step("c-1", RUNNING, PAUSED, NOW + 1)
    assert stepped == replace(made, status=PAUSED, changed_at=NOW + 1)
    assert store.step("c-1", RUNNING, PAUSED, NOW + 1) is None
    store.mark_published(stepped)
    assert not store.has_unpublished("c-1")


class LosesFirstAnswers(EventLoopCalls):
    """Loses the first answer to each call, which is then repeated."""

    lost = 0

    async def exchange(self, operation: str, body: bytes) -> CurlAnswer:
        answer = await super().exchange(operation, body)
        self.lost += 1
        return CurlAnswer(pycurl.E_RECV_ERROR, was_sent=True) if self.lost % 2 else answer


def running(dynamodb: DynamoDBClient, table: str) -> DynamoRunningSegments:
    return DynamoRunningSegments(LosesFirstAnswers(dynamodb), table, 90)


@pytest.mark.emulator
def test_a_lost_answer_leaves_the_segment_with_who_took_it(
    over: Over, dynamodb: DynamoDBClient, table: str
) -> None:
    store = SegmentStore(over(LosesAnswers), running(dynamodb, table))
    first = store.take("c-1", 0, "ann", NOW, NOW + 10)
    assert store.save(replace(first, pages=2))
    assert store.renew(first, NOW + 20)
    second = store.take("c-1", 0, "bob", NOW + 20, NOW + 30)
    assert second == Segment("c-1", 0, "bob", NOW + 30, pages=2, owners=((0, "ann"), (2, "bob")))


@pytest.mark.emulator
def test_an_owner_that_is_a_moment_quicker_keeps_its_segment(dynamodb: DynamoDBClient, table: str) -> None:
    store = SegmentStore(DynamoCampaignStore(dynamodb, table, 90, message_type), running(dynamodb, table))
    segment = store.take("c-1", 0, "ann", NOW, NOW + 10)
    client: Any = Interrupted(dynamodb, lambda: store.renew(segment, NOW + 40))
    with pytest.raises(SegmentLeasedError) as held:
        DynamoCampaignStore(client, table, 90, message_type).take("c-1", 0, "bob", NOW + 10, NOW + 50)
    assert held.value.until == NOW + 40
    assert store.save(segment)


@pytest.mark.emulator
def test_what_a_batch_leaves_unprocessed_goes_again(over: Over) -> None:
    store = over(TakesHalf)
    made = campaign(audience=named(10_000))
    assert store.openids(store.create(made)) == made.plan.audience.openids
    for n in range(5):
        store.create(campaign(f"c-{n}"))
    page, _ = store.newest(10, None)
    assert ids(page) == ["c-4", "c-3", "c-2", "c-1", "c-0"]


@pytest.mark.emulator
def test_a_table_that_takes_nothing_is_a_store_error(over: Over) -> None:
    over(Client).create(campaign())
    store = over(TakesNothing)
    with pytest.raises(StoreError):
        store.create(campaign("c-2", audience=named(1000)))
    with pytest.raises(StoreError):
        store.newest(1, None)


@pytest.mark.emulator
def test_unfinished_campaigns_are_found_on_every_page(over: Over) -> None:
    store = over(SmallPages)
    for n in range(9):
        store.create(campaign(f"c-{n}", CampaignStatus.COMPLETED if n in (2, 3, 4, 8) else PAUSED))
    assert sorted(ids(list(store.unfinished()))) == ["c-0", "c-1", "c-5", "c-6", "c-7"]


@pytest.mark.emulator
def test_a_creation_that_dies_leaves_no_campaign_and_can_be_repeated(over: Over) -> None:
    made = campaign(audience=named(1000))
    with pytest.raises(SystemExit):
        over(DiesAfterTheSlices).create(made)
    store = over(Client)
    assert store.read("c-1") is None
    assert store.newest(10, None) == ([], None)
    assert store.openids(store.create(made)) == made.plan.audience.openids


@pytest.mark.emulator
def test_a_campaign_is_kept_so_many_days_after_it_is_due(
    dynamodb: DynamoDBClient, table: str, over: Over
) -> None:
    day = 24 * 60 * 60
    now_made, later_made = campaign("c-now"), campaign("c-later", audience=named(1000))
    due = NOW + 200 * day * 1000
    over(Client).create(now_made)
    over(Client).create(replace(later_made, plan=replace(later_made.plan, at=due)))
    over(Client).take("c-now", 0, "ann", NOW + 5000, NOW + 9000)
    kept = {
        (item["campaign_id"]["S"], item["sk"]["S"]): int(item["ttl"]["N"]) - NOW // 1000
        for item in dynamodb.scan(TableName=table)["Items"]
    }
    assert kept == {
        ("c-now", "!meta"): 90 * day,
        ("c-now", "segment#0000"): 90 * day + 5,
        ("c-later", "!meta"): 290 * day,
        ("c-later", "slice#0000"): 290 * day,
        ("c-later", "slice#0001"): 290 * day,
    }


NAMED = replace(campaign(), plan=replace(campaign().plan, audience=replace(named(1), openids=())))
SEGMENT = Segment("c-1", 0, "ann", NOW)
CALLS: dict[str, Callable[[DynamoCampaignStore], object]] = {
    "create": lambda store: store.create(campaign()),
    "read": lambda store: store.read("c-1"),
    "openids": lambda store: store.openids(NAMED),
    "newest": lambda store: store.newest(1, None),
    "step": lambda store: store.step("c-1", RUNNING, PAUSED, NOW),
    "unfinished": lambda store: list(store.unfinished()),
    "has_unpublished": lambda store: store.has_unpublished("c-1"),
    "mark_published": lambda store: store.mark_published(campaign()),
    "segments": lambda store: store.segments("c-1"),
    "take": lambda store: store.take("c-1", 0, "ann", NOW, NOW + 1),
}
RUNNING_CALLS: dict[str, Callable[[SegmentStore], object]] = {
    "status": lambda store: store.status("c-1"),
    "renew": lambda store: store.renew(SEGMENT, NOW),
    "save": lambda store: store.save(SEGMENT),
    "save and close": lambda store: store.save(SEGMENT, Closed(NOW, (Minute(1, sent=1),))),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_table_that_cannot_be_reached_is_a_store_error(
    call: Callable[[DynamoCampaignStore], object], unreachable: DynamoDBClient
) -> None:
    with pytest.raises(StoreError):
        call(DynamoCampaignStore(unreachable, "campaigns", 90, message_type))


@pytest.mark.parametrize("call", RUNNING_CALLS.values(), ids=RUNNING_CALLS)
def test_so_is_it_for_a_worker(call: Callable[[SegmentStore], object], unreachable: DynamoDBClient) -> None:
    store = SegmentStore(
        DynamoCampaignStore(unreachable, "campaigns", 90, message_type),
        DynamoRunningSegments(EventLoopCalls(unreachable), "campaigns", 90),
    )
    with pytest.raises(StoreError):
        call(store)


@pytest.fixture
def unreachable(aws: boto3.Session) -> Iterator[DynamoDBClient]:
    once = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    client = aws.client("dynamodb", endpoint_url="http://127.0.0.1:1", config=once)
    yield client
    client.close()
