"""WeChat accounts: what tokens, rates, templates and permits belong to."""

import enum
from dataclasses import dataclass


class AccountKind(enum.StrEnum):
    MINI_PROGRAM = "mini_program"
    OFFICIAL_ACCOUNT = "official_account"


@dataclass(frozen=True, slots=True)
class Account:
    """`appid` is unique across kinds: WeChat gives each account one of its own."""

    appid: str
    kind: AccountKind
