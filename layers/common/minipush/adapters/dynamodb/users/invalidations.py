"""Invalidation of unclaimed permits: the user withdrew them, or the provider has no accept left."""

from minipush.adapters.dynamodb.statements import Statement
from minipush.adapters.dynamodb.users.items import claim_ttl, key, sort_key
from minipush.domain.permits import Permit


def invalidation(table: str, openid: str, permit: Permit, holder: str, errcode: int, now: int) -> Statement:
    """Claim and invalidate the permit unless it is claimed.

    The item stays, so that the same id stored again doesn't revive it. A reusable permit has no id of its own:
    it is removed.
    """
    if permit.kind.is_reusable:
        return removal(table, openid, permit)
    text = (
        f'UPDATE "{table}" SET claim = ? SET claimed_at = ? SET invalidated_by = ? SET "ttl" = ? '  # noqa: S608
        "WHERE openid = ? AND sk = ? AND claim IS MISSING"
    )
    values = ({"S": holder}, {"N": str(now)}, {"N": str(errcode)}, claim_ttl(now))
    return Statement(text, (*values, *key(openid, sort_key(permit)).values()))


def removal(table: str, openid: str, permit: Permit) -> Statement:
    where = "openid = ? AND sk = ?"
    return Statement(f'DELETE FROM "{table}" WHERE {where}', (*key(openid, sort_key(permit)).values(),))  # noqa: S608
