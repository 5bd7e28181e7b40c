"""Users in DynamoDB."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from minipush.adapters.items import (
    PROFILE,
    key,
    permit_item,
    read_permit,
    read_settings,
    settings_value,
)
from minipush.adapters.statements import Statement, Statements
from minipush.domain.permits import Permit
from minipush.domain.users import Settings, User
from minipush.usecases.ports import StoreError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def raises_store_error[**P, R](method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise StoreError(type(error).__name__) from error

    return called


class DynamoUserStore:
    def __init__(self, client: "DynamoDBClient", table: str, readers: int = 16) -> None:
        self._client = client
        self._table = table
        self._statements = Statements(client)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="read-users")

    @raises_store_error
    def read(self, openid: str) -> User:
        settings = Settings()
        permits = []
        for item in self._partition(openid):
            if item["sk"]["S"] == PROFILE:
                settings = read_settings(item)
            elif permit := read_permit(item):
                permits.append(permit)
        return User(openid, settings, tuple(permits))

    def read_many(self, openids: Iterable[str]) -> dict[str, User]:
        return {user.openid: user for user in self._readers.map(self.read, openids)}

    def add(self, openid: str, permits: list[Permit]) -> list[bool]:
        verdicts = self._statements.execute([self._insert(openid, permit) for permit in permits])
        return [verdict.done for verdict in verdicts]

    @raises_store_error
    def see(self, openid: str, unionid: str | None, now: int) -> None:
        changes: dict[str, Any] = {"last_seen": {"N": str(now)}}
        if unionid:
            changes["unionid"] = {"S": unionid}
        self._update_profile(openid, changes)

    @raises_store_error
    def change(self, openid: str, settings: Mapping[str, Any]) -> Settings:
        changes = {name: settings_value(value) for name, value in settings.items()}
        return read_settings(self._update_profile(openid, changes))

    def _partition(self, openid: str) -> Iterator[Mapping[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="openid = :openid",
            ExpressionAttributeValues={":openid": {"S": openid}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]

    def _insert(self, openid: str, permit: Permit) -> Statement:
        item = permit_item(openid, permit)
        fields = ", ".join(f"'{name}': ?" for name in item)
        return Statement(f'INSERT INTO "{self._table}" VALUE {{{fields}}}', tuple(item.values()))

    def _update_profile(self, openid: str, changes: Mapping[str, Any]) -> Mapping[str, Any]:
        """An attribute whose value is None goes away."""
        sets = [f"#{name} = :{name}" for name, value in changes.items() if value]
        removes = [f"#{name}" for name, value in changes.items() if not value]
        expression = " ".join(
            f"{verb} {', '.join(parts)}" for verb, parts in (("SET", sets), ("REMOVE", removes)) if parts
        )
        values = {f":{name}": value for name, value in changes.items() if value}
        answer = self._client.update_item(
            TableName=self._table,
            Key=key(openid, PROFILE),
            UpdateExpression=expression,
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ReturnValues="ALL_NEW",
            **({"ExpressionAttributeValues": values} if values else {}),  # type: ignore[arg-type]
        )
        return answer["Attributes"]
