"""WeChat says later what became of a reminder that it had accepted, or that was in doubt."""

from dataclasses import dataclass, replace
from typing import Final

from minipush.application.ports.centre.channels import DeadChannels
from minipush.application.ports.centre.inbox import InboxStore
from minipush.application.ports.centre.reminder_store import ReminderStore
from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.domain.centre.channels import DeadReason
from minipush.domain.centre.dead_channel_notice import dead_channel_notice
from minipush.domain.centre.inbox import InboxMessage, place_of
from minipush.domain.centre.late_outcomes import arrived_late, failed_late
from minipush.domain.centre.message_ids import id_at, is_message_id, made_at
from minipush.domain.centre.reminders import (
    ChannelAddress,
    ChannelKind,
    ReminderReason,
    ReminderState,
    ReminderStatus,
)
from minipush.domain.deliveries import CLOCKS_DIFFER_MS, OFFICIAL_REPORTED_WITHIN_MS, ReportedFailure
from minipush.domain.messages import Reason
from minipush.domain.permit_kinds import FOLLOW
from minipush.domain.timestamps import DAY_MS
from minipush.errors import StoreError

OFFICIAL: Final = ChannelKind.OFFICIAL
SUBSCRIBE: Final = ChannelKind.SUBSCRIBE
# A reminder may wait for its provider. One that waits longer is not found.
REMINDED_WITHIN_MS: Final = DAY_MS
# A report is rare, and what one user gets in an hour is limited by sender.
PAGE, PAGES = 100, 3
_REASONS: Final = {
    Reason.QUOTA: ReminderReason.PROVIDER_LIMIT,
    Reason.WECHAT_UNAVAILABLE: ReminderReason.PROVIDER_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class _Sent:
    """A reminder that went out, or may have gone out."""

    message: InboxMessage
    state: ReminderState

    @property
    def official_at(self) -> int:
        """When it went to the official account first (ms); 0 if it didn't."""
        is_there = self.state.channel is OFFICIAL
        return (self.state.first_try if is_there else self.state.official_try) or 0

    @property
    def official_id(self) -> str | None:
        return self.state.provider_id if self.state.channel is OFFICIAL else None

    @property
    def may_be_official(self) -> bool:
        """Whether the official account may have taken it, or is about to."""
        may_have_left = self.state.status in (ReminderStatus.CLAIMED, ReminderStatus.SENT)
        return OFFICIAL in self.state.in_doubt or (self.state.channel is OFFICIAL and may_have_left)


@dataclass(frozen=True, slots=True, kw_only=True)
class FailOfficialReminder:
    """The official account could not deliver a message: it may have been a reminder.

    No claim tells of a reminder there. It is found in the user's inbox by its msgid. Where that is not known, the last
    message of ten minutes is meant, be it a reminder or not. The reminder keeps which report it was, or a repeat of the
    report would be about the message before.
    """

    inbox: InboxStore
    reminders: ReminderStore
    users: UserStore
    clock: Clock

    def __call__(self, failure: ReportedFailure) -> bool:
        """Whether the message was a reminder. Raises StoreError, also while the reminder is being sent."""
        found = self._find(failure)
        if found is None:
            return False
        _check_ended(found.state, OFFICIAL, self.clock())
        after = failed_late(found.state, OFFICIAL, _reason(failure.reason))
        if after != found.state:
            _write(self.reminders, found.message, replace(after, late_report=_name_of(failure)))
        return True

    def _find(self, failure: ReportedFailure) -> _Sent | None:
        recent = self._recent(failure)
        exact = [each for each in recent if _is_exact(each, failure)]
        if exact:
            return exact[0]
        possible = [each for each in recent if self._may_be_meant(each, failure)]
        last = max(possible, key=lambda each: each.official_at, default=None)
        return last if last and last.official_at > self._last_claim(failure) else None

    def _recent(self, failure: ReportedFailure) -> list[_Sent]:
        since, after = failure.at - REMINDED_WITHIN_MS, None
        found: list[_Sent] = []
        for _ in range(PAGES):
            page = self.inbox.page(failure.openid, since, after, PAGE)
            found += [_Sent(each, each.reminder) for each in page.entries if each.reminder]
            after = page.after
            if after is None:
                break
        return found

    def _may_be_meant(self, sent: _Sent, failure: ReportedFailure) -> bool:
        """A reminder that is sent with another msgid is another message."""
        at = sent.official_at
        is_recent = failure.at - OFFICIAL_REPORTED_WITHIN_MS < at <= failure.at + CLOCKS_DIFFER_MS
        return sent.may_be_official and is_recent and not (failure.msgid and sent.official_id)

    def _last_claim(self, failure: ReportedFailure) -> int:
        """When the last message went out that is no reminder (ms); 0 if none did."""
        spent = self.users.read(failure.openid).spent_by_kind(FOLLOW, failure.at + CLOCKS_DIFFER_MS)
        return spent[0][1].at if spent else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockOfficialChannel:
    """A follower takes no more messages of the official account: the next reminder goes by another channel."""

    channels: DeadChannels
    clock: Clock

    def __call__(self, openid: str, there: str) -> None:
        """`there`: the openid in the official account. The same again changes nothing. Raises StoreError."""
        notice = dead_channel_notice(openid, OFFICIAL, DeadReason.REFUSED, self.clock())
        self.channels.kill(openid, ChannelAddress(OFFICIAL, there), DeadReason.REFUSED, notice)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionOutcomes:
    """Reminders by subscription message. The claim of each has its `sending_id` as the delivery."""

    inbox: InboxStore
    reminders: ReminderStore
    clock: Clock

    def msgid(self, openid: str, delivery: str) -> str | None:
        found = self._find(openid, delivery)
        if found is None or found.state.channel is not SUBSCRIBE:
            return None
        return found.state.provider_id

    def fail(self, openid: str, delivery: str, reason: Reason) -> None:
        if found := self._find(openid, delivery):
            _write(self.reminders, found.message, failed_late(found.state, SUBSCRIBE, _reason(reason)))

    def confirm(self, openid: str, delivery: str, msgid: str) -> None:
        if found := self._find(openid, delivery):
            _write(self.reminders, found.message, arrived_late(found.state, SUBSCRIBE, msgid))

    def _find(self, openid: str, delivery: str) -> _Sent | None:
        """The id has the instant of the message's place, and its end is that of the message's id."""
        if not is_message_id(delivery):
            return None
        at = made_at(delivery)
        stored_then = self.inbox.page(openid, at, place_of(at + 1, ""), PAGE).entries
        for message in stored_then:
            if message.reminder and id_at(message.id, at) == delivery:
                _check_ended(message.reminder, SUBSCRIBE, self.clock())
                return _Sent(message, message.reminder)
        return None


def _is_exact(sent: _Sent, failure: ReportedFailure) -> bool:
    """Whether the report names this reminder, or is a repeat of one that was about it."""
    is_named = bool(failure.msgid) and sent.official_id == failure.msgid
    return is_named or sent.state.late_report == _name_of(failure)


def _name_of(failure: ReportedFailure) -> str:
    """Tells one report from another; a repeat has the same."""
    return f"{failure.msgid}@{failure.at}"


def _check_ended(state: ReminderState, kind: ChannelKind, now: int) -> None:
    """WeChat's report overtakes the worker that is still to write what WeChat, or the next channel, has answered it."""
    is_concerned = state.channel is kind or kind in state.in_doubt
    if state.status is ReminderStatus.CLAIMED and is_concerned and now < state.lease_until:
        raise StoreError("the reminder's outcome is not written yet")


def _write(reminders: ReminderStore, message: InboxMessage, after: ReminderState) -> None:
    before = message.reminder
    if before is None or after == before:
        return
    if not reminders.change(message.openid, message.place, before, after):
        raise StoreError("the reminder has changed meanwhile")


def _reason(reason: Reason) -> ReminderReason:
    return _REASONS.get(reason, ReminderReason.PROVIDER_REFUSED)
