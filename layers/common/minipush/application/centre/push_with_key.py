"""Push to the owner of a personal key."""

import uuid

from minipush.application.centre.push_message import PushMessage, PushWork
from minipush.application.centre.recall_reminder import RecallReminder
from minipush.application.ports.centre.addressees import Addressees
from minipush.application.ports.centre.inbox import InboxStore
from minipush.application.ports.clock import Clock
from minipush.domain.centre.errors import UnknownPushKeyError
from minipush.domain.centre.inbox import TextCheck
from minipush.domain.centre.pushes import Addressee, Push, PushOutcome, PushReason, PushStatus


class PushWithKey:
    """Every method raises UnknownPushKeyError for a key that nobody has, and StoreError. No text is checked: who has
    the key is the one who reads it."""

    def __init__(
        self,
        addressees: Addressees,
        store: InboxStore,
        push_message: PushMessage,
        recall: RecallReminder,
        clock: Clock,
    ) -> None:
        self._addressees = addressees
        self._store = store
        self._push_message = push_message
        self._recall = recall
        self._clock = clock

    def __call__(self, key: str, push: Push) -> PushOutcome:
        now = self._clock()
        owner = self._owner(key, now)
        if isinstance(owner, PushReason):
            return PushOutcome.skipped(owner)
        work = PushWork(now, uuid.uuid4().hex)
        pushed = self._push_message(owner, push, work, lambda: TextCheck.NOT_NEEDED)
        if pushed.reason is PushReason.UNBOUND:
            raise UnknownPushKeyError
        return pushed

    def check(self, key: str) -> None:
        """Whether somebody has the key."""
        self._owner(key, self._clock())

    def recall(self, key: str, ref: str) -> PushOutcome:
        """Take the message of that ref back, read or not: the owner of the key asks for it."""
        owner = self._owner(key, self._clock())
        if isinstance(owner, PushReason):
            return PushOutcome.skipped(owner)
        named = self._store.find_named(owner.openid, owner.sender.id, ref)
        if named and named.message:
            self._store.delete(named.message)
            self._recall(named.message)
        return PushOutcome(PushStatus.STORED, named.id if named else None)

    def _owner(self, key: str, now: int) -> Addressee | PushReason:
        owner = self._addressees.of_personal_key(key, now)
        if owner is None:
            raise UnknownPushKeyError
        return owner
