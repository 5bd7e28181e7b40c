"""Aliyun's SMS service (dysmsapi, 2017-05-25). It keeps no client's token, but can be asked for the messages of a number.

Sources: SendSms, QuerySendDetails and the list of error codes on help.aliyun.com.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.http_answers import json_object, without_answer, without_json
from minipush.channels.reminder_results import accepted, rejected
from minipush.channels.sms.account import Endpoint, SmsAccount, SmsKey
from minipush.channels.sms.aliyun_codes import aliyun_refusal
from minipush.channels.sms.numbers import PREFIX
from minipush.channels.sms.signatures import acs3_authorization, acs3_query
from minipush.curl import CurlAnswer

_BASE: Final = "https://dysmsapi.aliyuncs.com"
_VERSION: Final = "2017-05-25"
_CHINA: Final = timezone(timedelta(hours=8))
_PAGE: Final = 50
_MOST_PAGES: Final = 3
_FAILED: Final = 2  # SendStatus: 1 no receipt yet, 2 failed, 3 arrived
_MINUTE: Final = 60_000


class AliyunSms:
    find_after_ms: int = 60_000

    def __init__(self, account: SmsAccount) -> None:
        self._account = account
        self._endpoint = Endpoint.of(account.settings.sms_api_base, _BASE)

    @property
    def host(self) -> str:
        return self._endpoint.host

    async def send(
        self,
        number: str,
        template: str,
        variables: Mapping[str, str],
        own_id: str,
        timeout: float,  # noqa: ASYNC109
    ) -> ReminderResult:
        parameters = {
            "PhoneNumbers": number.removeprefix(PREFIX),
            "SignName": self._account.settings.sms_sign_name,
            "TemplateCode": template,
            "TemplateParam": json.dumps(dict(variables), ensure_ascii=False),
        }
        parameters |= {"OutId": own_id} if own_id else {}
        answer = await self._call("SendSms", parameters, timeout)
        return without_answer(answer, self.host) or _send_result(answer, self._account.key)

    async def find(self, number: str, own_id: str, first_try: int, timeout: float) -> ReminderResult | None:  # noqa: ASYNC109
        """What the list of messages doesn't have may still come into it, so it is no proof that Aliyun hasn't taken it."""
        deadline = time.monotonic() + timeout
        for day in dict.fromkeys((_day(first_try), _day(first_try + _MINUTE))):
            for page in range(1, _MOST_PAGES + 1):
                details = await self._details(number, day, page, deadline - time.monotonic())
                for detail in details:
                    if detail.get("OutId") == own_id:
                        return _found(detail)
                if len(details) < _PAGE:
                    break
        return None

    async def aclose(self) -> None:
        await self._account.aclose()

    async def _details(self, number: str, day: str, page: int, timeout: float) -> list[dict[str, Any]]:  # noqa: ASYNC109
        if timeout <= 0:
            return []
        parameters = {
            "PhoneNumber": number.removeprefix(PREFIX),
            "SendDate": day,
            "PageSize": str(_PAGE),
            "CurrentPage": str(page),
        }
        answer = await self._call("QuerySendDetails", parameters, timeout)
        fields = {} if answer.code else json_object(answer.body)
        listed = fields.get("SmsSendDetailDTOs")
        found = listed.get("SmsSendDetailDTO") if isinstance(listed, dict) else None
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    async def _call(self, action: str, parameters: Mapping[str, str], timeout: float) -> CurlAnswer:  # noqa: ASYNC109
        query = acs3_query(parameters)
        headers = {
            "host": self._endpoint.host,
            "x-acs-action": action,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "x-acs-signature-nonce": uuid.uuid4().hex,
            "x-acs-version": _VERSION,
        }
        headers["Authorization"] = acs3_authorization(self._account.key, query, headers)
        return await self._account.call(f"{self._endpoint.url}/?{query}", headers, b"", timeout)


def _send_result(answer: CurlAnswer, key: SmsKey) -> ReminderResult:
    fields = json_object(answer.body)
    code, message = fields.get("Code"), fields.get("Message")
    if code == "OK" and answer.status == 200:
        return accepted(str(fields.get("BizId") or "") or None)
    if isinstance(code, str):
        return aliyun_refusal(code, key.left_out(f"{code} {message}"), answer.status)
    return without_json(answer.status)


def _found(detail: Mapping[str, Any]) -> ReminderResult:
    if detail.get("SendStatus") == _FAILED:
        return rejected(Concerns.MESSAGE, f"not delivered: {detail.get('ErrCode')}")
    return accepted()


def _day(at: int) -> str:
    """Aliyun's days are China's."""
    return datetime.fromtimestamp(at / 1000, _CHINA).strftime("%Y%m%d")
