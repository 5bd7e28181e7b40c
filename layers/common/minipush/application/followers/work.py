"""What the official account's worker is given: events and syncs, one after the other."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from minipush.application.followers.handle_official_event import HandleOfficialEvent
from minipush.application.followers.sync_followers import SyncFollowers
from minipush.domain.followers import OfficialEvent
from minipush.errors import MinipushError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OfficialWork:
    """`id`: of the queue's message. `what`: an event, or the id of a sync. `keep_alive` hides the message for a while."""

    id: str
    what: OfficialEvent | str
    keep_alive: Callable[[], None]


class DoOfficialWork:
    def __init__(self, handle: HandleOfficialEvent, sync: SyncFollowers) -> None:
        self._handle = handle
        self._sync = sync

    def __call__(self, work: Iterable[OfficialWork], deadline: float) -> list[str]:
        """Return the ids of those that failed, to be tried again. A sync comes last: it takes all the time."""
        events_first = sorted(work, key=lambda each: isinstance(each.what, str))
        for each in events_first:
            # Not for the queue's own time: what fails, or whose worker dies, is tried again soon.
            each.keep_alive()
        return [each.id for each in events_first if not self._do(each, deadline)]

    def _do(self, work: OfficialWork, deadline: float) -> bool:
        try:
            if isinstance(work.what, str):
                self._sync(work.what, deadline, work.keep_alive)
            else:
                self._handle(work.what)
        except MinipushError as error:
            logger.warning("work for the official account failed: %s", error)
            return False
        return True
