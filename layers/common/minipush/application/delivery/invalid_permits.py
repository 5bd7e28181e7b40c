"""Permits that one answer of the provider ends together with the permit that was tried."""

import logging
from typing import Final

from minipush.application.delivery.claims import invalidate_others
from minipush.application.delivery.delivery import Delivery, DeliveryDependencies
from minipush.domain.ids import user_hash
from minipush.domain.messages import Outcome
from minipush.domain.permits import Permit
from minipush.domain.users import User

logger = logging.getLogger(__name__)

# Each costs a write. What is left meets the next delivery.
MOST_AT_ONCE: Final = 100


async def without_other_uses(
    dependencies: DeliveryDependencies,
    refused: Permit,
    waiting: list[Permit],
    delivery: Delivery,
    outcome: Outcome,
) -> list[Permit]:
    """What is still worth a call: the provider has refused an id for good, and so all of its uses."""
    others = [permit for permit in waiting if permit.is_other_use_of(refused)]
    if not others:
        return waiting
    await invalidate_others(dependencies, outcome.openid, others, delivery, outcome.errcode or 0)
    return [permit for permit in waiting if not permit.is_other_use_of(refused)]


async def invalidate_unproven(
    dependencies: DeliveryDependencies,
    user: User,
    waiting: list[Permit],
    delivery: Delivery,
    outcome: Outcome,
) -> None:
    """The provider knew no permit that was tried, neither the oldest ones nor the newest: the user's ids are made up.

    Permits of a kind on which a message has reached the user in the last week are kept. So are those that the
    provider may not know yet, and those that the user hands over from now on.
    """
    now = dependencies.clock()
    unproven = [
        permit
        for permit in waiting
        if not permit.may_be_unknown_yet(now) and not user.was_reached_by(permit.kind)
    ][:MOST_AT_ONCE]
    if unproven:
        about = {"delivery_id": delivery.id, "user": user_hash(user.openid), "permits": len(unproven)}
        logger.warning("the provider knows none of a user's permits: more are invalidated", extra=about)
        await invalidate_others(dependencies, user.openid, unproven, delivery, outcome.errcode or 0)
        dependencies.count_unproven(len(unproven))
