"""Permits that die without a message on them: the user withdrew them, or WeChat has nothing left of the count."""

from minipush.adapters.dynamodb.statements import Statement
from minipush.adapters.dynamodb.users.items import claim_ttl, key, sort_key
from minipush.domain.permits import Permit, PermitKind


def invalidation(table: str, openid: str, permit: Permit, holder: str, errcode: int, now: int) -> Statement:
    """Unless a message has it. An accept stays, dead, so that its id brings nothing back; a long-term permit has none."""
    if permit.kind is PermitKind.LONG:
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
