"""The state of the running servers. A reset replaces it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import time

from local.providers.bark import BarkServer
from local.providers.faults import Faults
from local.providers.phones import Phones, say
from local.providers.sms.account import SmsAccount, SmsOptions
from local.providers.sms.aliyun import AliyunServer
from local.providers.sms.tencent import TencentServer
from local.providers.smtp import MailServer, SmtpOptions

SMTP = SmtpOptions()
SMS = SmsOptions()


@dataclass(slots=True)
class Clock:
    """The machine's, moved forward by `offset` seconds."""

    real: Callable[[], float] = time
    offset: float = 0

    def __call__(self) -> float:
        return self.real() + self.offset


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvidersOptions:
    """The initial state, which a reset restores. `say` gets a line for each thing that arrives."""

    sms: SmsOptions = SMS
    smtp: SmtpOptions = SMTP
    bark_auth: str = field(default="", repr=False)
    say: Callable[[str], None] = say


class ProvidersState:
    phones: Phones
    faults: Faults
    bark: BarkServer
    sms: SmsAccount
    aliyun: AliyunServer
    tencent: TencentServer
    mail: MailServer

    def __init__(self, options: ProvidersOptions) -> None:
        self.options = options
        self.reset()

    def reset(self) -> None:
        options = self.options
        self.clock = Clock()
        self.phones = Phones(options.say)
        self.faults = Faults()
        self.bark = BarkServer(self.clock, self.phones, options.bark_auth)
        self.sms = SmsAccount(options.sms, self.clock, self.phones)
        self.aliyun = AliyunServer(self.sms)
        self.tencent = TencentServer(self.sms)
        self.mail = MailServer(self.clock, self.phones, self.faults, options.smtp)
