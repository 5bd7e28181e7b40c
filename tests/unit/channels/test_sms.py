"""Text messages: signatures, numbers, variables, and what error codes mean."""

import pytest

from minipush.application.ports.reminder_channel import Concerns, ReminderVerdict
from minipush.channels.sms.account import SmsKey, sender_name
from minipush.channels.sms.aliyun_codes import aliyun_refusal
from minipush.channels.sms.numbers import read_number
from minipush.channels.sms.signatures import acs3_authorization, acs3_query, tc3_authorization
from minipush.channels.sms.tencent_codes import tencent_refusal
from minipush.domain.centre.reminders import ReminderReason


def test_aliyuns_own_client_signs_alike() -> None:
    """Recorded from alibabacloud-dysmsapi20170525 4.6.0."""
    query = acs3_query({
        "PhoneNumbers": "13800138000", "SignName": "小推送", "TemplateCode": "SMS_CODE",
        "TemplateParam": '{"code": "48 2913*~"}', "OutId": "x",
    })  # fmt: skip
    headers = {
        "accept": "application/json",
        "host": "127.0.0.1:37169",
        "user-agent": "AlibabaCloud (Linux; x86_64) Python/3.13.0 Core/0.4.3 TeaDSL/2",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-credentials-provider": "static_ak",
        "x-acs-date": "2026-11-30T13:23:07Z",
        "x-acs-signature-nonce": "a7e9549b4b2a5d96c45576608e58a7e6",
        "x-acs-version": "2017-05-25",
    }
    assert acs3_authorization(SmsKey("LTAIexample", "secretexample"), query, headers) == (
        "ACS3-HMAC-SHA256 Credential=LTAIexample,SignedHeaders=accept;host;user-agent;x-acs-action;"
        "x-acs-content-sha256;x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=721cfc45ac8a476ad94afae2f07090c065e6e13ef4268394b37e374bed387506"
    )


def test_tencents_own_client_signs_alike() -> None:
    """Recorded from tencentcloud-sdk-python-sms 3.1.153."""
    body = (
        rb'{"PhoneNumberSet": ["+8613800138000"], "SmsSdkAppId": "1400000001", "TemplateId": "SMS_CODE", "SignName": '
        rb'"\u5c0f\u63a8\u9001", "TemplateParamSet": ["482913"], "SessionContext": "x"}'
    )
    key = SmsKey("AKIDexample", "secretexample")
    assert tc3_authorization(key, "sms", "127.0.0.1:45275", "application/json", body, 1796044983) == (
        "TC3-HMAC-SHA256 Credential=AKIDexample/2026-11-30/sms/tc3_request, SignedHeaders=content-type;host, "
        "Signature=c527d7b056016c7d769d5d229b069414a1af7649604385ac30091e30fe0205f2"
    )


@pytest.mark.parametrize(
    "text", ["13800138000", "+8613800138000", "8613800138000", "0086 138 0013 8000", " 138-0013-8000 "]
)
def test_a_number_is_kept_in_e164(text: str) -> None:
    assert read_number(text) == "+8613800138000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12800138000",
        "1380013800",
        "138001380000",
        "+85291234567",
        "+1 202 555 0100",
        "１３８００１３８０００",
    ],
)
def test_what_is_no_number_of_the_mainland(text: str) -> None:
    with pytest.raises(ValueError, match="mainland China"):
        read_number(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("天气小助手", "天气小助手"),
        ("a" * 30, "a" * 20),
        ("【银行】\n公告", "银行 公告"),
        ("看 https://evil.example/x 这里", "看 这里"),
        ("evil.example", "evil example"),
        ("${code}", "code"),
        ("  ", "-"),
    ],
)
def test_a_senders_name_is_a_short_variable_without_addresses(name: str, expected: str) -> None:
    assert sender_name(name) == expected


@pytest.mark.parametrize(
    ("code", "status", "concerns", "reason"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", 200, Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        ("isv.BUSINESS_LIMIT_CONTROL", 200, Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT),
        ("isv.DAY_LIMIT_CONTROL", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_LIMIT),
        ("isv.SMS_SIGNATURE_ILLEGAL", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("isv.SMS_TEMPLATE_ILLEGAL", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("isv.OUT_OF_SERVICE", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("isv.DENY_IP_RANGE", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("isv.BLACK_KEY_CONTROL_LIMIT", 200, Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED),
        ("isv.PARAM_LENGTH_LIMIT", 200, Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED),
        ("isp.RAM_PERMISSION_DENY", 200, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("isp.SYSTEM_ERROR", 200, Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        ("Throttling.User", 400, Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
        ("SignatureDoesNotMatch", 400, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("InvalidAccessKeyId.NotFound", 404, Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
    ],
)
def test_refusals_of_aliyun(code: str, status: int, concerns: Concerns, reason: ReminderReason) -> None:
    result = aliyun_refusal(code, code, status)
    assert (result.verdict, result.concerns, result.reason) == (ReminderVerdict.REJECTED, concerns, reason)


def test_an_internal_error_of_aliyuns_gateway_leaves_the_message_unknown() -> None:
    assert aliyun_refusal("InternalError", "", 500).verdict is ReminderVerdict.UNKNOWN


@pytest.mark.parametrize(
    ("code", "concerns", "reason"),
    [
        ("FailedOperation.PhoneNumberInBlacklist", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        ("InvalidParameterValue.IncorrectPhoneNumber", Concerns.ADDRESS, ReminderReason.CHANNEL_DEAD),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT),
        ("LimitExceeded.DeliveryFrequencyLimit", Concerns.MESSAGE, ReminderReason.PROVIDER_LIMIT),
        ("LimitExceeded.AppDailyLimit", Concerns.ACCOUNT, ReminderReason.PROVIDER_LIMIT),
        ("FailedOperation.ContainSensitiveWord", Concerns.MESSAGE, ReminderReason.PROVIDER_REFUSED),
        ("FailedOperation.SignatureIncorrectOrUnapproved", Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("FailedOperation.TemplateIncorrectOrUnapproved", Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        (
            "FailedOperation.InsufficientBalanceInSmsPackage",
            Concerns.ACCOUNT,
            ReminderReason.PROVIDER_REFUSED,
        ),
        ("AuthFailure.SignatureFailure", Concerns.ACCOUNT, ReminderReason.PROVIDER_REFUSED),
        ("RequestLimitExceeded", Concerns.PROVIDER, ReminderReason.PROVIDER_UNAVAILABLE),
    ],
)
def test_refusals_of_tencent(code: str, concerns: Concerns, reason: ReminderReason) -> None:
    result = tencent_refusal(code, code)
    assert (result.verdict, result.concerns, result.reason) == (ReminderVerdict.REJECTED, concerns, reason)


@pytest.mark.parametrize("code", ["InternalError", "InternalError.Timeout", "something new"])
def test_what_tencent_may_have_taken_stays_unknown(code: str) -> None:
    assert tencent_refusal(code, code).verdict is ReminderVerdict.UNKNOWN
