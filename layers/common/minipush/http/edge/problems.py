"""Errors as RFC 9457 problem documents, and the one table from error classes to problems."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minipush.domain.messages import Reason
from minipush.errors import (
    BlockedTextError,
    ContradictionError,
    EstimateTimeoutError,
    ForbiddenTransitionError,
    IdempotencyKeyReusedError,
    InvalidCursorError,
    InvalidDataError,
    InvalidScheduleError,
    LoginRejectedError,
    MinipushError,
    OperatorLimitError,
    RejectedRequestError,
    ReportTooLongError,
    RequestInProgressError,
    SendingOffError,
    StoreError,
    TextCheckOpenidError,
    TooManyChangesError,
    TooManyRejectedCodesError,
    TooManyRejectedKeysError,
    TooManyTagsError,
    UnknownCampaignError,
    WeChatUnavailableError,
)
from minipush.http.edge import problem_types as types
from minipush.http.edge.mistakes import in_order
from minipush.http.edge.problem_types import ProblemType

MEDIA_TYPE = "application/problem+json"
NOT_VALID = "The request is not valid."
UNEXPECTED = "An unexpected error occurred in minipush."
STORE_FAILED = (
    "A store can't be reached right now. Try again later. "
    "Repeat a send or a campaign with the same Idempotency-Key."
)
CHALLENGE = {"WWW-Authenticate": "Bearer"}

type Faults = Iterable[tuple[str, str]]
"""JSON pointers into the body, each with what is wrong there."""
type Body = Mapping[str, Any]
"""The request's body as parsed JSON; empty where the request has none."""


class ProblemError(Exception):
    """A response that is a problem document. `reason` is an extension member, for machines."""

    def __init__(
        self,
        type_: ProblemType,
        detail: str,
        errors: Faults = (),
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.type = type_
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
        self.reason = reason

    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = {
            "type": self.type.url,
            "title": self.type.title,
            "status": self.type.status.value,
            "detail": self.detail,
        }
        if self.reason:
            document["reason"] = self.reason
        if self.errors:
            document["errors"] = [{"pointer": pointer, "detail": detail} for pointer, detail in self.errors]
        return document

    def answer(self) -> dict[str, Any]:
        """In API Gateway's payload format 2.0."""
        headers = {"Content-Type": MEDIA_TYPE, **self.headers}
        return {
            "statusCode": self.type.status.value,
            "headers": headers,
            "body": self.body(),
            "isBase64Encoded": False,
        }

    def body(self) -> str:
        return json.dumps(self.document(), ensure_ascii=False)


def unauthorized(detail: str) -> ProblemError:
    return ProblemError(types.UNAUTHORIZED, detail, headers=CHALLENGE)


def not_found() -> ProblemError:
    return ProblemError(types.NOT_FOUND, "There is nothing at this path.")


def invalid(errors: Faults) -> ProblemError:
    return ProblemError(types.INVALID_REQUEST, NOT_VALID, errors)


def pointer(location: Sequence[str | int]) -> str:
    """RFC 6901. After the audience, pydantic names the union's member that it tried: that is no step."""
    if location[:1] == ("audience",):
        location = (*location[:1], *location[2:])
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """How a class of errors is answered. Each function takes the error; `errors` takes the body, too."""

    type: ProblemType
    detail: Callable[[Any], str] = str
    errors: Callable[[Any, Body], Faults] = lambda *_: ()
    headers: Callable[[Any], Mapping[str, str]] = lambda _: {}
    reason: str | None = None


def _data_faults(error: InvalidDataError, body: Body) -> Faults:
    steps, message = _message(body)
    return [(pointer((*steps, *_place(message, one.path))), one.why) for one in error.violations]


def _text_faults(error: BlockedTextError, body: Body) -> Faults:
    steps, message = _message(body)
    return [(pointer((*steps, *_place(message, ()))), error.why)]


def _message(body: Body) -> tuple[tuple[str, ...], Body]:
    """Where the body's message is: a campaign has it inside, a direct send is one itself."""
    return (("message",), body["message"]) if "message" in body else ((), body)


def _limit_faults(error: OperatorLimitError, body: Body) -> Faults:
    """Where the body exceeds the limit; nothing for a request without a body."""
    steps, _ = _message(body)
    if error.field == "template_id":
        return [(pointer((*steps, "template_id")), str(error))] if body else ()
    if error.field == "audience" and "touser" in body:
        return [("/touser", str(error))]
    return [(f"/{error.field}", str(error))] if body else ()


def _place(message: Body, path: tuple[str, ...]) -> tuple[str | int, ...]:
    """Where `path`, which leads into the message's data, is in the message as it was sent."""
    if message.get("keywords") is None:
        return ("data", *path)
    number = path[0].removeprefix("keyword") if path else ""
    return ("keywords", int(number) - 1) if number.isdecimal() else ("keywords",)


def _allowed_steps(error: ForbiddenTransitionError) -> str:
    steps = " and ".join(error.status.steps)
    allowed = f"That allows {steps} only." if steps else "That is final: it allows no step."
    return f"The campaign is {error.status.value}. {allowed}"


def _retry_after(error: WeChatUnavailableError) -> Mapping[str, str]:
    return {"Retry-After": str(error.retry_seconds)} if error.retry_seconds else {}


def _contradictions(error: ContradictionError, _: Body) -> Faults:
    return [(f"/templates/{place}/long_term", str(error)) for place in error.places]


def _users_with_too_many_tags(error: TooManyTagsError, _: Body) -> Faults:
    return [(f"/openids/{place}", str(error)) for place in error.places]


TABLE: Mapping[type[MinipushError], _Row] = {
    InvalidDataError: _Row(type=types.INVALID_DATA, detail=lambda _: NOT_VALID, errors=_data_faults),
    InvalidScheduleError: _Row(
        type=types.INVALID_SCHEDULE,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/schedule/at", str(error))],
    ),
    InvalidCursorError: _Row(
        type=types.INVALID_CURSOR,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/cursor", f"{error} (query)")],
    ),
    BlockedTextError: _Row(
        type=types.BLOCKED_TEXT,
        detail=lambda _: "WeChat objects to the message's text.",
        errors=_text_faults,
        reason=Reason.CONTENT_BLOCKED.value,
    ),
    TextCheckOpenidError: _Row(
        type=types.TEXT_CHECK_OPENID,
        detail=lambda _: NOT_VALID,
        errors=lambda error, _: [("/text_check/openid", error.why)],
    ),
    ContradictionError: _Row(type=types.CONTRADICTION, detail=lambda _: NOT_VALID, errors=_contradictions),
    TooManyTagsError: _Row(
        type=types.TOO_MANY_TAGS, detail=lambda _: NOT_VALID, errors=_users_with_too_many_tags
    ),
    OperatorLimitError: _Row(type=types.OPERATOR_LIMIT, errors=_limit_faults),
    LoginRejectedError: _Row(type=types.LOGIN_REJECTED, headers=lambda _: CHALLENGE),
    IdempotencyKeyReusedError: _Row(
        type=types.IDEMPOTENCY_KEY_REUSED,
        detail=lambda _: "An earlier request with this Idempotency-Key had another body.",
    ),
    RejectedRequestError: _Row(type=types.INVALID_REQUEST),
    RequestInProgressError: _Row(
        type=types.REQUEST_IN_PROGRESS,
        detail=lambda _: "The first request with this Idempotency-Key is still running.",
        headers=lambda _: {"Retry-After": "1"},
    ),
    TooManyRejectedCodesError: _Row(
        type=types.TOO_MANY_REJECTED_CODES, headers=lambda error: {"Retry-After": str(error.retry_seconds)}
    ),
    TooManyRejectedKeysError: _Row(
        type=types.TOO_MANY_REJECTED_KEYS, headers=lambda error: {"Retry-After": str(error.retry_seconds)}
    ),
    TooManyChangesError: _Row(
        type=types.TOO_MANY_CHANGES,
        detail=lambda _: "This user has changed the settings too often today. Opting out is still possible.",
    ),
    UnknownCampaignError: _Row(type=types.UNKNOWN_CAMPAIGN, detail=lambda _: "No campaign has this id."),
    ReportTooLongError: _Row(
        type=types.REPORT_TOO_LONG,
        detail=lambda _: "List the recipients by their status instead.",
    ),
    ForbiddenTransitionError: _Row(
        type=types.FORBIDDEN_TRANSITION,
        detail=_allowed_steps,
    ),
    SendingOffError: _Row(type=types.SENDING_OFF, reason=Reason.SENDING_OFF.value),
    WeChatUnavailableError: _Row(type=types.WECHAT_UNAVAILABLE, headers=_retry_after),
    EstimateTimeoutError: _Row(
        type=types.ESTIMATE_TIMEOUT,
        detail=lambda _: "The audience is too large to estimate in time.",
        headers=lambda _: {"Retry-After": "1"},
    ),
    StoreError: _Row(
        type=types.STORE_UNAVAILABLE,
        detail=lambda _: STORE_FAILED,
        headers=lambda _: {"Retry-After": "1"},
    ),
    MinipushError: _Row(type=types.INTERNAL_ERROR, detail=lambda _: UNEXPECTED),
}


def problem_of(error: MinipushError, body: Body) -> ProblemError:
    row = next(TABLE[cls] for cls in type(error).__mro__ if cls in TABLE)
    errors = in_order(row.errors(error, body), body)
    return ProblemError(row.type, row.detail(error), errors, row.headers(error), row.reason)


def internal_error() -> ProblemError:
    return ProblemError(types.INTERNAL_ERROR, UNEXPECTED)
