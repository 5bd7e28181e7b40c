"""Aliyun's SMS service: SendSms and QuerySendDetails, with signatures that are verified (ACS3-HMAC-SHA256)."""

import hashlib
import hmac
import json
import re
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote

from local.providers.answers import Answer, Request, as_json
from local.providers.sms.account import MOBILE, SentText, SmsAccount, has_url

CHINA = timezone(timedelta(hours=8))
AUTHORIZATION = r"ACS3-HMAC-SHA256 Credential=(\S+?),SignedHeaders=(\S+?),Signature=([0-9a-f]{64})"
VERSION = "2017-05-25"
MOST_SKEW = timedelta(minutes=15)
ARRIVED = 3


class AliyunServer:
    def __init__(self, account: SmsAccount) -> None:
        self._account = account
        self._nonces: set[str] = set()

    def answer(self, request: Request) -> Answer:
        self._account.requests += 1
        if problem := self._unauthorized(request):
            return problem
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        match request.headers.get("x-acs-action"), request.headers.get("x-acs-version"):
            case "SendSms", "2017-05-25":
                return self._send(query)
            case "QuerySendDetails", "2017-05-25":
                return self._query(query)
        return self.refused("InvalidAction.NotFound", 404)

    def number_of(self, request: Request) -> str:
        query = dict(parse_qsl(request.query))
        return query.get("PhoneNumbers", query.get("PhoneNumber", ""))

    def refused(self, code: str, status: int = 200) -> Answer:
        return as_json(status, {"Code": code, "Message": f"refused: {code}", "RequestId": str(uuid.uuid4())})

    def _send(self, query: dict[str, str]) -> Answer:
        if code := next(self._refusals(query), None):
            return self.refused(code)
        variables, number = json.loads(query["TemplateParam"]), query["PhoneNumbers"]
        self._account.deliver("aliyun", number, query["TemplateCode"], variables, query.get("OutId", ""))
        ids = {"BizId": uuid.uuid4().hex, "RequestId": str(uuid.uuid4())}
        return as_json(200, {"Code": "OK", "Message": "OK"} | ids)

    def _refusals(self, query: dict[str, str]) -> Iterator[str]:
        """The first counts."""
        options, number, template = (
            self._account.options,
            query.get("PhoneNumbers", ""),
            query.get("TemplateCode", ""),
        )
        if not re.fullmatch(MOBILE, number):
            yield "isv.MOBILE_NUMBER_ILLEGAL"
        if query.get("SignName") != options.sign_name:
            yield "isv.SMS_SIGNATURE_ILLEGAL"
        if template not in options.templates:
            yield "isv.SMS_TEMPLATE_ILLEGAL"
        variables = _texts(query.get("TemplateParam", ""))
        if variables is None:
            yield "isv.INVALID_JSON_PARAM"
        elif {*options.templates[template]} - {*variables}:
            yield "isv.TEMPLATE_MISSING_PARAMETERS"
        elif any(has_url(value) for value in variables.values()):
            yield "isv.PARAM_NOT_SUPPORT_URL"
        if self._account.is_limited(number, template):
            yield "isv.BUSINESS_LIMIT_CONTROL"

    def _query(self, query: dict[str, str]) -> Answer:
        """Newest first."""
        found = [each for each in reversed(self._account.sent) if _matches(each, query)]
        size, page = int(query["PageSize"]), int(query["CurrentPage"])
        details = [_detail(each) for each in found[size * (page - 1) : size * page]]
        listed = {"TotalCount": str(len(found)), "SmsSendDetailDTOs": {"SmsSendDetailDTO": details}}
        return as_json(200, {"Code": "OK", "Message": "OK", "RequestId": str(uuid.uuid4())} | listed)

    def _unauthorized(self, request: Request) -> Answer | None:
        found = re.fullmatch(AUTHORIZATION, request.headers.get("authorization", ""))
        if not found:
            return self.refused("MissingAuthorization", 400)
        if found[1] != self._account.options.key_id:
            return self.refused("InvalidAccessKeyId.NotFound", 404)
        if not hmac.compare_digest(found[3], self._signature(request, found[2])):
            return self.refused("SignatureDoesNotMatch", 400)
        return self._stale(request)

    def _stale(self, request: Request) -> Answer | None:
        headers = request.headers
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) - at) > MOST_SKEW:
            return self.refused("InvalidTimeStamp.Expired", 400)
        if headers["x-acs-content-sha256"] != hashlib.sha256(request.body).hexdigest():
            return self.refused("InvalidContentSha256", 400)
        if headers["x-acs-signature-nonce"] in self._nonces:
            return self.refused("SignatureNonceUsed", 400)
        self._nonces.add(headers["x-acs-signature-nonce"])
        return None

    def _signature(self, request: Request, signed: str) -> str:
        """Computed from what came over the wire."""
        pairs = sorted(parse_qsl(request.query, keep_blank_values=True))
        query = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
        lines = [f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed.split(";")]
        digest = hashlib.sha256(request.body).hexdigest()
        whole = f"{request.method}\n{request.path}\n{query}\n{''.join(lines)}\n{signed}\n{digest}"
        text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(whole.encode()).hexdigest()
        return hmac.new(self._account.options.key_secret.encode(), text.encode(), "sha256").hexdigest()


def _texts(text: str) -> dict[str, str] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    is_texts = isinstance(fields, dict) and all(isinstance(value, str) for value in fields.values())
    return fields if is_texts else None


def _matches(sent: SentText, query: dict[str, str]) -> bool:
    return sent.number == query.get("PhoneNumber") and _day(sent.at) == query.get("SendDate")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, CHINA).strftime("%Y%m%d")


def _detail(sent: SentText) -> dict[str, Any]:
    at = datetime.fromtimestamp(sent.at, CHINA).strftime("%Y-%m-%d %H:%M:%S")
    return {
        "PhoneNum": sent.number, "SendStatus": ARRIVED, "ErrCode": "DELIVERED", "TemplateCode": sent.template,
        "Content": sent.text, "OutId": sent.out_id, "SendDate": at, "ReceiveDate": at,
    }  # fmt: skip
