"""How many messages are in the dead-letter queues."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from minipush.adapters.aws.errors import raises_store_error

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsDeadLetters:
    """`urls`: of the queues, by what they hold."""

    def __init__(self, client: "SQSClient", urls: Mapping[str, str]) -> None:
        self._client = client
        self._urls = urls

    @raises_store_error
    def count(self) -> dict[str, int]:
        """About how many, by what they are."""
        return {name: self._count(url) for name, url in self._urls.items()}

    def _count(self, url: str) -> int:
        answer = self._client.get_queue_attributes(
            QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])
