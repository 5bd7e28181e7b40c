"""Sends reminders: each message of the queue names one. One function for each kind of channel runs this handler."""

import time
from typing import Any

from minipush.adapters.sqs_reminders import read_record
from minipush.container.message_centre import message_centre


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A message that fails stays in the queue, and goes to the dead-letter queue after some tries."""
    deadline = time.monotonic() + context.get_remaining_time_in_millis() / 1000
    m = message_centre()
    m.container.name_request(context.aws_request_id)
    read = {record["messageId"]: read_record(record) for record in event["Records"]}
    jobs = {id_: job for id_, job in read.items() if job}
    failed = m.container.loop.run(m.run_reminders(jobs, lambda: deadline - time.monotonic()))
    unreadable = [id_ for id_, job in read.items() if job is None]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in (*unreadable, *failed)]}
