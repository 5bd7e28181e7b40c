"""What the answers of Bark's server mean.

The server answers 500 to each refusal by Apple, so the text alone tells: Apple's reason, a fixed word, is its last.
Sources: `route_push.go` of bark-server, and "Handling error responses from APNs" on developer.apple.com.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from minipush.application.ports.reminder_channel import Concerns, ReminderResult
from minipush.channels.reminder_results import accepted, rejected, unknown
from minipush.domain.centre.reminders import ReminderReason

_DEAD: Final = frozenset(
    {"BadDeviceToken", "DeviceTokenNotForTopic", "ExpiredToken", "MissingDeviceToken", "Unregistered"}
)
_MESSAGE: Final = frozenset(
    {"BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "InvalidPushType", "PayloadEmpty"}
)
# The server's own certificate, token or topic: each push through it fails.
_SERVER: Final = frozenset({
    "BadCertificate", "BadCertificateEnvironment", "BadEnvironmentKeyIdInToken", "BadPath", "BadTopic", "DuplicateHeaders",
    "Forbidden", "InvalidProviderToken", "MethodNotAllowed", "MissingProviderToken", "MissingTopic", "TopicDisallowed",
    "UnrelatedKeyIdInToken",
})  # fmt: skip
_BUSY: Final = frozenset({
    "ExpiredProviderToken", "IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown",
    "TooManyProviderTokenUpdates", "TooManyRequests",
})  # fmt: skip
_CONCERNS: Final = (
    (_DEAD, Concerns.ADDRESS),
    (_MESSAGE, Concerns.MESSAGE),
    (_SERVER | _BUSY, Concerns.PROVIDER),
)
_TOO_LONG: Final = "PayloadTooLarge"
_UNKNOWN_KEY: Final = ("device key is empty", "failed to get device token")
_OWN_STATUSES: Final = (200, 400, 500)


@dataclass(frozen=True, slots=True)
class BarkAnswer:
    """`message`: the server's own text. Empty where the body isn't the server's JSON: it may repeat what it was sent."""

    status: int
    message: str
    is_bark: bool


def read_answer(status: int, body: bytes) -> BarkAnswer:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        return BarkAnswer(status, "", is_bark=False)
    if not isinstance(fields, dict) or "code" not in fields:
        return BarkAnswer(status, "", is_bark=False)
    is_bark = fields["code"] == status
    return BarkAnswer(status, str(fields.get("message")) if is_bark else "", is_bark)


def bark_result(answer: BarkAnswer, key: str, *, is_named: bool) -> ReminderResult:
    """`is_named`: the operator has named the server. Where it's no Bark server, that is not the user's fault."""
    detail, secrets = f"{answer.status} {answer.message}".strip(), (key,)
    if answer.status == 429 or (answer.is_bark and answer.status == 503):
        return rejected(Concerns.PROVIDER, detail, secrets=secrets)
    if answer.status == 413:
        return rejected(Concerns.MESSAGE, detail, ReminderReason.TOO_LONG, secrets)
    if answer.is_bark and answer.status in _OWN_STATUSES:
        return _bark_result(answer, detail, secrets)
    if 300 <= answer.status < 500 and answer.status != 408:
        wrong = Concerns.ACCOUNT if is_named else Concerns.ADDRESS
        return rejected(wrong, f"{detail}: this is no Bark server")
    return unknown(detail, secrets)


def _bark_result(answer: BarkAnswer, detail: str, secrets: tuple[str]) -> ReminderResult:
    if answer.status == 200:
        return accepted()
    if answer.status == 500:
        return _refused_by_apple(answer.message, detail, secrets)
    if answer.message.startswith(_UNKNOWN_KEY):
        return rejected(Concerns.ADDRESS, detail, secrets=secrets)
    return (
        rejected(Concerns.MESSAGE, detail, secrets=secrets)
        if answer.status < 500
        else unknown(detail, secrets)
    )


def _refused_by_apple(message: str, detail: str, secrets: tuple[str]) -> ReminderResult:
    found = re.search(r"([A-Z][A-Za-z]+)\W*$", message)
    word = found[1] if found else ""
    if word == _TOO_LONG:
        return rejected(Concerns.MESSAGE, detail, ReminderReason.TOO_LONG, secrets)
    for words, concerns in _CONCERNS:
        if word in words:
            return rejected(concerns, detail, secrets=secrets)
    if "dial tcp" in message:  # the server never reached Apple
        return rejected(Concerns.PROVIDER, detail, secrets=secrets)
    return unknown(detail, secrets)
