"""Keys in Redis: the only module that spells them. As in the State table, they carry the account's appid."""

from minipush.domain.accounts import Account


def token_key(name: str) -> str:
    return f"minipush:token#{name}"


def lock_key(name: str) -> str:
    return f"minipush:lock#{name}"


def rate_key(account: Account, name: str) -> str:
    """`name`: the account's own rate, or a campaign's."""
    return f"minipush:rate#{account.appid}#{name}"
