"""Long-term subscriptions: any number of messages of one template until the user ends it."""

from minipush.domain.permits import Permit, PermitKind

LONG = PermitKind(name="long", sends=None, lifetime_ms=None, is_reusable=True, names_template=True)


def long_permits(template_id: str) -> list[Permit]:
    """A long-term subscription has no id: there is one for each template."""
    return [Permit(LONG, "", template_id=template_id)]
