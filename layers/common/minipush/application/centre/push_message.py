"""Put one message into one user's inbox, and queue its reminder.

The job is queued before the message is stored, so that no message waits for a job that nobody made. A process that dies
in between leaves a job without a message, which its worker drops.
"""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from minipush.application.ports.centre.inbox import InboxStore, Named
from minipush.application.ports.centre.reminder_queue import ReminderQueue
from minipush.application.ports.clock import Clock
from minipush.domain.centre.inbox import COUNTED_MS, KEPT_MS, InboxHead, InboxMessage, Level, TextCheck
from minipush.domain.centre.message_ids import made_at, message_id
from minipush.domain.centre.pushes import Addressee, Push, PushOutcome, PushReason, PushStatus
from minipush.domain.centre.reminders import ReminderState, ReminderStatus
from minipush.domain.timestamps import HOUR_MS
from minipush.errors import StoreError

# Messages of all senders to one user in a day: so many are read before each push, at most.
OF_ALL_A_DAY: Final = 2_000
HEADS_A_PAGE: Final = 500
# A push that completes so long after its first try is stored as of now: the user may have read what came in between.
LATE_MS: Final = 5_000
# Two pushes with the same ref at the same time get in each other's way.
TRIES: Final = 4

type IsThere = Callable[[Addressee], bool]
"""Whether the user still has the key by which the user was found. Raises StoreError."""
type CheckText = Callable[[], TextCheck]
"""What is known of the push's text. It is asked only for a push that will be stored."""


@dataclass(frozen=True, slots=True)
class PushWork:
    """`at`: when the push was first asked for (ms); `request`: which one it was. A repeat has the same.

    `keeps_its_time`: the message is of that instant however late it is stored. Two processes may do the work at the same
    time then: its place is the same for both. What the user allows is always judged as of now.
    """

    at: int
    request: str
    keeps_its_time: bool = False

    @classmethod
    def of(cls, work_id: str) -> "PushWork":
        """Of an id that `work_id` made."""
        return cls(int(work_id.partition("-")[0]), work_id)


def work_id(now: int) -> str:
    """Tells when the work was first asked for, so that a repeat makes the same message at the same place."""
    return f"{now}-{uuid.uuid4().hex}"


class PushMessage:
    def __init__(self, store: InboxStore, queue: ReminderQueue, is_there: IsThere, clock: Clock) -> None:
        self._store = store
        self._queue = queue
        self._is_there = is_there
        self._clock = clock

    def __call__(self, user: Addressee, push: Push, work: PushWork, check_text: CheckText) -> PushOutcome:
        """The same work again stores nothing more. Raises StoreError; what `check_text` raises."""
        level = user.level.lowered_to(push.level)
        if level is Level.NONE:
            return PushOutcome.skipped(PushReason.REFUSED)
        now, id_ = self._clock(), message_id(work.at, work.request, user.key_ref)
        # Back to the message's own place, too: a repeat may come days later.
        sent = _Sent(user, [*self._sent(user.openid, min(work.at, now - COUNTED_MS))])
        if sent.has(id_):
            return PushOutcome(PushStatus.STORED, id_)
        if wait := sent.wait(now):
            before = self._named(user, push.ref)
            if before and _is_done(before, id_):
                # A repeat, which has no place of its own id: the message kept the id of the one that it replaced.
                return PushOutcome(PushStatus.STORED, before.id)
            return PushOutcome.skipped(PushReason.RATE_LIMITED, wait)
        checked = check_text()
        if checked is TextCheck.BLOCKED:
            return PushOutcome(PushStatus.FAILED, None, PushReason.CONTENT_BLOCKED)
        message = replace(_message(user, push, work, id_, checked), at=self._stored_at(work))
        if level is Level.STRONG:
            message = replace(message, reminder=_reminder(user, push, message.at, now))
        return self._unless_gone(user, self._store_message(user, message))

    def _unless_gone(self, user: Addressee, stored_id: str) -> PushOutcome:
        """The user may have been erased while the text was checked. What erases takes the keys first, then the messages:
        either it finds the message, or the key is missing here.
        """
        if self._is_there(user):
            return PushOutcome(PushStatus.STORED, stored_id)
        if message := self._store.find(user.openid, stored_id):
            self._store.withdraw(message, self._clock())
        return PushOutcome.skipped(PushReason.UNBOUND)

    def _stored_at(self, work: PushWork) -> int:
        now = self._clock()
        return now if now - work.at >= LATE_MS and not work.keeps_its_time else work.at

    def _sent(self, openid: str, since: int) -> Iterator[InboxHead]:
        """The newest messages, of all senders; one that was replaced counts at each of its places."""
        after = None
        for _ in range(OF_ALL_A_DAY // HEADS_A_PAGE):
            page = self._store.heads(openid, since, after, HEADS_A_PAGE)
            yield from page.entries
            after = page.after
            if after is None:
                return

    def _store_message(self, user: Addressee, message: InboxMessage) -> str:
        """The id under which the message is in the inbox."""
        if message.sender_ref is None:
            self._queue_reminder(user, message)
            self._store.put(message)
            return message.id
        for _ in range(TRIES):
            if id_ := self._put_named(user, message):
                return id_
        raise StoreError("other pushes replace the same message")

    def _put_named(self, user: Addressee, message: InboxMessage) -> str | None:
        """The message keeps the id of the one that it replaces, so that a device replaces that one, too."""
        push_id = message.id
        before = self._named(user, message.sender_ref)
        if before and before.message:
            if _is_done(before, push_id):
                return before.id
            if not before.message.is_deleted:
                message = replace(message, id=before.id, at=self._after(before.message, message.at))
        self._queue_reminder(user, message)
        return message.id if self._store.put_named(message, before, push_id) else None

    def _named(self, user: Addressee, ref: str | None) -> Named | None:
        return None if ref is None else self._store.find_named(user.openid, user.sender.id, ref)

    def _after(self, before: InboxMessage, at: int) -> int:
        """An older push may have completed later: what replaces its message comes after it, and is unread."""
        return at if at > before.at else max(self._clock(), before.at + 1)

    def _queue_reminder(self, user: Addressee, message: InboxMessage) -> None:
        reminder = message.reminder
        if reminder and not reminder.status.is_final:
            self._queue.add(user.channels[0], message)


def _is_done(before: Named, push_id: str) -> bool:
    """It is this push, stored before, or a newer one has replaced it. The user may have deleted the message."""
    is_newer = before.push_id == push_id or made_at(before.push_id) > made_at(push_id)
    return before.message is not None and is_newer


def _message(user: Addressee, push: Push, work: PushWork, id_: str, checked: TextCheck) -> InboxMessage:
    return InboxMessage(
        id=id_,
        openid=user.openid,
        at=work.at,
        sender=user.sender,
        content=push.content,
        text_check=checked,
        sender_ref=push.ref,
        until=work.at + (push.kept_ms or KEPT_MS),
    )


def _reminder(user: Addressee, push: Push, at: int, now: int) -> ReminderState:
    """The rules are judged again when the job runs. One that stands against it already saves the job."""
    rule = user.rule_against_reminding(now)
    status = ReminderStatus.SKIPPED if rule else ReminderStatus.QUEUED
    return ReminderState(status=status, until=at + push.reminded_ms, reason=rule)


class _Sent:
    """What a user got in the last day, at least. `heads`: newest first."""

    def __init__(self, user: Addressee, heads: list[InboxHead]) -> None:
        self._limits = user.limits
        self._heads = heads
        self._of_sender = [head for head in heads if head.sender.id == user.sender.id]

    def has(self, message_id: str) -> bool:
        return any(head.id == message_id for head in self._of_sender)

    def wait(self, now: int) -> int:
        """Seconds until the sender may push again; 0: now."""
        limits = (
            (self._of_sender, self._limits.to_user_per_hour, HOUR_MS),
            (self._of_sender, self._limits.to_user_per_day, COUNTED_MS),
            (self._heads, OF_ALL_A_DAY, COUNTED_MS),
        )
        waits = [heads[most - 1].at + span - now for heads, most, span in limits if len(heads) >= most]
        return max(0, -(-max(waits, default=0) // 1000))
