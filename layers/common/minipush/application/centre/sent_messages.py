"""What an app learns of a message that it pushed, and how it takes the message back."""

from collections.abc import Callable
from dataclasses import dataclass

from minipush.application.centre.recall_reminder import RecallReminder
from minipush.application.ports.centre.inbox import InboxStore
from minipush.domain.centre.errors import UnknownMessageError
from minipush.domain.centre.inbox import InboxMessage, SenderKind, TextCheck, head_of
from minipush.domain.centre.message_ids import is_message_id, ref_in
from minipush.domain.centre.reminders import ReminderState

type OwnerOf = Callable[[str], str | None]
"""The openid of the user who has, or had, the key with this ref."""
type SharesReceipts = Callable[[str], bool]
"""Takes an openid."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """`is_read` and `reminder` are None where the user shares no receipts; `reminder` also for a weak message."""

    stored_at: int
    is_checked: bool
    is_read: bool | None = None
    reminder: ReminderState | None = None


class ReadReceipt:
    def __init__(self, store: InboxStore, owner_of: OwnerOf, shares_receipts: SharesReceipts) -> None:
        self._store = store
        self._owner_of = owner_of
        self._shares_receipts = shares_receipts

    def __call__(self, appid: str, message_id: str) -> Receipt:
        """Raises UnknownMessageError, also for a message that was recalled; StoreError.

        That the user has deleted the message is the user's own business.
        """
        message = _find(self._store, self._owner_of, appid, message_id)
        if message.is_recalled:
            raise UnknownMessageError
        is_checked = message.text_check is not TextCheck.PENDING
        if not self._shares_receipts(message.openid):
            return Receipt(message.at, is_checked)
        marks = self._store.read_marks(message.openid)
        return Receipt(message.at, is_checked, marks.is_read(head_of(message)), message.reminder)


class RecallMessage:
    def __init__(self, store: InboxStore, owner_of: OwnerOf, recall: RecallReminder) -> None:
        self._store = store
        self._owner_of = owner_of
        self._recall = recall

    def __call__(self, appid: str, message_id: str) -> None:
        """A message that was read stays. A repeat takes the reminder back once more. Raises UnknownMessageError, StoreError."""
        message = _find(self._store, self._owner_of, appid, message_id)
        marks = self._store.read_marks(message.openid)
        is_recalled = message.is_recalled or (
            not marks.is_read(head_of(message)) and self._take_back(message)
        )
        if is_recalled:
            self._recall(message)

    def _take_back(self, message: InboxMessage) -> bool:
        """The SDK repeats a write whose answer was lost, and the repeat is refused: the message says who deleted it."""
        if self._store.delete(message, is_recall=True):
            return True
        there = self._store.read(message.openid, message.place)
        return there is not None and there.is_recalled


def _find(store: InboxStore, owner_of: OwnerOf, appid: str, message_id: str) -> InboxMessage:
    openid = owner_of(ref_in(message_id)) if is_message_id(message_id) else None
    message = store.find(openid, message_id) if openid else None
    if message is None or (message.sender.kind, message.sender.id) != (SenderKind.APP, appid):
        raise UnknownMessageError
    return message
