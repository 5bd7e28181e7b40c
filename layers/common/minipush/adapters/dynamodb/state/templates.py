"""An account's templates in the State table: one item, so that a reader sees a whole sync or none of it.

WeChat allows an account some dozens of templates of a few hundred bytes each, which fit in an item.
"""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from minipush.adapters.dynamodb.state.keys import templates_key
from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.accounts import Account
from minipush.domain.templates import SyncedTemplates, Template

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoTemplates:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._id = templates_key(account)
        self._values = StateValues(client, state_table)

    def read(self) -> SyncedTemplates | None:
        kept = self._values.read(self._id)
        if kept is None:
            return None
        return SyncedTemplates(kept["synced_at"], tuple(_template(entry) for entry in kept["templates"]))

    def keep(self, known: SyncedTemplates) -> None:
        self._values.keep(self._id, asdict(known))


def _template(entry: dict[str, Any]) -> Template:
    enums = {key: tuple(values) for key, values in entry.pop("enums").items()}
    return Template(**entry | {"keys": tuple(entry["keys"])}, enums=enums)
