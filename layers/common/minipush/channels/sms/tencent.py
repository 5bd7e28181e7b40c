"""Tencent Cloud's SMS service (2021-01-11). It can't be asked what became of a message: a lost answer stays unknown.

Sources: SendSms and its error codes on cloud.tencent.com.
"""

import json
import time
from collections.abc import Mapping
from typing import Any, Final

from minipush.application.ports.reminder_channel import ReminderResult
from minipush.channels.http_answers import json_object, without_answer, without_json
from minipush.channels.reminder_results import accepted
from minipush.channels.sms.account import Endpoint, SmsAccount, SmsKey
from minipush.channels.sms.signatures import tc3_authorization
from minipush.channels.sms.tencent_codes import tencent_refusal
from minipush.curl import CurlAnswer

_BASE: Final = "https://sms.tencentcloudapi.com"
_VERSION: Final = "2021-01-11"
_SERVICE: Final = "sms"
_REGION: Final = "ap-guangzhou"
_JSON: Final = "application/json; charset=utf-8"


class TencentSms:
    find_after_ms: int = 0

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
        """Tencent's templates know variables by their position."""
        fields = {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": self._account.settings.sms_sdk_app_id,
            "SignName": self._account.settings.sms_sign_name,
            "TemplateId": template,
            "TemplateParamSet": [*variables.values()],
            "SessionContext": own_id,
        }
        answer = await self._call("SendSms", json.dumps(fields, ensure_ascii=False).encode(), timeout)
        return without_answer(answer, self.host) or _send_result(answer, self._account.key)

    async def find(self, number: str, own_id: str, first_try: int, timeout: float) -> None:  # noqa: ASYNC109, ARG002
        """PullSmsSendStatus lists messages by number, without a sender's id."""
        return

    async def aclose(self) -> None:
        await self._account.aclose()

    async def _call(self, action: str, body: bytes, timeout: float) -> CurlAnswer:  # noqa: ASYNC109
        at, host = int(time.time()), self._endpoint.host
        headers = {
            "Authorization": tc3_authorization(self._account.key, _SERVICE, host, _JSON, body, at),
            "Content-Type": _JSON,
            "Host": host,
            "X-TC-Action": action,
            "X-TC-Region": _REGION,
            "X-TC-Timestamp": str(at),
            "X-TC-Version": _VERSION,
        }
        return await self._account.call(f"{self._endpoint.url}/", headers, body, timeout)


def _send_result(answer: CurlAnswer, key: SmsKey) -> ReminderResult:
    response = _response(answer)
    if isinstance(error := response.get("Error"), dict):
        code = str(error.get("Code"))
        return tencent_refusal(code, key.left_out(f"{code} {error.get('Message')}"))
    statuses = response.get("SendStatusSet")
    if isinstance(statuses, list) and statuses and isinstance(statuses[0], dict):
        return _status_result(statuses[0])
    return without_json(answer.status)


def _status_result(status: Mapping[str, Any]) -> ReminderResult:
    code = str(status.get("Code"))
    if code == "Ok":
        return accepted(str(status.get("SerialNo") or "") or None)
    return tencent_refusal(code, f"{code} {status.get('Message')}")


def _response(answer: CurlAnswer) -> dict[str, Any]:
    response = json_object(answer.body).get("Response")
    return response if isinstance(response, dict) else {}
