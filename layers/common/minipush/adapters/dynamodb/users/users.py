"""Users in DynamoDB."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from minipush.adapters.aws.errors import is_written, raises_store_error
from minipush.adapters.dynamodb.statements import Statement, StatementResult, Statements, insert
from minipush.adapters.dynamodb.updates import update
from minipush.adapters.dynamodb.users.counts import (
    admission_update,
    counted_update,
    read_changes,
    read_counts,
    repeats_update,
)
from minipush.adapters.dynamodb.users.invalidations import invalidation
from minipush.adapters.dynamodb.users.items import (
    PROFILE,
    REFUSED,
    REPORTED_UNKNOWN,
    WITHDRAWAL_ERRCODE,
    WITHDRAWN,
    Item,
    key,
    late_report_value,
    permit_item,
    read_last_seen,
    read_settings,
    settings_value,
    sort_key,
    template_refusal_value,
)
from minipush.adapters.dynamodb.users.partitions import read_partition, read_user
from minipush.adapters.dynamodb.users.settings_log_items import (
    SETTINGS_LOG,
    read_settings_log,
    settings_log_value,
)
from minipush.application.ports.users import CountedSettings, CountedUser
from minipush.domain.daily_use import Admission, CountedChange
from minipush.domain.deliveries import NO_MSGID
from minipush.domain.permits import WITHDRAWAL, Claim, Permit
from minipush.domain.settings_log import SettingsLog
from minipush.domain.template_refusals import TemplateRefusal
from minipush.domain.users import User, UserSettings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# How often to try. A permit whose claim changes between all reads and writes is left as it is.
WITHDRAWALS = 2
LOGIN_RECORDED_MS = 10 * 60 * 1000
_REPORTED = f"#{REPORTED_UNKNOWN} = :holder"
_NOT_REPORTED = f"(attribute_not_exists(#{REPORTED_UNKNOWN}) OR #{REPORTED_UNKNOWN} <> :holder)"


class DynamoUserStore:
    """`official_appid`: the deployment's official account, if it has one."""

    def __init__(self, client: "DynamoDBClient", table: str, official_appid: str = "") -> None:
        self._client = client
        self._table = table
        self._official_appid = official_appid
        self._statements = Statements(client)

    @raises_store_error
    def read(self, openid: str) -> User:
        return self._user(openid, read_partition(self._client, self._table, openid))

    @raises_store_error
    def read_counted(self, openid: str) -> CountedUser:
        partition = list(read_partition(self._client, self._table, openid))
        return CountedUser(self._user(openid, partition), read_counts(partition))

    @raises_store_error
    def read_settings(self, openid: str) -> CountedSettings:
        profile = self._profile(openid)
        return CountedSettings(read_settings(profile), read_changes(profile), read_settings_log(profile))

    @raises_store_error
    def last_login(self, openid: str) -> int | None:
        return read_last_seen(self._profile(openid))

    @raises_store_error
    def admit(self, openid: str, admission: Admission) -> bool:
        return is_written(self._client, partial(self._update_profile, openid, admission_update(admission)))

    @raises_store_error
    def count_repeats(self, openid: str, permits: int, day: int) -> None:
        is_written(self._client, partial(self._update_profile, openid, repeats_update(permits, day)))

    def add(
        self, openid: str, permits: list[Permit], day: int | None = None, at: int | None = None
    ) -> list[bool]:
        inserts = [insert(self._table, permit_item(openid, permit, day, at)) for permit in permits]
        return [result.done for result in self._execute(inserts)]

    def withdraw(self, openid: str, template_ids: set[str], now: int) -> int:
        """Withdraw each permit by a conditional write. A permit that is claimed meanwhile is marked instead.

        If its claim is released before the mark, the permit is free again: hence the second round.
        """
        theirs = [permit for permit in self.read(openid).permits if permit.template_id in template_ids]
        free = [permit for permit in theirs if permit.claim is None]
        in_use = [permit for permit in theirs if permit.claim and permit.claim.invalidated_by is None]
        taken = 0
        for _ in range(WITHDRAWALS):
            late = self._withdraw(openid, free, now)
            taken += len(free) - len(late)
            free, in_use = self._mark(openid, [*in_use, *late]), []
        return taken

    def _withdraw(self, openid: str, permits: list[Permit], now: int) -> list[Permit]:
        """The permits that could not be withdrawn: they are claimed, or gone. Deleting a missing item succeeds."""
        results = self._execute([self._withdrawn(openid, permit, now) for permit in permits])
        return [p for p, result in zip(permits, results, strict=True) if not (result.done and result.item)]

    def _mark(self, openid: str, permits: list[Permit]) -> list[Permit]:
        """The permits that are not claimed any more."""
        results = self._execute([self._marked(openid, permit) for permit in permits])
        return [permit for permit, result in zip(permits, results, strict=True) if not result.done]

    def _withdrawn(self, openid: str, permit: Permit, now: int) -> Statement:
        invalidated = invalidation(self._table, openid, permit, WITHDRAWAL, WITHDRAWAL_ERRCODE, now)
        return invalidated._replace(text=f"{invalidated.text} RETURNING ALL OLD *")

    def _marked(self, openid: str, permit: Permit) -> Statement:
        """Mark a claimed permit: giving it back will invalidate it."""
        where = "openid = ? AND sk = ? AND claim IS NOT MISSING"
        text = f'UPDATE "{self._table}" SET {WITHDRAWN} = ? WHERE {where}'  # noqa: S608
        return Statement(text, ({"BOOL": True}, *key(openid, sort_key(permit)).values()))

    def _execute(self, statements: list[Statement]) -> list[StatementResult]:
        results = self._statements.execute(statements)
        for result in results:
            if result.error:
                raise result.error
        return results

    @raises_store_error
    def mark_delivery_failed(
        self, openid: str, permit: Permit, msgid: str, errcode: int | None, at: int
    ) -> bool:
        if permit.claim is None:
            return False
        value = late_report_value(permit.claim.holder, msgid, errcode=errcode, at=at)
        return self._mark_claim(openid, permit, permit.claim, "delivery_failure", value)

    @raises_store_error
    def mark_confirmed(self, openid: str, permit: Permit, msgid: str) -> bool:
        if permit.claim is None:
            return False
        value = late_report_value(permit.claim.holder, msgid)
        return self._mark_claim(openid, permit, permit.claim, "confirmed", value)

    def _mark_claim(
        self, openid: str, permit: Permit, claim: Claim, name: str, value: dict[str, Any]
    ) -> bool:
        reported = _REPORTED if claim.is_reported_unknown else _NOT_REPORTED
        # Without a msgid, the time of WeChat's report tells one report from another.
        known_by = "at" if value["M"]["msgid"]["S"] == NO_MSGID else "msgid"
        same = f"(attribute_not_exists(#{name}) OR #{name}.#claim <> :holder OR #{name}.#{known_by} = :same)"
        compared = {"holder": {"S": claim.holder}, "same": value["M"][known_by]}
        request = update(f"#claim = :holder AND {reported} AND {same}", compared, {name: value})
        where = key(openid, sort_key(permit))
        mark = partial(self._client.update_item, TableName=self._table, Key=where, **request)
        return is_written(self._client, mark)

    @raises_store_error
    def record_login(self, openid: str, unionid: str | None, now: int) -> None:
        """A read costs a fifth of a write, and mini-programs log in often."""
        login = {"last_seen": {"N": str(now)}, **({"unionid": {"S": unionid}} if unionid else {})}
        before = self._profile(openid)
        recent = now - int(before.get("last_seen", {}).get("N", 0)) < LOGIN_RECORDED_MS
        if not (recent and before.get("unionid") == login.get("unionid", before.get("unionid"))):
            self._update_profile(openid, update("", {}, login))

    @raises_store_error
    def change(
        self,
        openid: str,
        settings: Mapping[str, Any],
        counted: CountedChange | None = None,
        log: SettingsLog | None = None,
    ) -> UserSettings:
        changes = {name: settings_value(value) for name, value in settings.items()}
        changes |= {} if log is None else {SETTINGS_LOG: settings_log_value(log)}
        return read_settings(self._update_profile(openid, counted_update(changes, counted)))

    @raises_store_error
    def save_refusals(
        self,
        openid: str,
        template_refusals: Mapping[str, TemplateRefusal | None],
        counted: CountedChange | None = None,
    ) -> None:
        changes = {
            f"{REFUSED}{template_id}": template_refusal_value(refusal) if refusal else None
            for template_id, refusal in template_refusals.items()
        }
        self._update_profile(openid, counted_update(changes, counted))

    def _user(self, openid: str, partition: Iterable[Item]) -> User:
        return read_user(openid, partition, self._official_appid)

    def _profile(self, openid: str) -> Mapping[str, Any]:
        where = key(openid, PROFILE)
        answer: Any = self._client.get_item(TableName=self._table, Key=where, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _update_profile(self, openid: str, request: dict[str, Any]) -> Mapping[str, Any]:
        """The profile after the update."""
        whole = {"TableName": self._table, "Key": key(openid, PROFILE), "ReturnValues": "ALL_NEW", **request}
        answer: Any = self._client.update_item(**whole)
        return dict(answer["Attributes"])
