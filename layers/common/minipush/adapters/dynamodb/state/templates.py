"""The account's templates in the State table: one item, so that a sync is seen whole or not at all.

WeChat allows an account some dozens of templates of a few hundred bytes each: an item has room for them.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.templates import SyncedTemplates, Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID = "templates"


class DynamoTemplates:
    def __init__(self, client: "DynamoDBClient", state_table: str) -> None:
        self._values = StateValues(client, state_table)

    def read(self) -> SyncedTemplates | None:
        kept = self._values.read(ID)
        if kept is None:
            return None
        return SyncedTemplates(kept["synced_at"], tuple(_template(entry) for entry in kept["templates"]))

    def keep(self, known: SyncedTemplates) -> None:
        self._values.keep(ID, asdict(known))


def _template(entry: dict[str, Any]) -> Template:
    enums = {key: tuple(values) for key, values in entry.pop("enums").items()}
    return Template(**entry | {"keys": tuple(entry["keys"])}, enums=enums)
