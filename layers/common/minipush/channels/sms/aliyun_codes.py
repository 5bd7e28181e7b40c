"""Aliyun's error codes. `isv.…`: the caller's fault; `isp.…`: Aliyun's; others come from its gateway."""

from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import rejected, unknown
from minipush.domain.centre.reminders import ReminderReason

_ADDRESS: Final = ("isv.MOBILE_NUMBER_ILLEGAL", "isv.PHONE_NUMBER_ILLEGAL")
# This number has had enough for now, or the whole account has.
_NUMBER_LIMIT: Final = ("isv.BUSINESS_LIMIT_", "BUSINESS_LIMIT_", "isv.MOBILE_COUNT_OVER_LIMIT")
_ACCOUNT_LIMIT: Final = ("isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL")
_ACCOUNT: Final = (
    "isv.SMS_SIGN", "isv.SMS_TEMPLATE", "isv.SMS_TEST", "isv.SIGN_", "isv.TEMPLATE_", "isv.OUT_OF_SERVICE",
    "isv.AMOUNT_NOT_ENOUGH", "isv.ACCOUNT_", "isv.PRODUCT_UN", "isv.DENY_IP_RANGE", "isv.INVALID_PARAMETERS",
    "isv.RAM_", "isv.EXTEND_CODE_ERROR", "isp.RAM_PERMISSION_DENY",
)  # fmt: skip
_BUSY: Final = ("Throttling", "ServiceUnavailable", "isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR")
# The first that fits. Aliyun's list says of isp.SYSTEM_ERROR: call again.
_MEANINGS: Final = (
    (_ADDRESS, Concerns.ADDRESS, None),
    (_NUMBER_LIMIT, Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT),
    (_ACCOUNT_LIMIT, Concerns.ACCOUNT, ReminderReason.PROVIDER_LIMIT),
    (_BUSY, Concerns.PROVIDER, None),
    (_ACCOUNT, Concerns.ACCOUNT, None),
    (("isv.",), Concerns.MESSAGE, None),
)


def aliyun_refusal(code: str, detail: str, status: int) -> ReminderResult:
    for codes, concerns, reason in _MEANINGS:
        if code.startswith(codes):
            return rejected(concerns, detail, reason)
    # The gateway: a wrong signature, key, permission or parameter with 4xx; with 5xx, the service may have gone on.
    return rejected(Concerns.ACCOUNT, detail) if status < 500 else unknown(detail)
