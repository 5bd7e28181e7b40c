"""What the replies of a mail server mean, by the phase in which they come.

Sources: RFC 5321 (replies), RFC 3463 (enhanced codes), and the replies of QQ Mail and NetEase, which use 550 for content
and for rates, too.
"""

import enum
import re
from collections.abc import Iterable
from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import rejected
from minipush.domain.centre.reminders import ReminderReason


class Phase(enum.Enum):
    """Who is spoken of: the sender's account, the recipient, or the mail."""

    ACCOUNT = "account"
    RECIPIENT = "recipient"
    MAIL = "mail"


_NO_SUCH_MAILBOX: Final = (550, 551, 553)
_LOGIN: Final = (530, 534, 535, 538)
_BAD_ADDRESS: Final = r"5\.(?:1\.(?:1|2|3|6|10)|2\.1)\b"  # 5.1.x: the address; 5.2.1: the mailbox is disabled
_ENHANCED: Final = r"5\.\d{1,3}\.\d{1,3}\b"
_ABOUT_SENDER: Final = r"(?i)relay|spf|dkim|dmarc|frequen|reputation|blocklist|blacklist|authenticat|too many"
_ABOUT_CONTENT: Final = r"(?i)content|spam|virus|junk|suspicious|policy|reject|phish"


def refused(code: int, text: str, phase: Phase, secrets: Iterable[str] = ()) -> ReminderResult:
    """The server has refused for certain: before the final dot, or with a reply to it. `secrets`: as in `rejected`."""
    detail = f"{code} {text}"
    if 400 <= code < 500:
        return rejected(Concerns.PROVIDER, detail, secrets=secrets)
    concerns = _concerns(code, text, phase)
    too_long = code == 552 and concerns is Concerns.MESSAGE and phase is Phase.MAIL
    return rejected(concerns, detail, ReminderReason.TOO_LONG if too_long else None, secrets)


def _concerns(code: int, text: str, phase: Phase) -> Concerns:
    if phase is Phase.ACCOUNT or code in _LOGIN:
        return Concerns.ACCOUNT
    if re.match(_ENHANCED, text):
        return _by_enhanced_code(text, phase)
    if re.search(_ABOUT_SENDER, text):
        return Concerns.ACCOUNT
    if phase is Phase.MAIL and re.search(_ABOUT_CONTENT, text):
        return Concerns.MESSAGE
    return Concerns.ADDRESS if code in _NO_SUCH_MAILBOX else Concerns.MESSAGE


def _by_enhanced_code(text: str, phase: Phase) -> Concerns:
    if re.match(_BAD_ADDRESS, text):
        return Concerns.ADDRESS
    is_policy = text.startswith("5.7.")
    return Concerns.ACCOUNT if is_policy and phase is Phase.RECIPIENT else Concerns.MESSAGE
