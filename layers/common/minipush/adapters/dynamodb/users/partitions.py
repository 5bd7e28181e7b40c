"""A user's partition of the table: the profile and the permits."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.users.items import (
    PROFILE,
    Item,
    read_last_seen,
    read_permit,
    read_settings,
    read_template_refusals,
)
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


def read_user(openid: str, partition: Iterable[Item]) -> User:
    settings = UserSettings()
    template_refusals: tuple[TemplateRefusal, ...] = ()
    last_seen = None
    permits = []
    for item in partition:
        if item["sk"]["S"] == PROFILE:
            settings = read_settings(item)
            template_refusals = read_template_refusals(item)
            last_seen = read_last_seen(item)
        elif permit := read_permit(item):
            permits.append(permit)
    return User(openid, settings, tuple(permits), template_refusals, last_seen)
