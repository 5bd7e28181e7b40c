"""The templates of an account, read from WeChat."""

from dataclasses import asdict
from typing import Protocol

from minipush.adapters.wechat.errors import RETRY_SECONDS, is_temporary, unavailable
from minipush.domain.templates import Template
from minipush.wechat.errors import WeChatError
from minipush.wechat.templates import AccountTemplate


class TemplateClient(Protocol):
    def read(self) -> list[AccountTemplate]: ...


class WeChatTemplates:
    def __init__(self, account: TemplateClient) -> None:
        self._account = account

    def read(self) -> list[Template]:
        try:
            listed = self._account.read()
        except WeChatError as error:
            retry_seconds = RETRY_SECONDS if is_temporary(error) else None
            raise unavailable("WeChat doesn't list its templates right now", error, retry_seconds) from error
        return [Template(**asdict(template)) for template in listed]
