"""The kinds of permit. A new kind is a module here and an entry in PERMIT_KINDS."""

from minipush.domain.permit_kinds.follow import FOLLOW, follow_permits
from minipush.domain.permit_kinds.form import FORM, form_permits
from minipush.domain.permit_kinds.long import LONG
from minipush.domain.permit_kinds.once import ONCE
from minipush.domain.permit_kinds.pay import PAY, pay_permits
from minipush.domain.permit_kinds.subscriptions import subscription_permits
from minipush.domain.permit_kinds.synced import ONCE_STORED_AS_LONG, as_synced
from minipush.domain.permits import PermitKind

__all__ = [
    "FOLLOW",
    "FORM",
    "LONG",
    "ONCE",
    "ONCE_STORED_AS_LONG",
    "PAY",
    "PERMIT_KINDS",
    "as_synced",
    "find_permit_kind",
    "follow_permits",
    "form_permits",
    "pay_permits",
    "permit_kind",
    "subscription_permits",
]

PERMIT_KINDS = (FORM, PAY, ONCE, LONG, FOLLOW)

_BY_NAME = {kind.name: kind for kind in PERMIT_KINDS}


def permit_kind(name: str) -> PermitKind:
    """Raise ValueError if no kind has this name."""
    if kind := find_permit_kind(name):
        return kind
    raise ValueError(f"{name!r} is not a kind of permit")


def find_permit_kind(name: str) -> PermitKind | None:
    return _BY_NAME.get(name)
