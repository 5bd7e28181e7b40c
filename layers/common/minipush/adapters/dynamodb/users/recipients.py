"""The recipients of a campaign: the users in a part of the Users table, or in a slice of the openids it names.

A cursor into the table is `openid sk` of the last item that was read of a user. A cursor into a slice is the
number of entries before it.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.dynamodb.users.items import Item, key
from minipush.adapters.dynamodb.users.partitions import read_partition, read_user
from minipush.application.ports.campaigns import CampaignStore, Recipient, RecipientPage
from minipush.domain.campaigns import SLICE, AudienceType, Campaign
from minipush.domain.users import User, is_openid

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READERS = 16
NAMED_PAGE = 100
PROJECTION = (
    "openid, sk, expires_at, permit_kind, claim, claimed_at, invalidated_by, reported_unknown, confirmed, "
    "delivery_failure, opt_out, quiet_hours, tags, official, permit_id"
)

type ReadUser = Callable[[str, Iterable[Item]], User]


class DynamoRecipients:
    """`official_appid`: the deployment's official account, if it has one."""

    def __init__(
        self,
        client: "DynamoDBClient",
        users_table: str,
        campaigns: CampaignStore,
        official_appid: str = "",
    ) -> None:
        read = partial(read_user, official_appid=official_appid)
        self._parts = _Parts(client, users_table, read)
        self._slices = _Slices(client, users_table, read, campaigns)

    @raises_store_error
    def page(self, campaign: Campaign, number: int, cursor: str | None) -> RecipientPage:
        if campaign.plan.audience.type is AudienceType.OPENIDS:
            return self._slices.page(campaign, number, int(cursor or 0))
        return self._parts.page(number, campaign.segments, cursor)


class _Parts:
    def __init__(self, client: "DynamoDBClient", table: str, read: ReadUser) -> None:
        self._client = client
        self._table = table
        self._read = read

    def page(self, number: int, parts: int, cursor: str | None) -> RecipientPage:
        """Read until the items of a second user follow: only then the first user is complete."""
        before = cursor.partition(" ")[0] if cursor else None
        items: list[Item] = []
        for page, last in self._pages(number, parts, cursor):
            # Items that the cursor's user has got since then follow the cursor. That user is done.
            items += (item for item in page if item["openid"]["S"] != before)
            if last:
                return RecipientPage(self._recipients(items), None)
            if items and items[0]["openid"] != items[-1]["openid"]:
                break
        *recipients, _ = self._recipients(items)
        return RecipientPage(recipients, recipients[-1].cursor)

    def _recipients(self, items: list[Item]) -> list[Recipient]:
        return [self._recipient(openid, list(partition)) for openid, partition in groupby(items, _openid)]

    def _recipient(self, openid: str, partition: list[Item]) -> Recipient:
        return Recipient(self._read(openid, partition), f"{openid} {partition[-1]['sk']['S']}")

    def _pages(self, number: int, parts: int, cursor: str | None) -> Iterator[tuple[list[Item], bool]]:
        start: Any = key(*cursor.split(" ", 1)) if cursor else None
        while True:
            answer: Any = self._client.scan(
                TableName=self._table,
                Segment=number,
                TotalSegments=parts,
                ProjectionExpression=PROJECTION,
                ConsistentRead=True,
                **({"ExclusiveStartKey": start} if start else {}),
            )
            start = answer.get("LastEvaluatedKey")
            yield answer["Items"], start is None
            if start is None:
                return


def _openid(item: Item) -> str:
    return str(item["openid"]["S"])


class _Slices:
    """Caches the slice that was read last: a worker reads it page by page."""

    def __init__(
        self, client: "DynamoDBClient", table: str, read: ReadUser, campaigns: CampaignStore
    ) -> None:
        self._client = client
        self._table = table
        self._read = read
        self._campaigns = campaigns
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="recipients")
        self._kept: tuple[tuple[str, int] | None, tuple[str, ...]] = (None, ())

    def page(self, campaign: Campaign, number: int, start: int) -> RecipientPage:
        openids = self._slice(campaign, number)
        users = self._threads.map(self._user, openids[start : start + NAMED_PAGE])
        recipients = [Recipient(user, str(n)) for n, user in enumerate(users, start + 1)]
        more = start + NAMED_PAGE < len(openids)
        return RecipientPage(recipients, recipients[-1].cursor if more else None)

    def _slice(self, campaign: Campaign, number: int) -> tuple[str, ...]:
        which, openids = self._kept
        if which != (campaign.id, number):
            openids = self._campaigns.openids(campaign)[number * SLICE : (number + 1) * SLICE]
            self._kept = ((campaign.id, number), openids)
        return openids

    def _user(self, openid: str) -> User:
        if not is_openid(openid):
            return User(openid)
        return self._read(openid, read_partition(self._client, self._table, openid))
