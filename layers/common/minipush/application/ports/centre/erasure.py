"""Everything that the message centre holds of a user."""

from collections.abc import Callable
from typing import Protocol

type IsOver = Callable[[], bool]
"""Whether the time is over."""


class ErasureStore(Protocol):
    def erase(self, openid: str, is_over: IsOver) -> bool:
        """Delete the user's items, and what names the user elsewhere: keys, confirmed bindings, the index of an app's users.

        What lets others push to the user goes first. False if the time was over before: the next call goes on.
        Raises StoreError.
        """
        ...
