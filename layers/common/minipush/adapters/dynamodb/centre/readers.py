"""Readers of inboxes, in the Centre table: one Query of what lies before a user's inbox."""

from collections.abc import Mapping

from minipush.adapters.dynamodb.centre.channels import CHANNEL, DynamoChannels
from minipush.adapters.dynamodb.centre.keys import BEFORE_INBOX, PREFERENCES, key, user_pk
from minipush.adapters.dynamodb.centre.preferences import dnd_value, read_dnd, read_preferences
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.updates import update
from minipush.application.ports.centre.readers import Reader
from minipush.domain.centre.inbox import Level, Sender, SenderKind
from minipush.domain.centre.preferences import DoNotDisturb


class DynamoReaders:
    def __init__(self, table: CentreTable, channels: DynamoChannels) -> None:
        self._table = table
        self._channels = channels

    def read(self, openid: str, sender: Sender, now: int) -> Reader:
        found = self._table.query(user_pk(openid), "sk < :inbox", {"inbox": BEFORE_INBOX})
        items = {item["sk"]["S"]: item for item in found}
        source = self._source(openid, sender, items, now)
        return Reader(
            preferences=read_preferences(items.get(PREFERENCES, {})),
            channels=[self._channels.read(item) for sk, item in items.items() if sk.startswith(CHANNEL)],
            level=Level(source["level"]["S"]) if source else Level.NONE,
            do_not_disturb=read_dnd(source) if source else None,
        )

    def mute(self, openid: str, kind: SenderKind, id_: str) -> None:
        """A muted binding can be unmuted; a personal key has a level instead."""
        if kind is SenderKind.APP:
            muted = update("attribute_exists(sk)", {}, {"dnd": dnd_value(DoNotDisturb())})
            self._table.update(key(user_pk(openid), f"B#{id_}"), muted)
        else:
            strong, weak = {"S": Level.STRONG.value}, {"S": Level.WEAK.value}
            muted = update("#level = :strong", {"strong": strong}, {"level": weak})
            self._table.update(key(user_pk(openid), f"K#{id_}"), muted)

    def _source(self, openid: str, sender: Sender, items: Mapping[str, Item], now: int) -> Item | None:
        """The binding, or the personal key, by which the sender may remind."""
        if sender.kind is SenderKind.APP:
            return items.get(f"B#{sender.id}")
        if sender.kind is not SenderKind.KEY:
            return None
        item = self._table.get(key(user_pk(openid), f"K#{sender.id}"))
        is_paused = item.get("paused", {}).get("BOOL", False)
        has_expired = "expires_at" in item and int(item["expires_at"]["N"]) <= now
        return None if not item or is_paused or has_expired else item
