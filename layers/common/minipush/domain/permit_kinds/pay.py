"""prepay_ids: three messages within seven days of a payment."""

from minipush.domain.permits import LIFE_MS, Permit, PermitKind, check_id, without_prefix

_SENDS = 3
# Reported: for some seconds after a payment, WeChat answers 41028. Clients hand over the id at once.
_KNOWN_AFTER_MS = 60_000

# WeChat counts the sends of a prepay_id, but an answer doesn't say which send it belongs to.
PAY = PermitKind(name="pay", sends=_SENDS, lifetime_ms=LIFE_MS, known_after_ms=_KNOWN_AFTER_MS)


def pay_permits(prepay_id: str, now: int) -> list[Permit]:
    """The three permits in a prepay_id, given bare, as `prepay_id=…` or as `package=prepay_id=…`.

    Raise PermitRejectedError.
    """
    bare = without_prefix(prepay_id)
    check_id(bare)
    return [Permit(PAY, bare, PAY.expiry(now), use=n + 1) for n in range(_SENDS)]
