"""What the contenders work on: the deployment's tables on the emulator, users with permits, the same in Redis."""

import itertools
import json
import time
from collections import Counter
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING, Any

import boto3
import redis
import yaml

from benchmarks.contender import Job, openids
from local.processes import ROOT
from minipush.adapters.clock import milliseconds
from minipush.adapters.dynamodb.campaigns.campaigns import DynamoCampaignStore
from minipush.adapters.dynamodb.event_loop_calls import EventLoopCalls
from minipush.adapters.dynamodb.plain_json import plain_json_session
from minipush.adapters.dynamodb.users.items import permit_item
from minipush.adapters.dynamodb.users.users import DynamoUserStore
from minipush.adapters.sqs import SqsSegmentQueue
from minipush.channels import SUBSCRIBE_MESSAGE, TEMPLATE_MESSAGE, message_type
from minipush.container import Container
from minipush.domain import permit_kinds
from minipush.domain.campaign_progress import Progress, progress_of
from minipush.domain.campaigns import Audience, AudienceType, Campaign, CampaignStatus, Plan
from minipush.domain.messages import Message
from minipush.domain.permits import Permit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

WRITES = ("BatchExecuteStatement", "BatchWriteItem", "DeleteItem", "PutItem", "UpdateItem")
HOUR_MS = 60 * 60 * 1000
TEMPLATE_ID = "TEMPLATE"
PAGE = "pages/order"
DATA = {"keyword1": {"value": "Tea"}, "keyword2": {"value": "on its way"}}
FORM_ID = "0" * 32


def body_of(job: Job, openid: str, form_id: str = FORM_ID) -> bytes:
    body = {"touser": openid, "template_id": TEMPLATE_ID, "page": PAGE, "data": DATA}
    return json.dumps(body if job.subscribes else body | {"form_id": form_id}).encode()


def permits(user: int, count: int, *, subscribes: bool = False) -> list[Permit]:
    if subscribes:
        once = (f"{user:020x}{n:012x}" for n in range(count))
        return [Permit(permit_kinds.ONCE, id_, template_id=TEMPLATE_ID) for id_ in once]
    soon = time.time_ns() // 1_000_000 + HOUR_MS
    return [Permit(permit_kinds.FORM, f"{user:020x}{n:012x}", soon + n * HOUR_MS) for n in range(count)]


def count_units(client: "DynamoDBClient") -> Counter[str]:
    """Write units by table of botocore's calls from now on, as DynamoDB reports them."""
    units: Counter[str] = Counter()

    def ask(params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def add(parsed: dict[str, Any], **_: Any) -> None:
        _add_units(units, parsed)

    for operation in WRITES:
        client.meta.events.register(f"provide-client-params.dynamodb.{operation}", ask)
        client.meta.events.register(f"after-call.dynamodb.{operation}", add)
    return units


def count_worker_units(c: Container) -> Counter[str]:
    """As `count_units`, of all calls of a worker. What it sends in the event loop asks for the units as well."""
    units = count_units(c.dynamodb)

    class CountedCalls(EventLoopCalls):
        async def __call__(self, operation: str, body: bytes) -> dict[str, Any]:
            if operation not in WRITES:
                return await super().__call__(operation, body)
            answer = await super().__call__(operation, b'{"ReturnConsumedCapacity":"TOTAL",' + body[1:])
            _add_units(units, answer)
            return answer

    c.override(event_loop_calls=CountedCalls(c.dynamodb))
    return units


def _add_units(units: Counter[str], answer: dict[str, Any]) -> None:
    consumed = answer.get("ConsumedCapacity", [])
    for capacity in consumed if isinstance(consumed, list) else [consumed]:
        units[capacity["TableName"]] += capacity["CapacityUnits"]


class Cloud:
    """A deployment on a running emulator. `environment`: its worker's environment variables."""

    def __init__(self, url: str) -> None:
        self._names = (f"bench-{n}" for n in itertools.count())
        self._url = url

    @cached_property
    def environment(self) -> dict[str, str]:
        secret: Any = self._client("secretsmanager").create_secret(
            Name="bench", SecretString=json.dumps({"app_secret": "stub"})
        )
        self._client("s3").create_bucket(Bucket="bench")
        return {
            "AWS_ENDPOINT_URL": self._url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "STATE_TABLE": self._create("State"),
            "CAMPAIGNS_TABLE": self._create("Campaigns"),
            "CAMPAIGN_QUEUE_URL": self._client("sqs").create_queue(QueueName="bench")["QueueUrl"],
            "REPORTS_BUCKET": "bench",
            "WECHAT_SECRET_ARN": secret["ARN"],
            "ACCESS_SECRET_ARN": secret["ARN"],
            "WECHAT_APPID": "wx0000000000000000",
            "WECHAT_CA": "",
            "WECHAT_TOKEN_MODE": "stable",
            "REDIS_URL": "",
            "REDIS_SECRET_ARN": "",
            "PERMITS_PER_USER": "100",
            "SESSION_SECONDS": "3600",
            "SWEEP_GRACE_HOURS": "0",
            "EVENT_BUS": "default",
            "CAMPAIGN_SEGMENTS": "1",
            "CAMPAIGN_DAYS": "1",
            "MAX_SENDS_PER_SECOND": "0",
            "ERROR_PERCENT": "50",
            "SUBSCRIPTION_SOURCE": "client",
            "POWERTOOLS_METRICS_NAMESPACE": "minipush",
            "POWERTOOLS_SERVICE_NAME": "bench",
        }

    def settle(self, users: int, permits_each: int, *, subscribes: bool = False) -> str:
        """A table of such users; its name."""
        table = self._create("Users")
        items = self._items(users, permits_each, subscribes=subscribes)
        for batch in batched(items, 25, strict=False):
            puts: Any = [{"PutRequest": {"Item": item}} for item in batch]
            self._dynamodb.batch_write_item(RequestItems={table: puts})
        return table

    def _items(self, users: int, permits_each: int, *, subscribes: bool) -> "Iterator[Mapping[str, Any]]":
        for n, openid in enumerate(openids(users)):
            theirs = permits(n, permits_each, subscribes=subscribes)
            yield from (permit_item(openid, permit) for permit in theirs)

    def collect(self, users: int, permits_each: int) -> float:
        """Write units for each permit that is taken in."""
        table = self._create("Users")
        client: DynamoDBClient = self._client("dynamodb", plain_json_session())
        units, store = count_units(client), DynamoUserStore(client, table)
        for n, openid in enumerate(openids(users)):
            store.add(openid, permits(n, permits_each))
        return units[table] / (users * permits_each)

    def launch(self, *, subscribes: bool = False) -> str:
        """Create and queue a campaign to all users with one segment; return its id."""
        now = time.time_ns() // 1_000_000
        message = Message(SUBSCRIBE_MESSAGE if subscribes else TEMPLATE_MESSAGE, TEMPLATE_ID, PAGE, DATA)
        plan = Plan("bench", message, Audience(AudienceType.ALL))
        campaign = Campaign(f"c-{next(self._names)}", plan, 1, CampaignStatus.RUNNING, now, now, now)
        self._campaigns.create(campaign)
        SqsSegmentQueue(lambda: self._client("sqs"), self.environment["CAMPAIGN_QUEUE_URL"]).put(
            campaign.id, [0]
        )
        return campaign.id

    def progress(self, campaign_id: str) -> Progress:
        campaign = self._campaigns.read(campaign_id)
        [segment] = self._campaigns.segments(campaign_id)
        assert campaign
        return progress_of(campaign, [segment], milliseconds())

    @cached_property
    def _campaigns(self) -> DynamoCampaignStore:
        return DynamoCampaignStore(
            self._dynamodb, self.environment["CAMPAIGNS_TABLE"], days=1, message_type=message_type
        )

    @cached_property
    def _dynamodb(self) -> "DynamoDBClient":
        client: DynamoDBClient = self._client("dynamodb", plain_json_session())
        return client

    def _client(self, service: str, session: Any = boto3) -> Any:
        return session.client(
            service,
            endpoint_url=self._url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # the emulator's
        )

    def _create(self, resource: str) -> str:
        """Create a table as template.yaml defines it; return its name."""
        name, properties = next(self._names), _resources()[resource]["Properties"]
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        given: Any = {key: properties[key] for key in wanted if key in properties}
        self._dynamodb.create_table(TableName=name, **given)
        return name


def fill_redis(socket: str, users: int, permits_each: int) -> None:
    """As the articles do it: a list of formIds for each user."""
    with redis.Redis(unix_socket_path=socket) as client:
        client.flushall()
        with client.pipeline(transaction=False) as pipeline:
            for n, openid in enumerate(openids(users)):
                pipeline.rpush(openid, *(permit.id for permit in permits(n, permits_each)))
            pipeline.execute()


class _Template(yaml.SafeLoader):
    """Ignores CloudFormation's own tags."""


_Template.add_multi_constructor("!", lambda *_: None)


def _resources() -> dict[str, Any]:
    with (ROOT / "template.yaml").open() as text:
        return dict(yaml.load(text, _Template)["Resources"])  # noqa: S506  # a SafeLoader
