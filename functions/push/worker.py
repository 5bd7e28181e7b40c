"""Carries segments of campaigns: a message of the queue in, one segment carried as far as time allows."""

import logging
import time
from functools import partial
from typing import Any

from minipush.adapters.sqs import read_body
from minipush.bootstrap import collaborators

logger = logging.getLogger("minipush.worker")

# A worker that lives says so several times in this time. A little more than its lease of the segment.
HIDDEN_SECONDS = 22


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What breaks the worker stays in the queue, and ends among the dead letters after some tries."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    broken = [record["messageId"] for record in event["Records"] if not _carry(record, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in broken]}


def _carry(record: dict[str, Any], deadline: float) -> bool:
    hide = partial(collaborators().segment_queue.hide, record["receiptHandle"], HIDDEN_SECONDS)
    hide()
    try:
        collaborators().carry(*read_body(record["body"]), deadline, hide)
    except Exception:
        logger.exception("a segment could not be carried")
        hide()
        return False
    return True
