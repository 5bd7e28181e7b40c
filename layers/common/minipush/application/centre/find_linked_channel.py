"""The channels inside WeChat, which a user names without an address: WeChat knows whom it may reach."""

from minipush.application.ports.clock import Clock
from minipush.application.ports.users import UserStore
from minipush.domain.centre.errors import ChannelUnavailableError
from minipush.domain.centre.reminders import ChannelAddress, ChannelKind
from minipush.domain.messages import MessageType


class FindLinkedChannel:
    """`subscribe`: the type of subscription messages. `subscribe_template`: that of reminders, empty for none.

    `has_official`: whether the deployment reminds by the official account.
    """

    def __init__(
        self,
        users: UserStore,
        clock: Clock,
        *,
        subscribe: MessageType,
        subscribe_template: str,
        has_official: bool,
    ) -> None:
        self._users = users
        self._clock = clock
        self._subscribe = subscribe
        self._subscribe_template = subscribe_template
        self._has_official = has_official

    def __call__(self, openid: str, kind: ChannelKind) -> ChannelAddress | None:
        """None if the user doesn't follow, or has accepted nothing.

        Raises ChannelUnavailableError if the deployment doesn't offer it, and StoreError.
        """
        if kind is ChannelKind.OFFICIAL and self._has_official:
            follower = self._users.read(openid).follower
            return ChannelAddress(kind, follower.openid) if follower and follower.follows else None
        if kind is ChannelKind.SUBSCRIBE and self._subscribe_template:
            user, kinds = self._users.read(openid), self._subscribe.permit_kinds
            can_get = user.can_get(kinds, self._subscribe_template, self._clock())
            return ChannelAddress(kind, openid) if can_get else None
        raise ChannelUnavailableError(None)
