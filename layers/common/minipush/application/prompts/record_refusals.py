"""Remember which templates a user refused, until the user accepts them."""

from collections.abc import Iterable

from minipush.application.ports.users import UserStore
from minipush.domain.daily_use import CountedChange
from minipush.domain.template_refusals import SubscriptionAnswer, changed_by
from minipush.domain.users import User


def record_refusals(
    users: UserStore,
    user: User,
    answers: Iterable[SubscriptionAnswer],
    now: int,
    counted: CountedChange | None = None,
) -> None:
    """Write once at most, and not at all where the answers change nothing. Raises StoreError."""
    changes = changed_by(answers, user.template_refusals, now)
    if changes:
        users.save_refusals(user.openid, changes, counted)
