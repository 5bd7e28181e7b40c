"""A function for the tests: notes what it gets, one JSON line each, and does what a message asks of it."""

import json
import os
import time
from pathlib import Path
from typing import Any

import boto3


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    failed = [record["messageId"] for record in event.get("Records", []) if not is_done(record)]
    if "Records" not in event:
        note(event=event)
    if "raise" in event:
        raise ValueError(event["raise"])
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def is_done(record: dict[str, Any]) -> bool:
    asked, times = json.loads(record["body"]), int(record["attributes"]["ApproximateReceiveCount"])
    for seconds in asked.get("visibility", []):
        set_visibility(record, seconds)
    note(body=asked, times=times, began=time.time())
    if times <= asked.get("deaths", 0):
        os.kill(os.getpid(), 9)
    time.sleep(asked.get("seconds", 0))
    note(body=asked, times=times, ended=time.time())
    return times > int(asked.get("failures", 0))


def set_visibility(record: dict[str, Any], seconds: int) -> None:
    _, _, _, region, _, name = record["eventSourceARN"].split(":")
    sqs = boto3.client("sqs", region_name=region)
    queue = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    sqs.change_message_visibility(
        QueueUrl=queue, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=seconds
    )


def note(**what: Any) -> None:
    with Path(os.environ["NOTES"]).open("a") as notes:
        notes.write(json.dumps(what) + "\n")
