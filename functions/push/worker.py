"""Runs segments of campaigns: each message of the queue names one, which is run as far as time allows."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from minipush.adapters.sqs import read_body
from minipush.container import container

logger = logging.getLogger("minipush.worker")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message whose segment fails stays in the queue, and goes to the dead-letter queue after some tries."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    failed = [record["messageId"] for record in event["Records"] if not _run(record, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def _run(record: dict[str, Any], deadline: float) -> bool:
    seconds = container().worker_settings.hidden_seconds
    hide = partial(container().segment_queue.hide, record["receiptHandle"], seconds)
    hide()
    try:
        _run_segment(*read_body(record["body"]), deadline, hide)
    except Exception:
        logger.exception("a segment could not be run")
        hide()
        return False
    return True


def _run_segment(campaign_id: str, number: int, deadline: float, keep_alive: Callable[[], None]) -> None:
    from minipush.application.metrics import of_campaign  # noqa: PLC0415  # needed once a segment is done

    c = container()
    counts = c.loop.run(c.run_segment(campaign_id, number, deadline, keep_alive))
    if counts.total:
        c.count(of_campaign(counts))
