"""Apps in the Centre table.

    attribute            of the item !meta
    name, icon_url, …    as registered
    limits               requests a second, messages to one user in an hour and in a day, broadcasts a day; one that is missing is as usual
    registered_at        ms
    secrets              its secrets, encrypted, the newest first
    hold_until, strong_off_until, banned_until
                         ms; sanctions write them

Beside it, the app has an item in the list of all apps, and an item for each secret that names it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from minipush.adapters.aws.retrying import attempts
from minipush.adapters.cipher import Cipher
from minipush.adapters.dynamodb.centre.keys import APPS, app_key, key, secret_key
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.updates import Attributes, update
from minipush.domain.centre.apps import App
from minipush.domain.centre.pushes import PushLimits
from minipush.errors import StoreError

TEXTS = ("name", "icon_url", "summary", "contact", "owner_openid")
LIVE_SECRETS = 2
_NEW = {"ConditionExpression": "attribute_not_exists(pk)"}


class DynamoApps:
    def __init__(self, table: CentreTable, cipher: Cipher) -> None:
        self._table = table
        self._cipher = cipher

    def add(self, app: App, secret: str) -> bool:
        texts = {name: {"S": text} for name in TEXTS if (text := getattr(app, name)) is not None}
        item = {
            **app_key(app.appid),
            **texts,
            "limits": _limits(app.limits),
            "registered_at": {"N": str(app.registered_at)},
            "secrets": {"L": [self._seal(app.appid, secret)]},
        }
        return not self._table.transact(
            ("Put", {"Item": item, **_NEW}),
            ("Put", {"Item": key(APPS, app.appid)}),
            ("Put", {"Item": _pointer(app.appid, secret)}),
        )

    def read(self, appid: str) -> App | None:
        item = self._table.get(app_key(appid))
        return read_app(item) if item else None

    def read_many(self, appids: Sequence[str]) -> dict[str, App]:
        found = map(read_app, self._table.get_many([app_key(appid) for appid in appids]))
        return {app.appid: app for app in found}

    def change(self, appid: str, changes: Mapping[str, Any]) -> App | None:
        texts = {name: _attribute(value) for name, value in changes.items() if name != "limits"}
        if "limits" in changes:
            return self._change_limits(appid, changes["limits"], texts)
        return self._change(appid, update("attribute_exists(#pk)", {}, texts))

    def page(self, after: str, limit: int) -> list[App]:
        listed = self._table.query(APPS, "sk > :after", {"after": after or "\0"}, Limit=limit)
        items = self._table.get_many([app_key(item["sk"]["S"]) for item in listed])
        return sorted(map(read_app, items), key=lambda app: app.appid)

    def secrets(self, appid: str) -> tuple[str, ...]:
        return tuple(self._open(appid, sealed) for sealed in self._sealed(appid) or ())

    def find_secret(self, secret: str) -> str | None:
        item = self._table.get(secret_key(secret))
        return str(item["appid"]["S"]) if item else None

    def add_secret(self, appid: str, secret: str) -> bool:
        """Two at the same time both take effect, one after the other."""
        for _ in attempts(self._table.sleep):
            before = self._sealed(appid)
            if before is None:
                return False
            if self._replace_secrets(appid, before, secret):
                return True
        raise StoreError

    def _change_limits(self, appid: str, limits: Mapping[str, int], texts: Attributes) -> App | None:
        """Two at the same time both take effect, one after the other."""
        for _ in attempts(self._table.sleep):
            item = self._table.get(app_key(appid))
            if not item:
                return None
            before = item.get("limits", {"M": {}})
            after = {"M": before["M"] | _numbers(limits)}
            is_unchanged = "#limits = :before" if "limits" in item else "attribute_not_exists(#limits)"
            compared = {"before": before} if "limits" in item else {}
            condition = f"attribute_exists(#pk) AND {is_unchanged}"
            if changed := self._change(appid, update(condition, compared, {**texts, "limits": after})):
                return changed
        raise StoreError

    def _change(self, appid: str, request: Mapping[str, Any]) -> App | None:
        item = self._table.update(app_key(appid), request)
        return read_app(item) if item else None

    def _replace_secrets(self, appid: str, before: list[Any], secret: str) -> bool:
        kept, ended = before[: LIVE_SECRETS - 1], before[LIVE_SECRETS - 1 :]
        changes = {"secrets": {"L": [self._seal(appid, secret), *kept]}}
        change = update("#secrets = :before", {"before": {"L": before}}, changes)
        return not self._table.transact(
            ("Update", {"Key": app_key(appid), **change}),
            ("Put", {"Item": _pointer(appid, secret)}),
            *(("Delete", {"Key": secret_key(self._open(appid, sealed))}) for sealed in ended),
        )

    def _sealed(self, appid: str) -> list[Any] | None:
        item = self._table.get(app_key(appid))
        return list(item["secrets"]["L"]) if item else None

    def _seal(self, appid: str, secret: str) -> Any:
        return {"S": self._cipher.seal(secret, _place(appid))}

    def _open(self, appid: str, sealed: Any) -> str:
        return self._cipher.open(sealed["S"], _place(appid))


def _attribute(value: str | None) -> dict[str, Any] | None:
    return None if value is None else {"S": value}


def _limits(limits: PushLimits) -> dict[str, Any]:
    return {"M": _numbers(asdict(limits))}


def _numbers(limits: Mapping[str, int]) -> Item:
    return {name: {"N": str(number)} for name, number in limits.items()}


def read_app(item: Mapping[str, Any]) -> App:
    texts: dict[str, str] = {name: item[name]["S"] for name in TEXTS if name in item}
    limits = item.get("limits", {}).get("M", {})
    return App(
        appid=str(item["pk"]["S"]).removeprefix("app#"),
        name=texts["name"],
        icon_url=texts["icon_url"],
        summary=texts["summary"],
        contact=texts["contact"],
        owner_openid=texts.get("owner_openid"),
        limits=_read_limits(limits),
        registered_at=int(item["registered_at"]["N"]),
        hold_until=_until(item, "hold_until"),
        strong_off_until=_until(item, "strong_off_until"),
        banned_until=_until(item, "banned_until"),
    )


def _read_limits(kept: Item) -> PushLimits:
    """A later version may have written limits that this one doesn't know."""
    known = {each.name for each in fields(PushLimits)}
    return PushLimits(**{name: int(each["N"]) for name, each in kept.items() if name in known})


def _until(item: Mapping[str, Any], name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _pointer(appid: str, secret: str) -> Item:
    return {**secret_key(secret), "appid": {"S": appid}}


def _place(appid: str) -> str:
    return f"app#{appid}/secret"
