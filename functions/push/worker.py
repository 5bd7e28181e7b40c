"""Runs segments of campaigns: one message of the queue, one segment, as far as the time allows."""

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from minipush.adapters.sqs import read_body
from minipush.container import container

logger = logging.getLogger("minipush.worker")

# A little more than the worker's lease of the segment. A live worker renews it several times in this time.
HIDDEN_SECONDS = 22


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message that fails stays in the queue; after some tries it goes to the dead-letter queue."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    failed = [record["messageId"] for record in event["Records"] if not _handled(record, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def _handled(record: dict[str, Any], deadline: float) -> bool:
    hide = partial(container().segment_queue.hide, record["receiptHandle"], HIDDEN_SECONDS)
    hide()
    try:
        _run(*read_body(record["body"]), deadline, hide)
    except Exception:
        logger.exception("a segment failed")
        hide()
        return False
    return True


def _run(campaign_id: str, number: int, deadline: float, keep_alive: Callable[[], None]) -> None:
    from minipush.http.edge.metrics import of_campaign  # noqa: PLC0415  # needed once a segment is done

    c = container()
    counts = c.loop.run(c.run_segment(campaign_id, number, deadline, keep_alive))
    if counts.total:
        c.count(of_campaign(counts))
