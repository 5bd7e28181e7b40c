"""Text checks by WeChat's msgSecCheck."""

from collections.abc import Callable

from minipush.adapters.wechat.circuit_breaker import CircuitBreaker
from minipush.adapters.wechat.errors import RETRY_SECONDS, is_temporary, unavailable
from minipush.application.ports.text_checks import TextChecker
from minipush.domain.message_errors import TextCheckOpenidError
from minipush.domain.text_checks import TextCheckResult, TextRating
from minipush.errors import WeChatUnavailableError
from minipush.wechat.errors import WeChatError
from minipush.wechat.text_check import MINUTES_LIMITS, TextVerdict

RETRY_AFTER_MINUTES_LIMIT_SECONDS = 60
_WHAT = "WeChat doesn't check the text right now"

REJECTED_OPENIDS = {
    61010: "the user has not opened the mini-program within the last two hours, and WeChat checks a text only under"
    " the openid of a user who has; have this user open it and log in, or name another one",
    40003: "WeChat knows nobody with this openid in this mini-program",
    43104: "WeChat says that the openid belongs to another mini-program",
}


class WeChatTextCheck:
    """`check` is `TextCheck.check` of WeChat's client."""

    def __init__(self, check: Callable[[str, str], TextVerdict]) -> None:
        self._check = check

    def check(self, text: str, openid: str) -> TextCheckResult:
        try:
            verdict = self._check(text, openid)
        except WeChatError as error:
            raise _translated(error) from error
        return TextCheckResult(TextRating(verdict.suggestion), verdict.about, verdict.keywords)


class SparingTextCheck:
    """Asks nothing while WeChat doesn't answer or is busy: for callers that go on without an answer."""

    def __init__(self, checker: TextChecker, breaker: CircuitBreaker) -> None:
        self._checker = checker
        self._breaker = breaker

    def check(self, text: str, openid: str) -> TextCheckResult:
        if pause := self._breaker.pause_seconds:
            raise WeChatUnavailableError(_WHAT, cause="the last calls failed", retry_seconds=pause)
        try:
            result = self._checker.check(text, openid)
        except WeChatUnavailableError:
            self._breaker.failed()
            raise
        except TextCheckOpenidError:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return result


def _translated(error: WeChatError) -> Exception:
    errcode = error.errcode
    if errcode in REJECTED_OPENIDS:
        return TextCheckOpenidError(REJECTED_OPENIDS[errcode], errcode)
    return unavailable(_WHAT, error, _retry_seconds(error))


def _retry_seconds(error: WeChatError) -> int | None:
    if not is_temporary(error):
        return None
    return RETRY_AFTER_MINUTES_LIMIT_SECONDS if error.errcode in MINUTES_LIMITS else RETRY_SECONDS
