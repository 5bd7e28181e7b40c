"""WeChat's quotas in the domain's terms."""

import logging
from collections.abc import Callable, Mapping
from typing import Final

from minipush.domain.accounts import AccountKind
from minipush.domain.messages import MessageType
from minipush.domain.quotas import DailyQuota
from minipush.wechat.errors import WeChatError
from minipush.wechat.quotas import AccountQuotas
from minipush.wechat.sender import OFFICIAL_PATH, SUBSCRIBE_PATH, TEMPLATE_PATH

logger = logging.getLogger(__name__)

_PATHS: Final[Mapping[str, str]] = {
    "template": TEMPLATE_PATH,
    "subscribe": SUBSCRIBE_PATH,
    "official": OFFICIAL_PATH,
}


class WeChatQuotas:
    """`account`: None for an account that the deployment doesn't have."""

    def __init__(self, account: Callable[[AccountKind], AccountQuotas | None]) -> None:
        self._account = account

    def __call__(self, message_type: MessageType) -> DailyQuota | None:
        path, account = _PATHS.get(message_type.name), self._account(message_type.account)
        if path is None or account is None:
            return None
        try:
            quota = account.read(path)
        except WeChatError as error:
            logger.warning("WeChat doesn't tell the quota: %s", error)
            return None
        return DailyQuota(quota.daily_limit, quota.used, quota.remain)
