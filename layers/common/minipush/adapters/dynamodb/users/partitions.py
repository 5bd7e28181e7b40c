"""A user's partition of the table: the profile and the permits."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.users.items import (
    PROFILE,
    Item,
    read_follower,
    read_last_seen,
    read_permit,
    read_settings,
    read_template_refusals,
)
from minipush.domain.permit_kinds import follow_permits
from minipush.domain.users import User, UserSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from minipush.domain.template_refusals import TemplateRefusal


def read_partition(client: "DynamoDBClient", table: str, openid: str) -> Iterator[Item]:
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="openid = :openid",
        ExpressionAttributeValues={":openid": {"S": openid}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]


def read_user(openid: str, partition: Iterable[Item], official_appid: str = "") -> User:
    """`official_appid`: the deployment's official account, if it has one."""
    settings = UserSettings()
    template_refusals: tuple[TemplateRefusal, ...] = ()
    last_seen = follower = None
    permits = []
    for item in partition:
        if item["sk"]["S"] == PROFILE:
            settings = read_settings(item)
            template_refusals = read_template_refusals(item)
            last_seen = read_last_seen(item)
            if follower := read_follower(item, official_appid):
                permits += follow_permits(follower)
        elif permit := read_permit(item):
            permits.append(permit)
    return User(openid, settings, tuple(permits), template_refusals, last_seen, follower)
