"""Runs segments of campaigns: each message of the queue names one, which is run as far as time allows."""

import logging
import time
from collections.abc import Iterable
from typing import Any

from minipush.adapters.sqs import read_record
from minipush.container import container

logger = logging.getLogger("minipush.worker")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message whose segment fails stays in the queue, and goes to the dead-letter queue after some tries."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    container().name_request(context.aws_request_id)
    failed = _run(event["Records"], deadline)
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def _run(records: Iterable[dict[str, Any]], deadline: float) -> list[str]:
    """Return the ids of the messages that failed."""
    c = container()
    for record in records:
        # For the lease only, not for the queue's own time: another worker takes over soon from one that dies.
        c.segment_queue.hide(record["receiptHandle"], c.worker_settings.hidden_seconds)
    queued = {record["messageId"]: read_record(record) for record in records}
    try:
        failed = c.loop.run(c.run_segments([each for each in queued.values() if each], deadline))
    except Exception:
        logger.exception("a worker failed")
        return list(queued)
    return [id_ for id_, segment in queued.items() if segment is None or segment in failed]
