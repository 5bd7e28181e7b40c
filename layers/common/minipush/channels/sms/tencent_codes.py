"""Tencent's error codes, of a call and of a number in it."""

from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import rejected, unknown
from minipush.domain.centre.reminders import ReminderReason

_ADDRESS: Final = (
    "FailedOperation.PhoneNumberInBlacklist", "FailedOperation.PhoneNumberOnBlacklist",
    "InvalidParameterValue.IncorrectPhoneNumber", "InvalidParameterValue.PhoneNumberIllegal",
    "InvalidParameterValue.PhoneNumberFormatError",
)  # fmt: skip
_MESSAGE: Final = (
    "FailedOperation.ContainSensitiveWord", "FailedOperation.MarketingSendTimeConstraint",
    "InvalidParameterValue.ContentLengthLimit", "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    "InvalidParameterValue.TemplateParameterFormatError", "InvalidParameterValue.TemplateParameterLengthLimit",
    "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
)  # fmt: skip
_NUMBER_LIMIT: Final = ("LimitExceeded.PhoneNumber", "LimitExceeded.DeliveryFrequencyLimit")
_BUSY: Final = (
    "RequestLimitExceeded",
    "ResourceUnavailable",
    "ServiceUnavailable",
    "FailedOperation.OtherError",
)
_ACCOUNT: Final = (
    "AuthFailure", "InternalError.Sig", "UnauthorizedOperation", "FailedOperation.", "InvalidParameter", "MissingParameter", "InvalidAction",
    "InvalidRequest", "UnsupportedOperation", "UnsupportedRegion", "UnsupportedProtocol", "UnknownParameter",
    "NoSuchVersion", "NoSuchProduct", "ActionOffline", "IpInBlacklist", "IpNotInWhitelist", "ResourceInsufficient",
    "ResourceNotFound", "OperationDenied",
)  # fmt: skip
# The first that fits.
_MEANINGS: Final = (
    (_ADDRESS, Concerns.ADDRESS, None),
    (_MESSAGE, Concerns.MESSAGE, None),
    (_NUMBER_LIMIT, Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT),
    (("LimitExceeded",), Concerns.ACCOUNT, ReminderReason.PROVIDER_LIMIT),
    (_BUSY, Concerns.PROVIDER, None),
    (_ACCOUNT, Concerns.ACCOUNT, None),
)


def tencent_refusal(code: str, detail: str) -> ReminderResult:
    for codes, concerns, reason in _MEANINGS:
        if code.startswith(codes):
            return rejected(concerns, detail, reason)
    return unknown(detail)  # InternalError among others: the message may have gone on
