"""minipush: the worker function, called as the queue calls it, with a campaign of one segment."""

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks.cloud import count_worker_units
from benchmarks.contender import Job, Send
from functions.push.worker import handler
from minipush.container import container

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

QUEUE = "CAMPAIGN_QUEUE_URL"
TIME_LIMIT_MS = 300_000
# Seconds. A stub beside other work may be late: an answer that counts as lost would make the counts wrong.
ANSWER_WITHIN = 60
# As the queue repeats it: the emulator may take longer for a page than the worker waits.
RECEIVES = 5


class Context:
    aws_request_id = "a-request"

    def get_remaining_time_in_millis(self) -> int:
        return TIME_LIMIT_MS


def prepare(job: Job) -> Send:
    os.environ |= {"USERS_TABLE": job.table, "WECHAT_API_BASE": job.wechat, "WECHAT_CA": job.ca}
    units = count_worker_units(container())
    patient = replace(container().worker_retry_policy, answer_within=ANSWER_WITHIN)
    container().override(worker_retry_policy=patient)
    _ = container().run_segment  # built, as in a worker that is warm
    queue = boto3.client("sqs")
    record = _receive(queue, job.campaign)

    def send() -> dict[str, float]:
        tries = (handler({"Records": [record]}, Context())["batchItemFailures"] for _ in range(RECEIVES))
        assert not all(tries)
        return {"user_units": units[job.table], "campaign_units": units[os.environ["CAMPAIGNS_TABLE"]]}

    return send


def _receive(queue: "SQSClient", campaign_id: str) -> dict[str, Any]:
    """The segment's message, as Lambda passes it to the worker. What an earlier campaign left may come before it."""
    while True:
        [message] = queue.receive_message(QueueUrl=os.environ[QUEUE], WaitTimeSeconds=10)["Messages"]
        if campaign_id in message["Body"]:
            break
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
    }
