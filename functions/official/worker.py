"""Follows and late failures of the official account, and the sync of its followers.

`{"only": "sync"}` begins a sync; every other event has messages of the queue.
"""

import logging
import time
from typing import Any

from minipush.adapters.sqs_official import read_body
from minipush.application.followers.work import OfficialWork
from minipush.container import container

logger = logging.getLogger("minipush.official")

# Reserved at the end of the function's time for the batch in hand.
RESERVE_SECONDS = 60.0
# A worker that dies is replaced after this time.
HIDDEN_SECONDS = 60


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message that fails stays in the queue, and goes to the dead-letter queue after some tries."""
    container().name_request(context.aws_request_id)
    if event.get("only") == "sync":
        return {"sync": container().start_follower_sync().id}
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - RESERVE_SECONDS
    work = [each for record in event["Records"] if (each := _work(record))]
    unread = {record["messageId"] for record in event["Records"]} - {each.id for each in work}
    failed = [*unread, *container().do_official_work(work, deadline)]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def _work(record: dict[str, Any]) -> OfficialWork | None:
    """None for a message of another kind: it is left to the dead-letter queue."""
    queue, receipt = container().official_queue, record["receiptHandle"]
    try:
        what = read_body(record["body"])
    except ValueError:
        logger.exception("a message can't be read")
        return None
    return OfficialWork(record["messageId"], what, lambda: queue.hide(receipt, HIDDEN_SECONDS))
