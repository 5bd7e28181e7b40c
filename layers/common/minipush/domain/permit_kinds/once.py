"""One-time subscriptions: one message for each accept, without an expiry."""

from minipush.domain.permits import Permit, PermitKind

ONCE = PermitKind(name="once", sends=1, lifetime_ms=None, names_template=True)


def once_permits(id_: str, template_id: str) -> list[Permit]:
    return [Permit(ONCE, id_, template_id=template_id)]
