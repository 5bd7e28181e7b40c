"""Runs the jobs of one event of a queue."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from minipush.application.centre.circuit_breakers import CircuitBreakers
from minipush.application.centre.metrics import of_reminders
from minipush.application.centre.run_reminder import RunReminder
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.metric_names import Count
from minipush.application.ports.centre.reminder_queue import ReminderJob
from minipush.domain.centre.reminders import ReminderStatus
from minipush.errors import StoreError

logger = logging.getLogger(__name__)


class RunReminders:
    """All jobs at once: one that waits for its provider holds up no other. `count` adds to metrics what ended."""

    def __init__(
        self, run: RunReminder, breakers: CircuitBreakers, sending: SendingWatch, count: Count
    ) -> None:
        self._run = run
        self._breakers = breakers
        self._sending = sending
        self._count = count

    async def __call__(self, jobs: Mapping[str, ReminderJob], seconds_left: Callable[[], float]) -> list[str]:
        """`jobs`: by the ids of their messages. Returns the ids of those that failed: the queue delivers them again."""
        try:
            async with self._sending:
                return await self._run_all(jobs, seconds_left)
        except StoreError as error:
            logger.warning("reminders wait, because the red switch can't be read: %s", error)
            return [*jobs]

    async def _run_all(self, jobs: Mapping[str, ReminderJob], seconds_left: Callable[[], float]) -> list[str]:
        ended: list[ReminderStatus] = []
        done = await asyncio.gather(*(self._is_done(job, seconds_left, ended) for job in jobs.values()))
        await asyncio.to_thread(self._breakers.report)
        if ended:
            self._count(of_reminders(ended))
        return [id_ for id_, is_done in zip(jobs, done, strict=True) if not is_done]

    async def _is_done(
        self, job: ReminderJob, seconds_left: Callable[[], float], ended: list[ReminderStatus]
    ) -> bool:
        try:
            status = await self._run(job, seconds_left)
        except StoreError as error:
            logger.warning("a reminder waits for a store: %s", error)
        except Exception:
            logger.exception("a reminder failed")
        else:
            ended.extend([status] if status else [])
            return True
        return False
