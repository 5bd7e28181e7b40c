"""Tags and how many users bear each, as the sweep counts them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field

# In bytes. The counts are saved with the pool's measure, in one item: see minipush.domain.pool. This is room for some
# 1,000 tags of 20 letters.
MAX_SIZE = 40_000
COUNT_SIZE = 12


@dataclass(slots=True)
class TagCounts:
    """`users`: how many users bear each tag. `size`: what the tags take when they are saved, in bytes.

    When the tags take too much, the rarest of those seen so far are dropped, and counts are no longer complete: a tag
    that was dropped and comes back is counted from then on.
    """

    users: dict[str, int] = field(default_factory=dict)
    size: int = 0
    is_complete: bool = True

    def count(self, tags: Iterable[str]) -> None:
        """Count one user's tags."""
        for tag in tags:
            before = self.users.get(tag, 0)
            self.users[tag] = before + 1
            self.size += 0 if before else _size(tag)
        if self.size > MAX_SIZE:
            self._drop_rarest()

    def _drop_rarest(self) -> None:
        """Keep half of the room, so that not every new tag has all of them sorted."""
        by_users = sorted(self.users.items(), key=lambda entry: entry[1], reverse=True)
        self.users, self.size, self.is_complete = {}, 0, False
        for tag, users in by_users:
            if self.size + _size(tag) > MAX_SIZE // 2:
                break
            self.users[tag] = users
            self.size += _size(tag)


def _size(tag: str) -> int:
    return len(json.dumps(tag, ensure_ascii=False).encode()) + COUNT_SIZE


@dataclass(frozen=True, slots=True)
class TagMeasure:
    """The tags, as the sweep that began at `at` (ms) counted them."""

    at: int
    counts: TagCounts

    def users_with(self, tag: str) -> int | None:
        """How many users bear the tag; a lower bound if the counts are incomplete. None: unknown."""
        return self.counts.users.get(tag, 0 if self.counts.is_complete else None)

    def largest_first(self) -> list[tuple[str, int]]:
        """Each tag with its users."""
        return sorted(self.counts.users.items(), key=lambda entry: (-entry[1], entry[0]))
