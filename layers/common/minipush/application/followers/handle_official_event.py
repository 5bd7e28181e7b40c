"""Act on the events of the official account, some seconds after WeChat pushed them."""

import json
import logging
from collections.abc import Callable
from typing import Final

from minipush.application.followers.map_follower import MapFollower
from minipush.application.ports.clock import Clock
from minipush.application.ports.events import ProcessedEvents
from minipush.application.ports.followers import FollowerStore
from minipush.domain.deliveries import ReportedFailure
from minipush.domain.followers import FollowChanged, OfficialEvent, SendFailed
from minipush.domain.ids import user_hash
from minipush.domain.messages import Reason, Status
from minipush.domain.permit_kinds import FOLLOW
from minipush.domain.statistics import Activity

logger = logging.getLogger(__name__)

# WeChat repeats an event for some seconds, and the queue may hand out a message twice for some days.
EVENT_KEPT_MS = 4 * 24 * 60 * 60 * 1000
# WeChat's words after `failed:`, without blanks.
_BLOCKED: Final = "failed:userblock"
_REFUSED: Final = frozenset({_BLOCKED, "failed:freqlimit"})

type RecordFailure = Callable[[ReportedFailure], Status | None]
"""Returns the status that the message had; None if minipush didn't send it."""
type FailReminder = Callable[[ReportedFailure], bool]
"""Returns whether the message was a reminder of the message centre. No claim tells of those, and no statistic."""
type BlockChannel = Callable[[str, str], None]
"""Takes the openids of a user and of the follower: no reminder goes there any more."""


class HandleOfficialEvent:
    def __init__(
        self,
        map_follower: MapFollower,
        store: FollowerStore,
        processed: ProcessedEvents,
        fail_reminder: FailReminder,
        block_channel: BlockChannel,
        record_failure: RecordFailure,
        record: Callable[[Activity], None],
        clock: Clock,
    ) -> None:
        self._map_follower = map_follower
        self._store = store
        self._processed = processed
        self._fail_reminder = fail_reminder
        self._block_channel = block_channel
        self._record_failure = record_failure
        self._record = record
        self._clock = clock

    def __call__(self, event: OfficialEvent) -> None:
        """Raises WeChatUnavailableError, StoreError."""
        match event:
            case FollowChanged():
                self._map_follower(event.openid, event)
            case SendFailed():
                self._record_once(event)

    def _record_once(self, event: SendFailed) -> None:
        """Marked as processed after it took effect, so that a repeat completes a failed try."""
        key = json.dumps(["SendFailed", event.openid, event.msgid, event.at])
        if self._processed.has(key):
            return
        about = {"msgid": event.msgid, "status": event.status, "user": user_hash(event.openid)}
        logger.warning("WeChat accepted a message and could not deliver it", extra=about)
        failure = self._failure(event)
        if failure and _words(event) == _BLOCKED:
            self._block_channel(failure.openid, event.openid)
        is_reminder = failure is not None and self._fail_reminder(failure)
        before = self._record_failure(failure) if failure and not is_reminder else None
        if self._processed.add(key, self._clock() + EVENT_KEPT_MS) and before and failure:
            self._record(Activity.of_late_failure(before, failure.reason))

    def _failure(self, event: SendFailed) -> ReportedFailure | None:
        """None for somebody who isn't known to be a user."""
        unionid = self._store.read(event.openid).unionid
        openid = self._store.user_of(unionid) if unionid else None
        if openid is None:
            return None
        return ReportedFailure(
            openid=openid,
            template_id="",
            msgid=event.msgid,
            errcode=None,
            reason=Reason.REFUSED if _words(event) in _REFUSED else Reason.WECHAT_UNAVAILABLE,
            at=event.at * 1000,
            permit_kind=FOLLOW,
        )


def _words(event: SendFailed) -> str:
    return event.status.replace(" ", "").lower()
