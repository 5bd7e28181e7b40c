"""Items of the Centre table as the stores of bindings, keys and channels write them."""

from dataclasses import dataclass
from typing import Any

from minipush.adapters.dynamodb.centre.keys import (
    binding_key,
    bound_key,
    foreign_key,
    hashed,
    key,
    personal_key_key,
    pointer_key,
    user_pk,
)
from minipush.adapters.dynamodb.centre.table import CentreTable
from minipush.domain.centre.message_ids import key_ref
from minipush.domain.centre.reminders import ChannelKind


@dataclass
class CentreItems:
    table: CentreTable

    def bind(
        self, openid: str, key_: str, appid: str = "wx-shop", *, confirmed: bool = True, **more: Any
    ) -> None:
        ref, foreign = {"S": key_ref(key_)}, f"o-{openid}"
        texts = {
            "level": {"S": "strong"},
            "foreign": {"S": foreign},
            "confirmed": {"BOOL": confirmed},
            "at": {"N": "0"},
        }
        pointer = {"hash": {"S": hashed(key_)}, "openid": {"S": openid}}
        self.table.put({**binding_key(openid, appid), "key": {"S": key_}, "ref": ref, **texts, **more})
        self.table.put({**pointer_key(key_ref(key_)), **pointer, "kind": {"S": "app"}, "appid": {"S": appid}})
        self.table.put(bound_key(appid, openid))
        if confirmed:
            self.table.put({**foreign_key(appid, foreign), "openid": {"S": openid}, "ref": ref})

    def make_key(self, openid: str, key_: str, **more: Any) -> None:
        ref = key_ref(key_)
        texts = {"label": {"S": "my server"}, "level": {"S": "weak"}, "paused": {"BOOL": False}}
        pointer = {"hash": {"S": hashed(key_)}, "openid": {"S": openid}, "kind": {"S": "key"}}
        self.table.put({**personal_key_key(openid, ref), "hash": {"S": hashed(key_)}, **texts, **more})
        self.table.put({**pointer_key(ref), **pointer})

    def verify(self, openid: str, kind: ChannelKind, status: str = "verified") -> None:
        self.table.put({**key(user_pk(openid), f"C#{kind.value}"), "status": {"S": status}})
