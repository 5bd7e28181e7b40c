"""Keys in Redis: the only module that spells them. As in the State table, they carry the account's appid.

In a cluster, the text in braces alone says where a key is, so keys with the same one may be in one script.
"""

from minipush.domain.accounts import Account


def token_key(name: str) -> str:
    return f"minipush:token#{name}"


def rate_key(account: Account, name: str) -> str:
    """`name`: the account's own rate, or a campaign's."""
    return f"minipush:rate#{{{account.appid}#{name}}}"


def refill_key(account: Account, name: str) -> str:
    """Held by the process that reserves the next window of the rate."""
    return f"minipush:refill#{{{account.appid}#{name}}}"


def channel_health_key(account: Account, kind: str) -> str:
    return f"minipush:channel#{account.appid}#{kind}"
