"""Read the state of all parts of the deployment at once. A part that fails or hangs takes no other with it."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLateError
from typing import Any, Final

from minipush.application.ports.campaigns import CampaignStore
from minipush.application.ports.templates import TemplateStore
from minipush.domain.campaigns import Campaign, CampaignStatus
from minipush.domain.service_status import ServiceStatus
from minipush.errors import StoreError

logger = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 6.0
PAUSED_READ: Final = 100
FAILED: Final = "a store can't be reached"
HANGS: Final = "it did not answer in time"
UNEXPECTED: Final = "an unexpected error: see the log"


class ReadStatus:
    """`parts`: by the names of ServiceStatus, how to read each."""

    def __init__(
        self, parts: Mapping[str, Callable[[], Any]], patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._parts = parts
        self._patience_seconds = patience_seconds

    def __call__(self) -> ServiceStatus:
        until = time.monotonic() + self._patience_seconds
        pool = ThreadPoolExecutor(len(self._parts), thread_name_prefix="status")
        reads = {name: pool.submit(read) for name, read in self._parts.items()}
        found: dict[str, Any] = {}
        unavailable: dict[str, str] = {}
        for name, read in reads.items():
            if why := _failure(name, read, until):
                unavailable[name] = why
            else:
                found[name] = read.result()
        # A read that hangs ends by itself: its calls have time-outs.
        pool.shutdown(wait=False)
        return ServiceStatus(**found, unavailable=unavailable)


def synced_at(templates: TemplateStore) -> int | None:
    """When the templates were last synced (ms)."""
    synced = templates.read()
    return synced.synced_at if synced else None


def paused_by_themselves(store: CampaignStore) -> tuple[Campaign, ...]:
    """Among the newest PAUSED_READ that are paused: those that an operator paused have no reason."""
    paused, _ = store.newest(PAUSED_READ, None, CampaignStatus.PAUSED)
    return tuple(campaign for campaign in paused if campaign.reason)


def _failure(name: str, read: Future[Any], until: float) -> str | None:
    try:
        error = read.exception(max(0.0, until - time.monotonic()))
    except TooLateError:
        return HANGS
    if error is None:
        return None
    logger.warning("a part of the status can't be read", extra={"part": name}, exc_info=error)
    return FAILED if isinstance(error, StoreError) else UNEXPECTED
