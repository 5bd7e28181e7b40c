"""WeChat waits five seconds for the answer to an event, so that all work is left to the queue."""

from minipush.application.events.handle_wechat_event import EventResult
from minipush.application.ports.followers import OfficialQueue
from minipush.domain.followers import OfficialEvent


class QueueOfficialEvent:
    def __init__(self, queue: OfficialQueue) -> None:
        self._queue = queue

    def __call__(self, event: OfficialEvent) -> EventResult:
        """Raises StoreError."""
        self._queue.put_event(event)
        return EventResult()
