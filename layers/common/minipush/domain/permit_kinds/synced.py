"""Subscriptions that were stored as one kind and are, by the last sync of the templates, the other."""

from minipush.domain.permit_kinds.long import LONG
from minipush.domain.permit_kinds.once import ONCE
from minipush.domain.permits import Permit, PermitKind

# A long-term subscription that a client reported as a one-time accept.
LONG_STORED_AS_ONCE = PermitKind(
    name=LONG.name,
    stored_as=ONCE.name,
    sends=None,
    lifetime_ms=None,
    is_reusable=True,
    names_template=True,
)
# A one-time accept that a client reported as long-term. The first message uses it up.
ONCE_STORED_AS_LONG = PermitKind(
    name=ONCE.name, stored_as=LONG.name, sends=1, lifetime_ms=None, names_template=True
)

_SYNCED = {(ONCE, True): LONG_STORED_AS_ONCE, (LONG, False): ONCE_STORED_AS_LONG}


def as_synced(permit: Permit, is_long_term: bool | None) -> Permit:  # noqa: FBT001  # what the sync says
    """An unclaimed permit with the kind that applies. `is_long_term`: None if its template is not synced."""
    if is_long_term is None:
        return permit
    kind = _SYNCED.get((permit.kind, is_long_term))
    return permit._replace(kind=kind) if kind else permit
