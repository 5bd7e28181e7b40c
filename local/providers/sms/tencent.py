"""Tencent Cloud's SMS service: SendSms, with signatures that are verified (TC3-HMAC-SHA256)."""

import hashlib
import hmac
import re
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from local.providers.answers import Answer, Request, as_json
from local.providers.sms.account import MOBILE, SmsAccount, has_url

AUTHORIZATION = r"TC3-HMAC-SHA256 Credential=(\S+?)/(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
VERSION = "2021-01-11"
MOST_SKEW = 300
MOST_NUMBERS = 200


class TencentServer:
    def __init__(self, account: SmsAccount) -> None:
        self._account = account

    def answer(self, request: Request) -> Answer:
        self._account.requests += 1
        if code := self._unauthorized(request):
            return self.failed(code)
        fields, headers = request.json, request.headers
        if (headers.get("x-tc-action"), headers.get("x-tc-version")) != ("SendSms", VERSION):
            return self.failed("InvalidAction")
        if fields is None:
            return self.failed("InvalidParameter")
        numbers = fields.get("PhoneNumberSet")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= MOST_NUMBERS:
            return self.failed("InvalidParameterValue")
        return _answer({"SendStatusSet": [self._send(str(number), fields) for number in numbers]})

    def number_of(self, request: Request) -> str:
        numbers = (request.json or {}).get("PhoneNumberSet")
        return _national(str(numbers[0])) if isinstance(numbers, list) and numbers else ""

    def failed(self, code: str) -> Answer:
        """The whole call."""
        return _answer({"Error": {"Code": code, "Message": f"refused: {code}"}})

    def refused(self, request: Request, code: str) -> Answer:
        """One number of it."""
        return _answer({"SendStatusSet": [_status(self.number_of(request), code, request.json or {})]})

    def _send(self, number: str, fields: dict[str, Any]) -> dict[str, Any]:
        national = _national(number)
        if code := next(self._refusals(national, fields), None):
            return _status(number, code, fields)
        template = str(fields["TemplateId"])
        names = self._account.options.templates[template]
        variables = dict(zip(names, fields["TemplateParamSet"], strict=True))
        self._account.deliver("tencent", national, template, variables, str(fields.get("SessionContext", "")))
        return _status(number, "Ok", fields)

    def _refusals(self, number: str, fields: dict[str, Any]) -> Iterator[str]:
        """The first counts."""
        options, template = self._account.options, str(fields.get("TemplateId"))
        if not re.fullmatch(MOBILE, number):
            yield "InvalidParameterValue.IncorrectPhoneNumber"
        if number in self._account.blacklist:
            yield "FailedOperation.PhoneNumberInBlacklist"
        if fields.get("SmsSdkAppId") != options.sdk_app_id:
            yield "UnauthorizedOperation.SmsSdkAppIdVerifyFail"
        if fields.get("SignName") != options.sign_name:
            yield "FailedOperation.SignatureIncorrectOrUnapproved"
        if template not in options.templates:
            yield "FailedOperation.TemplateIncorrectOrUnapproved"
        variables = fields.get("TemplateParamSet", [])
        if len(variables) != len(options.templates[template]):
            yield "InvalidParameterValue.TemplateParameterFormatError"
        if any(has_url(str(value)) for value in variables):
            yield "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter"
        if self._account.is_limited(number, template):
            yield "LimitExceeded.PhoneNumberDailyLimit"

    def _unauthorized(self, request: Request) -> str:
        found = re.fullmatch(AUTHORIZATION, request.headers.get("authorization", ""))
        if not found:
            return "AuthFailure.InvalidAuthorization"
        if found[1] != self._account.options.key_id:
            return "AuthFailure.SecretIdNotFound"
        at = request.headers.get("x-tc-timestamp", "0")
        if not at.isdecimal() or abs(time.time() - int(at)) > MOST_SKEW:
            return "AuthFailure.SignatureExpire"
        expected = self._signature(request, found[3], int(at))
        return "" if hmac.compare_digest(found[4], expected) else "AuthFailure.SignatureFailure"

    def _signature(self, request: Request, signed: str, at: int) -> str:
        """Computed from what came over the wire."""
        date = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
        lines = "".join(
            f"{name}:{request.headers.get(name, '').strip().lower()}\n" for name in signed.split(";")
        )
        digest = hashlib.sha256(request.body).hexdigest()
        whole = f"{request.method}\n{request.path}\n{request.query}\n{lines}\n{signed}\n{digest}"
        hashed = hashlib.sha256(whole.encode()).hexdigest()
        text = f"TC3-HMAC-SHA256\n{at}\n{date}/sms/tc3_request\n{hashed}"
        key = b"TC3" + self._account.options.key_secret.encode()
        for part in (date, "sms", "tc3_request"):
            key = hmac.new(key, part.encode(), "sha256").digest()
        return hmac.new(key, text.encode(), "sha256").hexdigest()


def _national(number: str) -> str:
    return re.sub(r"^(?:\+86|0086|86)(?=1)", "", number)


def _status(number: str, code: str, fields: dict[str, Any]) -> dict[str, Any]:
    is_sent = code == "Ok"
    return {
        "SerialNo": uuid.uuid4().hex if is_sent else "", "PhoneNumber": number, "Fee": int(is_sent),
        "SessionContext": fields.get("SessionContext", ""), "Code": code,
        "Message": "send success" if is_sent else f"refused: {code}", "IsoCode": "CN" if is_sent else "",
    }  # fmt: skip


def _answer(response: dict[str, Any]) -> Answer:
    return as_json(200, {"Response": response | {"RequestId": str(uuid.uuid4())}})
