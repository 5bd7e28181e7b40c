"""Followers of the official account in the State table, and the profile of who is a user.

    id                            attributes
    follower#<appid>#<openid>     unionid, follows, followed_at, unfollowed_at, version
    union#<appid>#<unionid>       user (the openid in the mini-program), follower (the one in the official account)
    followers#<appid>             the sync: its value, with sync_id and step

The appid is the official account's. A profile's `official` has appid, openid, follows and version.
"""

import json
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.state.keys import follower_key, follower_sync_key, union_key
from minipush.adapters.dynamodb.updates import update
from minipush.adapters.dynamodb.users.items import OFFICIAL, PROFILE, key
from minipush.application.ports.followers import FollowerPage
from minipush.domain.accounts import Account
from minipush.domain.followers import FollowerSync, KnownFollower, SyncPhase

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_USER, _FOLLOWER = "user", "follower"


class DynamoFollowers:
    def __init__(
        self, client: "DynamoDBClient", state_table: str, users_table: str, account: Account
    ) -> None:
        self._client = client
        self._state_table = state_table
        self._users_table = users_table
        self._account = account

    @raises_store_error
    def read(self, openid: str) -> KnownFollower:
        item = self._read_state(follower_key(self._account, openid))
        return _known(openid, item) if item else KnownFollower(openid=openid)

    @raises_store_error
    def keep(self, follower: KnownFollower, before: int) -> bool:
        condition = "#version = :before" if before else "attribute_not_exists(#version)"
        compared = {"before": {"N": str(before)}} if before else {}
        changes: dict[str, dict[str, Any] | None] = {
            "unionid": {"S": follower.unionid} if follower.unionid else None,
            "follows": {"BOOL": follower.follows},
            **{name: {"N": str(getattr(follower, name))} for name in _NUMBERS},
        }
        request = update(condition, compared, changes)
        where = {"id": {"S": follower_key(self._account, follower.openid)}}
        return is_written(
            self._client, partial(self._client.update_item, TableName=self._state_table, Key=where, **request)
        )

    @raises_store_error
    def page(self, cursor: str, most: int) -> FollowerPage:
        """A scan: of the State table, followers are by far the most."""
        openids: list[str] = []
        start: Any = {"id": {"S": follower_key(self._account, cursor)}} if cursor else None
        while len(openids) < most:
            answer: Any = self._client.scan(
                TableName=self._state_table,
                Limit=most,
                Select="SPECIFIC_ATTRIBUTES",
                ProjectionExpression="id",
                FilterExpression="begins_with(id, :followers) AND follows = :yes",
                ExpressionAttributeValues={
                    ":followers": {"S": follower_key(self._account, "")},
                    ":yes": {"BOOL": True},
                },
                **({"ExclusiveStartKey": start} if start else {}),
            )
            openids += (item["id"]["S"].rpartition("#")[2] for item in answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if start is None:
                return FollowerPage(tuple(openids), None)
        return FollowerPage(tuple(openids), openids[-1])

    def join_follower(self, unionid: str, openid: str) -> str | None:
        return self._join(unionid, _FOLLOWER, openid).get(_USER)

    def join_user(self, unionid: str, openid: str) -> str | None:
        return self._join(unionid, _USER, openid).get(_FOLLOWER)

    @raises_store_error
    def user_of(self, unionid: str) -> str | None:
        return _texts(self._read_state(union_key(self._account, unionid))).get(_USER)

    @raises_store_error
    def copy(self, openid: str, follower: KnownFollower) -> None:
        there = {
            "appid": {"S": self._account.appid},
            "openid": {"S": follower.openid},
            "version": {"N": str(follower.version)},
        }
        if self._has(openid, there):
            return
        value = {"M": {**there, "follows": {"BOOL": follower.follows}}}
        other = f"#{OFFICIAL}.#appid <> :appid OR #{OFFICIAL}.#openid <> :openid"
        older = f"{other} OR #{OFFICIAL}.#version < :version"
        request = update(f"attribute_not_exists(#{OFFICIAL}) OR {older}", there, {OFFICIAL: value})
        where = key(openid, PROFILE)
        is_written(
            self._client, partial(self._client.update_item, TableName=self._users_table, Key=where, **request)
        )

    def _has(self, openid: str, there: dict[str, Any]) -> bool:
        """A read costs a fifth of a write, and a sync copies what is there already."""
        answer: Any = self._client.get_item(
            TableName=self._users_table,
            Key=key(openid, PROFILE),
            ProjectionExpression=OFFICIAL,
            ConsistentRead=True,
        )
        stored = answer.get("Item", {}).get(OFFICIAL, {}).get("M", {})
        return {name: stored.get(name) for name in there} == there

    @raises_store_error
    def _join(self, unionid: str, half: str, openid: str) -> dict[str, str]:
        """Both halves. The second one to be written sees the first."""
        id_ = union_key(self._account, unionid)
        halves = _texts(self._read_state(id_))
        if halves.get(half) == openid:
            return halves
        request = update("", {}, {half: {"S": openid}})
        where = {"id": {"S": id_}}
        answer: Any = self._client.update_item(
            TableName=self._state_table, Key=where, ReturnValues="ALL_NEW", **request
        )
        return _texts(answer["Attributes"])

    def _read_state(self, id_: str) -> dict[str, Any]:
        answer: Any = self._client.get_item(
            TableName=self._state_table, Key={"id": {"S": id_}}, ConsistentRead=True
        )
        return dict(answer.get("Item", {}))


_NUMBERS = ("followed_at", "unfollowed_at", "version")


def _texts(item: dict[str, Any]) -> dict[str, str]:
    return {half: item[half]["S"] for half in (_USER, _FOLLOWER) if half in item}


def _known(openid: str, item: dict[str, Any]) -> KnownFollower:
    numbers = {name: int(item[name]["N"]) for name in _NUMBERS}
    return KnownFollower(
        openid=openid,
        unionid=item["unionid"]["S"] if "unionid" in item else None,
        follows=item["follows"]["BOOL"],
        **numbers,
    )


class DynamoFollowerSyncs:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._client = client
        self._table = state_table
        self._key = {"id": {"S": follower_sync_key(account)}}

    @raises_store_error
    def read(self) -> FollowerSync | None:
        answer: Any = self._client.get_item(TableName=self._table, Key=self._key, ConsistentRead=True)
        if "Item" not in answer:
            return None
        value = json.loads(answer["Item"]["value"]["S"])
        return FollowerSync(**value | {"phase": SyncPhase(value["phase"])})

    @raises_store_error
    def begin(self, sync: FollowerSync) -> None:
        self._client.put_item(TableName=self._table, Item=self._item(sync))

    @raises_store_error
    def advance(self, sync: FollowerSync) -> bool:
        item = self._item(sync)
        put = partial(
            self._client.put_item,
            TableName=self._table,
            Item=item,
            # A write whose answer was lost is repeated, and finds itself.
            ConditionExpression="sync_id = :id AND (step = :before OR #value = :value)",
            ExpressionAttributeNames={"#value": "value"},
            ExpressionAttributeValues={
                ":id": item["sync_id"],
                ":before": {"N": str(sync.step - 1)},
                ":value": item["value"],
            },
        )
        return is_written(self._client, put)

    def _item(self, sync: FollowerSync) -> dict[str, Any]:
        return {
            **self._key,
            "sync_id": {"S": sync.id},
            "step": {"N": str(sync.step)},
            "value": {"S": json.dumps(asdict(sync))},
        }
