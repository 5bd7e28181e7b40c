"""Users' own channels: naming an address, and proving by a code that it is theirs."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from minipush.application.centre.failed_tries import FailedTries
from minipush.application.centre.send_reminder import FindChannel
from minipush.application.delivery.sending_watch import SendingWatch
from minipush.application.ports.centre.channel_health import ChannelHealthStore
from minipush.application.ports.centre.channels import ChannelStore, CodeLimits
from minipush.application.ports.clock import Clock
from minipush.application.ports.reminder_channel import (
    Concerns,
    ReminderChannel,
    ReminderResult,
    ReminderVerdict,
)
from minipush.domain.centre.channels import ChannelStatus, DeadReason, OwnershipCode, UserChannel
from minipush.domain.centre.errors import (
    AddressRefusedError,
    ChannelNotLinkedError,
    ChannelUnavailableError,
    TooManyCodesError,
    UnknownChannelError,
    WrongCodeError,
)
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind, Reminder
from minipush.domain.timestamps import HOUR_MS

CODE_MS: Final = 10 * 60 * 1000
TRIES: Final = 5
# An hour: to one address, whoever asks, and for one user. Tests count, too.
TO_ONE_ADDRESS: Final = 3
FOR_ONE_USER: Final = 10
SEND_SECONDS: Final = 8.0

LINKED: Final = (ChannelKind.OFFICIAL, ChannelKind.SUBSCRIBE)
"""Channels inside WeChat: the user names no address."""

type ReadAddress = Callable[[ChannelKind, str], str]
"""What a user has typed, as it is stored. Raises ValueError with a text for the user."""
type FindLinked = Callable[[str, ChannelKind], ChannelAddress | None]
"""Where a channel inside WeChat reaches a user (openid). None: the user follows no account, or has accepted nothing.

Raises ChannelUnavailableError if the deployment doesn't offer the channel.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChannels:
    """`key`: what codes are hashed under, so that a copy of the table doesn't tell them."""

    store: ChannelStore
    limits: CodeLimits
    channel: FindChannel
    read_address: ReadAddress
    find_linked: FindLinked
    health: ChannelHealthStore
    failed_tries: FailedTries
    key: Callable[[], bytes]
    sending: SendingWatch
    clock: Clock

    def read_all(self, openid: str) -> list[UserChannel]:
        return self.store.read_all(openid)

    def link(self, openid: str, kind: ChannelKind) -> UserChannel:
        """A channel inside WeChat needs no code. Raises ChannelNotLinkedError and ChannelUnavailableError."""
        address = self.find_linked(openid, kind)
        if address is None:
            raise ChannelNotLinkedError(kind.value)
        linked = UserChannel(address=address, status=ChannelStatus.VERIFIED, verified_at=self.clock())
        self.store.put(openid, linked)
        return linked

    async def set_address(self, openid: str, named: ChannelAddress) -> UserChannel:
        """Send a code to an address, which takes the place of the user's address of that kind.

        `named` has what the user typed.
        Raises AddressRefusedError, TooManyCodesError, ChannelUnavailableError and SendingOffError.
        """
        await self._check_sending()
        channel = self._open(named.kind)
        address = replace(named, text=self._read(named.kind, named.text))
        self._take(openid, address)
        code = f"{secrets.randbelow(10**6):06}"
        expires_at = self.clock() + CODE_MS
        kept = OwnershipCode(self._digest(openid, address, code, expires_at), expires_at)
        pending = UserChannel(address=address, status=ChannelStatus.PENDING, code=kept)
        self.store.put(openid, pending)
        result = await channel.send_code(code, address, SEND_SECONDS)
        self.failed_tries.note(openid, address.kind, result, [address.text, code])
        _check(result)
        return pending

    def verify(self, openid: str, kind: ChannelKind, code: str) -> UserChannel:
        """Raises UnknownChannelError and WrongCodeError. A try is counted before the code is compared.

        Who lost the answer may ask again with the same code: the channel is verified, and stays so.
        """
        found = self._find(openid, kind)
        kept = found.code
        if kept is None or self.clock() >= kept.expires_at:
            raise WrongCodeError
        is_repeat = found.status is ChannelStatus.VERIFIED
        if not is_repeat and not self.store.take_try(openid, kind, kept, TRIES):
            raise WrongCodeError
        digest = self._digest(openid, found.address, code, kept.expires_at)
        if not hmac.compare_digest(digest, kept.digest):
            raise WrongCodeError
        if is_repeat:
            return found
        if not self.store.verify(openid, kind, kept, self.clock()):
            raise WrongCodeError
        return self._find(openid, kind)

    async def test(self, openid: str, kind: ChannelKind, sender: str, title: str, body: str) -> UserChannel:
        """Send a reminder of nothing to a verified channel.

        Raises UnknownChannelError, TooManyCodesError, ChannelUnavailableError and SendingOffError.
        """
        await self._check_sending()
        found = self._find(openid, kind)
        if found.status is not ChannelStatus.VERIFIED:
            raise UnknownChannelError(kind.value)
        channel = self._open(kind)
        self._take(openid, found.address)
        id_ = secrets.token_hex(16)
        reminder = Reminder(message_id=id_, sender=sender, title=title, body=body, at=self.clock())
        result = await channel.send(reminder, found.address, SEND_SECONDS)
        self.failed_tries.note(openid, kind, result, [found.address.text])
        if result.concerns is Concerns.ADDRESS:
            self.store.kill(openid, found.address, DeadReason.REFUSED)
        else:
            _check(result)
        return self._find(openid, kind)

    def remove(self, openid: str, kind: ChannelKind) -> None:
        """What is queued for the channel is not sent by it."""
        self.store.remove(openid, kind)

    async def _check_sending(self) -> None:
        """Raise SendingOffError before anything is done. A code is one call: no need to watch on."""
        async with self.sending:
            self.sending.check()

    def _open(self, kind: ChannelKind) -> ReminderChannel:
        """An operator's pause stops codes and tests, too. An open breaker doesn't: a code is a try whose end a user sees."""
        found = self.channel(kind)
        if found is None or self.health.read(kind).is_paused:
            raise ChannelUnavailableError(None)
        return found

    def _find(self, openid: str, kind: ChannelKind) -> UserChannel:
        for channel in self.store.read_all(openid):
            if channel.kind is kind:
                return channel
        raise UnknownChannelError(kind.value)

    def _read(self, kind: ChannelKind, text: str) -> str:
        try:
            return self.read_address(kind, text)
        except ValueError as error:
            raise AddressRefusedError(str(error)) from None

    def _take(self, openid: str, address: ChannelAddress) -> None:
        now = self.clock()
        limits = ((f"user#{openid}", FOR_ONE_USER), (_counted_as(address), TO_ONE_ADDRESS))
        for name, most in limits:
            free_at = self.limits.take(name, most, HOUR_MS, now)
            if free_at is not None:
                raise TooManyCodesError(-(-(free_at - now) // 1000))

    def _digest(self, openid: str, address: ChannelAddress, code: str, expires_at: int) -> str:
        about = "\n".join((openid, address.kind, address.text, str(expires_at), code))
        return hmac.new(self.key(), about.encode(), hashlib.sha256).hexdigest()


def _counted_as(address: ChannelAddress) -> str:
    """Mailboxes ignore the case of their names. Other addresses may differ by case alone."""
    text = address.text.lower() if address.kind is ChannelKind.EMAIL else address.text
    return f"{address.kind}#{text}"


def _check(result: ReminderResult) -> None:
    """A lost answer counts as sent: the user sees whether something came."""
    if result.verdict is not ReminderVerdict.REJECTED:
        return
    if result.concerns is Concerns.ADDRESS:
        raise AddressRefusedError("the provider refuses this address")
    raise ChannelUnavailableError(result.retry_after)
