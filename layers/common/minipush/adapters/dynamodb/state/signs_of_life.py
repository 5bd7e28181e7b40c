"""Signs of life in the State table: an item for each part of the deployment."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from minipush.adapters.dynamodb.state.keys import sign_of_life_key
from minipush.adapters.dynamodb.state.values import StateValues
from minipush.domain.accounts import Account

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from minipush.domain.service_status import FinishedSweep


class DynamoSignsOfLife:
    def __init__(self, client: "DynamoDBClient", state_table: str, account: Account) -> None:
        self._values = StateValues(client, state_table)
        parts = ("sweep", "callback", "credentials")
        self._sweep, self._callback, self._credentials = (sign_of_life_key(account, part) for part in parts)

    def sweep_finished(self, sweep: "FinishedSweep") -> None:
        self._values.keep(self._sweep, asdict(sweep))

    def last_sweep(self) -> "FinishedSweep | None":
        from minipush.domain.service_status import FinishedSweep  # noqa: PLC0415  # the callback never reads it

        kept = self._values.read(self._sweep)
        return FinishedSweep(**kept) if kept else None

    def push_received(self, at: int) -> None:
        self._values.keep(self._callback, {"at": at})

    def last_callback(self) -> int | None:
        kept = self._values.read(self._callback)
        return int(kept["at"]) if kept else None

    def new_credentials_used(self, mark: str) -> None:
        self._values.keep(self._credentials, {"mark": mark})

    def last_new_credentials(self) -> str | None:
        kept = self._values.read(self._credentials)
        return str(kept["mark"]) if kept else None
