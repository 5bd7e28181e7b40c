"""Users' channels in the Centre table: the items `C#<kind>` of a user.

attribute       meaning
address         encrypted: the address, how Bark's notifications are encrypted, and whether they come once, as JSON
address_hash    tells whether the address is still the same one
status          pending, verified, dead
reason          of a dead one
verified_at     ms
code            the digest of the code that went out. It stays when the code has come back, for the repeat of a call
code_expires    ms
code_tries      how often it was tried
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from minipush.adapters.cipher import Cipher
from minipush.adapters.dynamodb.centre.inbox import put_new
from minipush.adapters.dynamodb.centre.keys import Key, key, user_pk
from minipush.adapters.dynamodb.centre.table import CentreTable, Item
from minipush.adapters.dynamodb.updates import update
from minipush.domain.centre.channels import ChannelStatus, DeadReason, OwnershipCode, UserChannel
from minipush.domain.centre.inbox import InboxMessage
from minipush.domain.centre.reminders import BarkCipher, ChannelAddress, ChannelKind

CHANNEL = "C#"
NO_CODE = {"code": None, "code_expires": None, "code_tries": None}


class DynamoDeadChannels:
    def __init__(self, table: CentreTable) -> None:
        self._table = table

    def kill(
        self, openid: str, address: ChannelAddress, reason: DeadReason, notice: InboxMessage | None = None
    ) -> bool:
        compared = {
            "hash": {"S": _hashed(openid, address)},
            "dead": {"S": ChannelStatus.DEAD.value},
        }
        changes = {
            "status": {"S": ChannelStatus.DEAD.value},
            "reason": {"S": reason.value},
            **NO_CODE,
        }
        request = update("#address_hash = :hash AND #status <> :dead", compared, changes)
        told = [put_new(notice)] if notice else []
        return not self._table.transact(("Update", {"Key": _key(openid, address.kind), **request}), *told)


class DynamoChannels(DynamoDeadChannels):
    def __init__(self, table: CentreTable, cipher: Cipher) -> None:
        super().__init__(table)
        self._cipher = cipher

    def read_all(self, openid: str) -> list[UserChannel]:
        items = self._table.query(user_pk(openid), "begins_with(sk, :channel)", {"channel": CHANNEL})
        return [self.read(item) for item in items]

    def read(self, item: Item) -> UserChannel:
        """The channel in an item that a Query of the user has read."""
        kind = ChannelKind(item["sk"]["S"].removeprefix(CHANNEL))
        kept = json.loads(self._cipher.open(item["address"]["S"], _place(item)))
        return UserChannel(
            address=_read_address(kind, kept),
            status=ChannelStatus(item["status"]["S"]),
            reason=DeadReason(item["reason"]["S"]) if "reason" in item else None,
            verified_at=int(item["verified_at"]["N"]) if "verified_at" in item else None,
            code=_read_code(item),
        )

    def put(self, openid: str, channel: UserChannel) -> None:
        item = _key(openid, channel.kind)
        sealed = self._cipher.seal(_address_text(channel.address), _place(item))
        attributes: dict[str, Any] = {
            "address": {"S": sealed},
            "address_hash": {"S": _hashed(openid, channel.address)},
            "status": {"S": channel.status.value},
            "reason": {"S": channel.reason.value} if channel.reason else None,
            "verified_at": None if channel.verified_at is None else {"N": str(channel.verified_at)},
            **_code_attributes(channel.code),
        }
        self._table.put(item | {name: value for name, value in attributes.items() if value})

    def take_try(self, openid: str, kind: ChannelKind, code: OwnershipCode, most: int) -> bool:
        compared = {"code": {"S": code.digest}, "most": {"N": str(most)}}
        request = update("#code = :code AND #code_tries < :most", compared, {}, added={"code_tries": 1})
        return self._table.update(_key(openid, kind), request) is not None

    def verify(self, openid: str, kind: ChannelKind, code: OwnershipCode, at: int) -> bool:
        changes = {"status": {"S": ChannelStatus.VERIFIED.value}, "verified_at": {"N": str(at)}}
        request = update("#code = :code", {"code": {"S": code.digest}}, changes)
        return self._table.update(_key(openid, kind), request) is not None

    def remove(self, openid: str, kind: ChannelKind) -> None:
        self._table.delete(_key(openid, kind))


def _key(openid: str, kind: ChannelKind) -> Key:
    return key(user_pk(openid), f"{CHANNEL}{kind.value}")


def _place(item: Mapping[str, Any]) -> str:
    return f"{item['pk']['S']}/{item['sk']['S']}/address"


def _address_text(address: ChannelAddress) -> str:
    key = address.encryption_key
    more = {"encryption_key": key, "cipher": address.cipher} if key else {}
    once = {"once": True} if address.once else {}
    return json.dumps({"text": address.text, **more, **once}, ensure_ascii=False)


def _read_address(kind: ChannelKind, kept: Mapping[str, Any]) -> ChannelAddress:
    return ChannelAddress(
        kind,
        kept["text"],
        kept.get("encryption_key"),
        BarkCipher(kept.get("cipher", BarkCipher.CBC)),
        once="once" in kept,
    )


def _hashed(openid: str, address: ChannelAddress) -> str:
    """With the openid: nobody sees in the table that two users have the same address."""
    return hashlib.sha256(f"{openid}\n{_address_text(address)}".encode()).hexdigest()


def _code_attributes(code: OwnershipCode | None) -> dict[str, Any]:
    if code is None:
        return {}
    return {
        "code": {"S": code.digest},
        "code_expires": {"N": str(code.expires_at)},
        "code_tries": {"N": str(code.tries)},
    }


def _read_code(item: Item) -> OwnershipCode | None:
    if "code" not in item:
        return None
    return OwnershipCode(item["code"]["S"], int(item["code_expires"]["N"]), int(item["code_tries"]["N"]))
