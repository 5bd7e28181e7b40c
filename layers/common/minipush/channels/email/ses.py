"""Mails by Amazon SES, version 2 of its API. It keeps no client's token: a lost answer stays unknown.

Source: SendEmail in the reference of the SES API v2.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.email.mail import MAIL_POLICY
from minipush.channels.reminder_results import accepted, rejected, unknown
from minipush.domain.centre.reminders import ReminderReason

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

_THREADS: Final = 10
_ACCOUNT: Final = frozenset({
    "AccessDeniedException", "AccountSuspendedException", "ExpiredTokenException", "InvalidClientTokenId",
    "MailFromDomainNotVerifiedException", "NotFoundException", "SendingPausedException", "SignatureDoesNotMatch",
    "UnrecognizedClientException",
})  # fmt: skip
_BUSY: Final = frozenset(
    {"ServiceUnavailable", "Throttling", "ThrottlingException", "TooManyRequestsException"}
)
_DAILY_QUOTA: Final = "LimitExceededException"
_UNVERIFIED: Final = (
    "not verified"  # in a MessageRejected of an account in SES's sandbox, and of one without an identity
)


class SesPostbox:
    def __init__(self, client: "Callable[[], SESV2Client]", configuration_set: str = "") -> None:
        """The client must not repeat calls by itself. `configuration_set`: whose destinations learn of bounces."""
        self._client = client
        self._more: dict[str, Any] = {"ConfigurationSetName": configuration_set} if configuration_set else {}
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="ses")

    @property
    def host(self) -> str:
        return "ses"

    async def post(self, mail: EmailMessage, mail_from: str, to: str, timeout: float) -> ReminderResult:  # noqa: ASYNC109
        content = mail.as_bytes(policy=MAIL_POLICY)
        calling = self._threads.submit(self._send, content, mail_from, to)
        await asyncio.wait([asyncio.wrap_future(calling)], timeout=timeout)
        if calling.done():
            return calling.result()
        has_begun = not calling.cancel()
        return unknown("no answer in time") if has_begun else rejected(Concerns.PROVIDER, "no thread is free")

    def _send(self, content: bytes, mail_from: str, to: str) -> ReminderResult:
        try:
            answer = self._client().send_email(
                FromEmailAddress=mail_from,
                Destination={"ToAddresses": [to]},
                Content={"Raw": {"Data": content}},
                **self._more,
            )
        except ClientError as error:
            return ses_refusal(error.response)
        except (ConnectTimeoutError, EndpointConnectionError) as error:
            return rejected(Concerns.PROVIDER, type(error).__name__)
        except NoCredentialsError as error:
            return rejected(Concerns.ACCOUNT, type(error).__name__)
        except BotoCoreError as error:
            return unknown(type(error).__name__)
        return accepted(answer["MessageId"])


def ses_refusal(response: Mapping[str, Any]) -> ReminderResult:
    """`response`: of botocore's ClientError."""
    error = response.get("Error", {})
    code, message = str(error.get("Code", "")), str(error.get("Message", ""))
    status, detail = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0), f"{code} {message}"
    if code in _ACCOUNT or _UNVERIFIED in message:
        return rejected(Concerns.ACCOUNT, detail)
    if code == _DAILY_QUOTA:
        return rejected(Concerns.ACCOUNT, detail, ReminderReason.PROVIDER_LIMIT)
    if code in _BUSY or status == 429:  # a 503 without SES's own code may be a proxy's
        return rejected(Concerns.PROVIDER, detail)
    return rejected(Concerns.MESSAGE, detail) if 400 <= status < 500 else unknown(detail)
