"""Runs segments of campaigns: each message of the queue names one, which is run as far as time allows."""

import logging
import time
from functools import partial
from typing import Any

from minipush.adapters.sqs import read_body
from minipush.bootstrap import collaborators

logger = logging.getLogger("minipush.worker")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message whose segment fails stays in the queue, and goes to the dead-letter queue after some tries."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    failed = [record["messageId"] for record in event["Records"] if not _run(record, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def _run(record: dict[str, Any], deadline: float) -> bool:
    seconds = collaborators().worker_settings.hidden_seconds
    hide = partial(collaborators().segment_queue.hide, record["receiptHandle"], seconds)
    hide()
    try:
        collaborators().carry(*read_body(record["body"]), deadline, hide)
    except Exception:
        logger.exception("a segment could not be run")
        hide()
        return False
    return True
