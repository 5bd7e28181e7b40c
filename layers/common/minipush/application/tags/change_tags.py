"""Add tags to many users, and remove tags from them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched

from minipush.application.ports.tags import TagChange, TagStore
from minipush.domain.users import MAX_TAGS
from minipush.errors import StoreError, TooManyTagsError

BATCH = 100
# Another request may change the same users meanwhile.
TRIES = 5
# API Gateway waits 30 seconds. A repeat of the request goes on with the users that are left.
SECONDS = 20.0


class ChangeTags:
    """`monotonic`: a clock in seconds."""

    def __init__(self, store: TagStore, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._monotonic = monotonic

    def __call__(self, openids: Sequence[str], add: frozenset[str], remove: frozenset[str]) -> int:
        """Return how many users' tags changed. A user of whom nothing is stored can get tags.

        Users whose tags are as asked already cost no write, so that a repeat does what is left. Raises
        TooManyTagsError before anything is written, unless other requests change the same users; StoreError.
        """
        until = self._monotonic() + SECONDS
        distinct = list(dict.fromkeys(openids))
        changes = self._planned(distinct, add, remove)
        _check(changes, openids)
        changed = 0
        for batch in batched(changes, BATCH, strict=False):
            if self._monotonic() > until:
                raise StoreError("the tags could not be stored in time")
            changed += self._replace(list(batch), openids, add, remove)
        return changed

    def _planned(
        self, openids: Sequence[str], add: frozenset[str], remove: frozenset[str]
    ) -> list[TagChange]:
        stored = self._store.read(openids)
        return list(_changes(openids, stored, add, remove))

    def _replace(
        self, changes: list[TagChange], openids: Sequence[str], add: frozenset[str], remove: frozenset[str]
    ) -> int:
        changed = 0
        for _ in range(TRIES):
            done = self._store.replace(changes)
            changed += sum(done)
            late = [change.openid for change, is_done in zip(changes, done, strict=True) if not is_done]
            changes = self._planned(late, add, remove) if late else []
            if not changes:
                return changed
            _check(changes, openids)
        raise StoreError(f"{TRIES} changes of other requests came first")


def _changes(
    openids: Sequence[str], stored: Mapping[str, frozenset[str]], add: frozenset[str], remove: frozenset[str]
) -> Iterator[TagChange]:
    for openid in openids:
        before = stored.get(openid)
        after = ((before or frozenset()) | add) - remove
        if after != (before or frozenset()):
            yield TagChange(openid, before, after)


def _check(changes: Sequence[TagChange], openids: Sequence[str]) -> None:
    too_many = {change.openid for change in changes if len(change.after) > MAX_TAGS}
    places = [place for place, openid in enumerate(openids) if openid in too_many]
    if places:
        raise TooManyTagsError(places, MAX_TAGS)
