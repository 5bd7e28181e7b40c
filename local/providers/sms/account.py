"""The account with a provider of text messages, and what has gone out under it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.providers.phones import Phones, Shown

DAY = 86_400
MOBILE = r"1[3-9]\d{9}"
# Of codes: how many within how many seconds. Of other texts, of a template: a day. Of all: 40 a day.
CODE_LIMITS = ((1, 60), (5, 3600), (10, DAY))
TEMPLATE_LIMIT = 50
NUMBER_LIMIT = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsOptions:
    """`templates`: the names of the variables of each approved template. `has_limits`: those of a number apply."""

    key_id: str = "local-key-id"
    key_secret: str = field(default="local-key-secret", repr=False)
    sign_name: str = "小推送"
    sdk_app_id: str = "1400000001"
    templates: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"SMS_CODE": ("code",), "SMS_REMINDER": ("app",)}
    )
    has_limits: bool = True


@dataclass(frozen=True, slots=True)
class SentText:
    number: str
    template: str
    text: str
    out_id: str
    at: float


class SmsAccount:
    """Keeps the limits of a number, and the messages that went out."""

    def __init__(self, options: SmsOptions, clock: Callable[[], float], phones: Phones) -> None:
        self.options = options
        self.clock = clock
        self._phones = phones
        self.sent: list[SentText] = []
        self.requests = 0
        self.blacklist: set[str] = set()

    def is_limited(self, number: str, template: str) -> bool:
        if not self.options.has_limits:
            return False
        now = self.clock()
        to_number = [sent for sent in self.sent if sent.number == number and sent.at > now - DAY]
        of_template = [sent for sent in to_number if sent.template == template]
        if self.options.templates[template] == ("code",):
            limited = any(_within(of_template, now, window) >= most for most, window in CODE_LIMITS)
            return limited or len(to_number) >= NUMBER_LIMIT
        return len(of_template) >= TEMPLATE_LIMIT

    def deliver(
        self, provider: str, number: str, template: str, variables: Mapping[str, str], out_id: str
    ) -> None:
        options = self.options
        text = f"【{options.sign_name}】{_written(options.templates[template], variables)}"
        self.sent.append(SentText(number, template, text, out_id, self.clock()))
        fields = {"template": template, "variables": dict(variables), "out_id": out_id}
        self._phones.show(Shown(provider, number, "", text, self.clock(), id=out_id, fields=fields))


def has_url(text: str) -> bool:
    return bool(re.search(r"https?://|www\.|\w\.(?:com|cn|net|org)\b", text))


def _within(sent: list[SentText], now: float, seconds: float) -> int:
    return sum(each.at > now - seconds for each in sent)


def _written(names: tuple[str, ...], variables: Mapping[str, str]) -> str:
    if names == ("code",):
        return f"您的验证码是 {variables['code']}，十分钟内有效。"
    return f"您有一条来自 {'、'.join(variables.values())} 的新消息。"
