"""Keys of the State table: the only module that spells them.

What belongs to a WeChat account carries its appid, so that one table can serve several accounts. The names of tokens
and locks carry it already: wechat.tokens makes them from the appid.
"""

import hashlib

from minipush.domain.accounts import Account
from minipush.domain.timestamps import iso

# The numbers are those of the formats. What is in another format is not read: the next sweep starts afresh.
POOL_FORMAT = 4
TAGS_FORMAT = 1
SWEEP_FORMAT = 5


def token_key(name: str) -> str:
    return f"token#{name}"


def lock_key(name: str) -> str:
    return f"lock#{name}"


def rate_key(account: Account, name: str) -> str:
    """`name`: the account's own rate, or a campaign's."""
    return f"rate#{account.appid}#{name}"


def channel_health_key(account: Account, kind: str) -> str:
    """`kind`: of the reminders' channels."""
    return f"channel#{account.appid}#{kind}"


def channel_refusal_key(account: Account, kind: str) -> str:
    """Functions may write what begins with `channel#`."""
    return f"channel#{account.appid}#{kind}#refusal"


def refusals_key(account: Account, window: int) -> str:
    """`window`: the number of ten seconds since the epoch."""
    return f"refusals#{account.appid}#{window}"


def doubted_key(account: Account, openid: str, template_id: str) -> str:
    """The user and the template are hashed: the key names nobody."""
    return f"refusals#{account.appid}#{_hashed(f'{openid} {template_id}')}"


def templates_key(account: Account) -> str:
    return f"templates#{account.appid}"


def targets_key(account: Account) -> str:
    return f"targets#{account.appid}"


def pool_key(account: Account) -> str:
    return f"pool/{POOL_FORMAT}#{account.appid}"


def tags_key(account: Account) -> str:
    return f"tags/{TAGS_FORMAT}#{account.appid}"


def sweep_key(account: Account) -> str:
    return f"sweep/{SWEEP_FORMAT}#{account.appid}"


def follower_key(account: Account, openid: str) -> str:
    """`account`: the official one, and `openid`: the one in it."""
    return f"follower#{account.appid}#{openid}"


def union_key(account: Account, unionid: str) -> str:
    """`account`: the official one."""
    return f"union#{account.appid}#{unionid}"


def follower_sync_key(account: Account) -> str:
    return f"followers#{account.appid}"


def sign_of_life_key(account: Account, part: str) -> str:
    return f"signs#{account.appid}#{part}"


def sending_key(account: Account) -> str:
    return f"sending#{account.appid}"


def statistics_part_key(account: Account, at: int, part: int) -> str:
    """`at`: an instant in the hour (ms)."""
    return f"stats#{account.appid}#{iso(at)[:13]}#{part}"


def statistics_day_key(account: Account, at: int) -> str:
    """`at`: an instant on the day (ms)."""
    return f"stats#{account.appid}#{iso(at)[:10]}"


def idempotency_key(key: str) -> str:
    """`key` is hashed: it may be long, and hold anything."""
    return f"idempotency#{_hashed(key)}"


def event_key(key: str) -> str:
    """`key` is hashed: it names a user."""
    return f"event#{_hashed(key)}"


def nonce_key(nonce: str) -> str:
    """`nonce` is hashed: it may hold anything."""
    return f"nonce#{_hashed(nonce)}"


def text_check_key(digest: str) -> str:
    """`digest`: a hash of the text."""
    return f"text#{digest}"


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
