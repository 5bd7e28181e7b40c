"""Results of reminders, with what a provider said made fit for people and logs."""

import re
from collections.abc import Iterable
from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult, ReminderVerdict
from minipush.domain.centre.reminders import ReminderReason

LONGEST_DETAIL: Final = 200
_READ: Final = 20 * LONGEST_DETAIL
_CONTROL: Final = r"[\x00-\x20\x7f-\x9f\u2028\u2029]+"
# A path behind which Bark names the device; a device token, a signature or another secret; an openid; an address; a number.
_PRIVATE: Final = (
    r"(?<=/device/)[^\s\"'/]+|\b[0-9a-fA-F]{32,}\b|\b[A-Za-z0-9_+=-]{48,}|(?<![\w-])o[A-Za-z0-9_-]{27}(?![\w-])"
    r"|[^\s<>\"'@]+@[^\s<>\"'@]+|(?<!\d)\+?(?:86)?1[3-9]\d{9}(?!\d)"
)
_REASONS: Final = {
    Concerns.ADDRESS: ReminderReason.CHANNEL_DEAD,
    Concerns.MESSAGE: ReminderReason.PROVIDER_REFUSED,
    Concerns.ACCOUNT: ReminderReason.PROVIDER_REFUSED,
    Concerns.PROVIDER: ReminderReason.PROVIDER_UNAVAILABLE,
}


def accepted(provider_id: str | None = None) -> ReminderResult:
    return ReminderResult(verdict=ReminderVerdict.ACCEPTED, provider_id=provider_id)


def rejected(
    concerns: Concerns, detail: str, reason: ReminderReason | None = None, secrets: Iterable[str] = ()
) -> ReminderResult:
    """`reason`: by default the one that fits `concerns`. `secrets`: texts that must not be in `detail`."""
    return ReminderResult(
        verdict=ReminderVerdict.REJECTED,
        concerns=concerns,
        reason=reason or _REASONS.get(concerns),
        detail=redacted(detail, secrets),
    )


def unknown(detail: str, secrets: Iterable[str] = ()) -> ReminderResult:
    return ReminderResult(verdict=ReminderVerdict.UNKNOWN, detail=redacted(detail, secrets))


def redacted(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` without control characters, the given secrets, and what looks like one; LONGEST_DETAIL characters at most."""
    text = text[:_READ].encode(errors="replace").decode()  # half a surrogate pair can't be encoded
    for secret in secrets:
        text = text.replace(secret, "…") if secret else text
    text = re.sub(_PRIVATE, "…", re.sub(_CONTROL, " ", text))
    return text.strip()[:LONGEST_DETAIL]
