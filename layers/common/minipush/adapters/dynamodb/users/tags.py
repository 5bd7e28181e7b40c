"""The tags of many users, in their profiles."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import raises_store_error
from minipush.adapters.dynamodb.batch_reads import CONSISTENT, read_many
from minipush.adapters.dynamodb.statements import Statement, Statements, insert
from minipush.adapters.dynamodb.users.items import PROFILE, key, read_settings, settings_value
from minipush.application.ports.tags import ListedUsers, TagChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sorts behind all items of a user.
BEHIND = "~"


class DynamoTagStore:
    def __init__(
        self, client: "DynamoDBClient", table: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep
        self._statements = Statements(client, sleep)

    @raises_store_error
    def read(self, openids: Sequence[str]) -> dict[str, frozenset[str]]:
        keys = [key(openid, PROFILE) for openid in openids]
        profiles = read_many(
            self._client,
            self._table,
            keys,
            self._sleep,
            how=CONSISTENT | {"ProjectionExpression": "openid, tags"},
        )
        return {profile["openid"]["S"]: frozenset(read_settings(profile).tags) for profile in profiles}

    def replace(self, changes: Sequence[TagChange]) -> list[bool]:
        results = self._statements.execute([self._replacement(change) for change in changes])
        for result in results:
            if result.error:
                raise result.error
        return [result.done for result in results]

    def _replacement(self, change: TagChange) -> Statement:
        where, after = key(change.openid, PROFILE), settings_value(tuple(sorted(change.after)))
        if change.before is None:
            return insert(self._table, where | ({"tags": after} if after else {}))
        to = ("SET tags = ?", after) if after else ("REMOVE tags",)
        was = ("tags = ?", {"SS": sorted(change.before)}) if change.before else ("tags IS MISSING",)
        text = f'UPDATE "{self._table}" {to[0]} WHERE openid = ? AND sk = ? AND {was[0]}'
        return Statement(text, (*to[1:], *where.values(), *was[1:]))

    @raises_store_error
    def list_users(self, tag: str | None, after: str | None) -> ListedUsers:
        """A scan reads all items of the users, permits, too. The profile is a user's first item, if there is one."""
        start: dict[str, Any] = {"ExclusiveStartKey": key(after, BEHIND)} if after else {}
        answer: Any = self._client.scan(
            TableName=self._table,
            ProjectionExpression="openid",
            ConsistentRead=True,
            **_bearing(tag),
            **start,
        )
        last = answer.get("LastEvaluatedKey")
        openids = dict.fromkeys(item["openid"]["S"] for item in answer["Items"])
        return ListedUsers((*openids,), last["openid"]["S"] if last else None)


def _bearing(tag: str | None) -> dict[str, Any]:
    if tag is None:
        return {}
    return {
        "FilterExpression": "sk = :profile AND contains(tags, :tag)",
        "ExpressionAttributeValues": {":profile": {"S": PROFILE}, ":tag": {"S": tag}},
    }
