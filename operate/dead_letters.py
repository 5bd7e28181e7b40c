"""The dead-letter queues of a deployed stack.

The China regions have no StartMessageMoveTask, so messages are moved one by one. A message that is moved twice does
its work once: segments, reminders and events of followers are recognised.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from minipush_cli.aws.deployed_stack import DeployedStack
from minipush_cli.errors import CommandError, Exit

QUEUE = "AWS::SQS::Queue"
# On-failure destinations of asynchronous functions, so no queue has them as its dead-letter queue.
UNSTARTED, SCHEDULES = "UnstartedCampaigns", "ScheduleDeadLetters"
STARTER, MAIL_FEEDBACK = "CampaignScheduleFunction", "MailFeedbackFunction"
OF_MAILS = "aws.ses"
SUFFIX = "DeadLetters"
HIDDEN_SECONDS = 60
BATCH = 10
# An attribute of a message that is received, and an argument where it is sent.
GROUP = "MessageGroupId"

type Message = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many messages went back to work, and how many were only deleted: runs of schedules."""

    back: int
    deleted: int


class DeadLetters:
    """`names`: the logical ids of the dead-letter queues that the stack has."""

    def __init__(self, stack: DeployedStack) -> None:
        self._stack = stack
        self._sqs = stack.client("sqs")
        self._urls = stack.resources(QUEUE)
        self._sources = dict(self._read_sources())
        self.names = sorted(self._sources)

    def count(self, name: str) -> int:
        """How many messages wait there."""
        return int(self._attributes(self._url(name))["ApproximateNumberOfMessages"])

    def shown(self, name: str) -> list[str]:
        """The bodies of up to ten messages, which stay."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url(name), MaxNumberOfMessages=BATCH, VisibilityTimeout=0
        )
        return [message["Body"] for message in answer.get("Messages", [])]

    def redrive(self, name: str) -> Redriven:
        """Bring all messages to where they failed. Raises CommandError for an unknown queue."""
        url, source = self._url(name), self._sources[name]
        of_functions = {UNSTARTED: self._start_again, SCHEDULES: self._tell_again}
        if not source and name not in of_functions:
            raise CommandError(
                f"no queue gave up the messages of {name}, so they go nowhere; DROP=1 deletes them"
            )
        return self._take_all(url, self._requeue_to(source) if source else of_functions[name])

    def drop(self, name: str) -> int:
        """Delete all messages. Returns how many. Raises CommandError for an unknown queue."""
        return self._take_all(self._url(name), lambda _: False).deleted

    def _take_all(self, url: str, take: Callable[[Message], bool]) -> Redriven:
        """`take`: is the message back at work?"""
        back = deleted = 0
        while messages := self._receive(url):
            for message in messages:
                is_back = take(message)
                back, deleted = back + is_back, deleted + (not is_back)
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return Redriven(back, deleted)

    def _url(self, name: str) -> str:
        if name not in self._sources:
            raise CommandError(f"no dead-letter queue {name}; there are {', '.join(self.names)}", Exit.USAGE)
        return self._urls[name]

    def _read_sources(self) -> Iterator[tuple[str, str]]:
        """Logical ids of dead-letter queues, each with the URL of the queue that its messages failed in.

        That is empty for failures of functions and schedules, which no queue gave up.
        """
        attributes = {name: self._attributes(url) for name, url in self._urls.items()}
        names = {one["QueueArn"]: name for name, one in attributes.items()}
        yield from ((name, "") for name in self._urls if name == UNSTARTED or name.endswith(SUFFIX))
        for name, one in attributes.items():
            policy = json.loads(one.get("RedrivePolicy") or "{}")
            if target := names.get(policy.get("deadLetterTargetArn")):
                yield target, self._urls[name]

    def _attributes(self, url: str) -> dict[str, str]:
        answer = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        found: dict[str, str] = answer["Attributes"]
        return found

    def _receive(self, url: str) -> list[Message]:
        answer = self._sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_SECONDS,
            MessageSystemAttributeNames=[GROUP],
        )
        messages: list[Message] = answer.get("Messages", [])
        return messages

    def _requeue_to(self, url: str) -> Callable[[Message], bool]:
        """A message stays in its group: a campaign that failed as a whole keeps no other waiting."""

        def take(message: Message) -> bool:
            self._sqs.send_message(QueueUrl=url, MessageBody=message["Body"], **_group_of(message))
            return True

        return take

    def _start_again(self, message: Message) -> bool:
        self._invoke(STARTER, _event(message))
        return True

    def _tell_again(self, message: Message) -> bool:
        """SES tells of a mail once. A schedule's next run does the work of one that failed."""
        event = _event(message)
        if event.get("source") != OF_MAILS:
            return False
        self._invoke(MAIL_FEEDBACK, event)
        return True

    def _invoke(self, function: str, event: Any) -> None:
        functions = self._stack.resources("AWS::Lambda::Function")
        if function not in functions:
            raise CommandError(f"the stack has no {function} any more; DROP=1 deletes the messages")
        self._stack.client("lambda").invoke(
            FunctionName=functions[function], InvocationType="Event", Payload=json.dumps(event).encode()
        )


def _group_of(message: Message) -> dict[str, str]:
    """As an argument: nothing for a message without a group."""
    attributes = message.get("Attributes", {})
    return {GROUP: attributes[GROUP]} if GROUP in attributes else {}


def _event(message: Message) -> Any:
    """Lambda's record of a failure has the event in `requestPayload`; a rule's or a schedule's message is the event."""
    body = json.loads(message["Body"])
    return body.get("requestPayload", body)
