"""Remember what a user said no to, until they say yes."""

from collections.abc import Iterable

from minipush.application.ports.users import UserStore
from minipush.domain.template_refusals import SubscriptionAnswer, changed_by
from minipush.domain.users import User


def record_refusals(users: UserStore, user: User, answers: Iterable[SubscriptionAnswer], now: int) -> None:
    """One write at most, and none where the answers change nothing."""
    changes = changed_by(answers, user.template_refusals, now)
    if changes:
        users.save_refusals(user.openid, changes)
