"""Remember what a user said no to, until they say yes."""

from collections.abc import Iterable

from minipush.domain.rejections import Said, changed_by
from minipush.domain.users import User
from minipush.usecases.ports import UserStore


def note_answers(users: UserStore, user: User, answers: Iterable[Said], now: int) -> None:
    """One write at most, and none where the answers change nothing."""
    changes = changed_by(answers, user.rejections, now)
    if changes:
        users.note(user.openid, changes)
