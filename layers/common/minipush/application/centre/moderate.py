"""Change what is decided about an app, whoever else does at the same time."""

from collections.abc import Callable
from typing import Final

from minipush.application.ports.centre.sanctions import SanctionStore
from minipush.domain.centre.moderation import ModeratedApp, ModerationChange
from minipush.errors import StoreError

# Each try fails only if another decision about the same app has succeeded.
TRIES: Final = 8

type Step = Callable[[ModeratedApp], ModerationChange]
"""Judges the app as it is now. Raises what forbids the step."""


class Moderate:
    def __init__(self, store: SanctionStore) -> None:
        self._store = store

    def __call__(self, appid: str, step: Step) -> ModerationChange:
        """Raises StoreError; what the step raises."""
        for _ in range(TRIES):
            change = step(self._store.read_app(appid))
            if self._store.change(change):
                return change
        raise StoreError("other decisions about the app came first")
