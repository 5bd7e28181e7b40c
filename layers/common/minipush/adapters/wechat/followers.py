"""WeChat's followers in the domain's terms."""

from collections.abc import Callable, Sequence

from minipush.adapters.wechat.errors import RETRY_SECONDS, is_temporary, unavailable
from minipush.application.ports.followers import FollowerPage
from minipush.domain.followers import FollowChanged, FollowerInfo, FollowStep, OfficialEvent, SendFailed
from minipush.wechat.errors import RefusedError, WeChatError
from minipush.wechat.followers import AccountFollower, AccountFollowers
from minipush.wechat.official_events import FollowEvent, SendFinishedEvent, read_official_event
from minipush.wechat.push_bodies import Fields

_WHAT = "WeChat doesn't describe its followers right now"
# The openid is another account's, or damaged.
_UNKNOWN = 40003


class WeChatFollowers:
    """`account` is built with the first call."""

    def __init__(self, account: Callable[[], AccountFollowers]) -> None:
        self._account = account

    def info(self, openid: str) -> FollowerInfo | None:
        try:
            return _info(self._call(lambda account: account.info(openid)))
        except RefusedError:
            return None

    def infos(self, openids: Sequence[str]) -> list[FollowerInfo]:
        """One openid that WeChat doesn't know fails the call: then each is asked for alone."""
        try:
            return [_info(each) for each in self._call(lambda account: account.infos(openids))]
        except RefusedError:
            found = (self.info(openid) for openid in openids)
            return [info for info in found if info]

    def page(self, cursor: str) -> FollowerPage:
        try:
            openids = self._call(lambda account: account.page(cursor))
        except RefusedError as error:
            raise unavailable(_WHAT, error, None) from error
        return FollowerPage(tuple(openids), openids[-1] if openids else None)

    def _call[R](self, call: Callable[[AccountFollowers], R]) -> R:
        """Raises RefusedError for an unknown openid, WeChatUnavailableError for anything else."""
        try:
            return call(self._account())
        except WeChatError as error:
            if isinstance(error, RefusedError) and error.errcode == _UNKNOWN:
                raise
            retry_seconds = RETRY_SECONDS if is_temporary(error) else None
            raise unavailable(_WHAT, error, retry_seconds) from error


def _info(follower: AccountFollower) -> FollowerInfo:
    return FollowerInfo(
        openid=follower.openid,
        follows=follower.subscribe,
        unionid=follower.unionid,
        followed_at=follower.subscribe_time,
    )


def read_event(fields: Fields) -> OfficialEvent | None:
    """None for a push that changes nothing, such as that of a message that arrived."""
    match read_official_event(fields):
        case FollowEvent() as event:
            step = FollowStep.FOLLOWED if event.follows else FollowStep.UNFOLLOWED
            return FollowChanged(event.openid, step, event.created_at)
        case SendFinishedEvent(status=status) as event if status != "success":
            return SendFailed(event.openid, event.msgid, status, event.created_at)
        case _:
            return None
